// Passes over long arrays, memory-bound: an item is a run of 16,384 values.

import { madd } from './simd';

const RUN = 16384;
const A = 0, B = 4, TO = 8, LENGTH = 12;

export const MULTIPLY = 0, ADD = 1, STEP_MASK = 2;

// @ts-ignore: decorator
@inline
function runLength(job: usize, item: i32): i32 {
  return min(RUN, load<i32>(job, LENGTH) - item * RUN);
}

/** to = a·b, a + b, or a where b > 0 and 0 elsewhere. `operation` is the word after the length. */
export function binaryItem(job: usize, item: i32): void {
  const n = runLength(job, item), offset = <usize>item * (RUN * 4);
  let a = load<usize>(job, A) + offset, b = load<usize>(job, B) + offset, to = load<usize>(job, TO) + offset;
  const operation = load<i32>(job, 16);
  const zero = f32x4.splat(0);
  const end = to + <usize>((n & ~3) << 2);
  if (operation == MULTIPLY) for (; to < end; to += 16, a += 16, b += 16) v128.store(to, f32x4.mul(v128.load(a), v128.load(b)));
  else if (operation == ADD) for (; to < end; to += 16, a += 16, b += 16) v128.store(to, f32x4.add(v128.load(a), v128.load(b)));
  else for (; to < end; to += 16, a += 16, b += 16) v128.store(to, v128.and(v128.load(a), f32x4.gt(v128.load(b), zero)));
  for (let i = n & ~3; i < n; i++, to += 4, a += 4, b += 4) {
    const x = load<f32>(a), y = load<f32>(b);
    store<f32>(to, operation == MULTIPLY ? x * y : operation == ADD ? x + y : y > 0 ? x : 0);
  }
}

/** Column sums of [rows, columns]: item = a group of 16 columns. A is the matrix, TO the sums, LENGTH the rows. */
export function columnSumItem(job: usize, item: i32): void {
  const rows = load<i32>(job, LENGTH), columns = load<i32>(job, 16);
  const first = item * 16, wide = min(16, columns - first);
  const pitch = <usize>columns << 2;
  let a = load<usize>(job, A) + <usize>(first << 2);
  const to = load<usize>(job, TO) + <usize>(first << 2);
  if (wide == 16) {
    let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
    for (let r = 0; r < rows; r++, a += pitch) {
      s0 = f32x4.add(s0, v128.load(a));
      s1 = f32x4.add(s1, v128.load(a, 16));
      s2 = f32x4.add(s2, v128.load(a, 32));
      s3 = f32x4.add(s3, v128.load(a, 48));
    }
    v128.store(to, s0);
    v128.store(to, s1, 16);
    v128.store(to, s2, 32);
    v128.store(to, s3, 48);
    return;
  }
  let j = 0;
  for (; j + 4 <= wide; j += 4) {
    let sum = f32x4.splat(0);
    let at = a + <usize>(j << 2);
    for (let r = 0; r < rows; r++, at += pitch) sum = f32x4.add(sum, v128.load(at));
    v128.store(to + <usize>(j << 2), sum);
  }
  for (; j < wide; j++) {
    let sum: f32 = 0;
    for (let r = 0; r < rows; r++) sum += load<f32>(a + <usize>r * pitch + <usize>(j << 2));
    store<f32>(to + <usize>(j << 2), sum);
  }
}

const MOMENT1 = 4, MOMENT2 = 8, GRADIENT = 16, AVERAGE = 20, RATE = 24, REST1 = 28, REST2 = 32, EPSILON = 36;
const CORRECTION1 = 40, CORRECTION2 = 44, SCALE = 48, REST_DECAY = 52;

/**
 * Adam in one pass: m += (1−β1)(g−m), v += (1−β2)(g²−v), w −= rate·(m·c1)/(√(v·c2) + ε), with c the reciprocal bias
 * corrections and g = scale·gradient; the average, where there is one, += (1−decay)(w − average). The host hands in
 * 1−β1, 1−β2 and 1−decay, for float32 has too few digits to subtract 0.999 from 1.
 */
export function adamItem(job: usize, item: i32): void {
  const n = runLength(job, item), offset = <usize>item * (RUN * 4);
  let w = load<usize>(job, A) + offset, m = load<usize>(job, MOMENT1) + offset, v = load<usize>(job, MOMENT2) + offset;
  let g = load<usize>(job, GRADIENT) + offset;
  const averages = load<usize>(job, AVERAGE);
  let average = averages + offset;
  const rate = v128.load_splat<f32>(job, RATE), epsilon = v128.load_splat<f32>(job, EPSILON);
  const rest1 = v128.load_splat<f32>(job, REST1), rest2 = v128.load_splat<f32>(job, REST2);
  const c1 = v128.load_splat<f32>(job, CORRECTION1), c2 = v128.load_splat<f32>(job, CORRECTION2);
  const scale = v128.load_splat<f32>(job, SCALE);
  const restDecay = v128.load_splat<f32>(job, REST_DECAY);
  const factor = f32x4.mul(rate, c1);
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const gradient = f32x4.mul(scale, v128.load(g));
    const m0 = v128.load(m), v0 = v128.load(v);
    const m1 = madd(rest1, f32x4.sub(gradient, m0), m0);
    const v1 = madd(rest2, f32x4.sub(f32x4.mul(gradient, gradient), v0), v0);
    const w1 = f32x4.sub(v128.load(w), f32x4.div(f32x4.mul(factor, m1), f32x4.add(f32x4.sqrt(f32x4.mul(v1, c2)), epsilon)));
    v128.store(m, m1);
    v128.store(v, v1);
    v128.store(w, w1);
    if (averages) {
      const a0 = v128.load(average);
      v128.store(average, madd(restDecay, f32x4.sub(w1, a0), a0));
    }
    w += 16; m += 16; v += 16; g += 16; average += 16;
  }
  for (; i < n; i++) {
    const gradient = f32x4.extract_lane(scale, 0) * load<f32>(g);
    const m1 = load<f32>(m) + f32x4.extract_lane(rest1, 0) * (gradient - load<f32>(m));
    const v1 = load<f32>(v) + f32x4.extract_lane(rest2, 0) * (gradient * gradient - load<f32>(v));
    const w1 = load<f32>(w) - (f32x4.extract_lane(factor, 0) * m1) / (sqrt<f32>(v1 * f32x4.extract_lane(c2, 0)) + f32x4.extract_lane(epsilon, 0));
    store<f32>(m, m1);
    store<f32>(v, v1);
    store<f32>(w, w1);
    if (averages) store<f32>(average, load<f32>(average) + f32x4.extract_lane(restDecay, 0) * (w1 - load<f32>(average)));
    w += 4; m += 4; v += 4; g += 4; average += 4;
  }
}

/** Sum of squares of a run, as f64 into TO[item]; the host adds them in order. */
export function squareSumItem(job: usize, item: i32): void {
  const n = runLength(job, item);
  let a = load<usize>(job, A) + <usize>item * (RUN * 4);
  let s0 = f32x4.splat(0), s1 = f32x4.splat(0);
  let i = 0;
  for (; i + 8 <= n; i += 8, a += 32) {
    const x = v128.load(a), y = v128.load(a, 16);
    s0 = madd(x, x, s0);
    s1 = madd(y, y, s1);
  }
  s0 = f32x4.add(s0, s1);
  let sum = <f64>f32x4.extract_lane(s0, 0) + <f64>f32x4.extract_lane(s0, 1) + <f64>f32x4.extract_lane(s0, 2) + <f64>f32x4.extract_lane(s0, 3);
  for (; i < n; i++, a += 4) sum += <f64>load<f32>(a) * <f64>load<f32>(a);
  store<f64>(load<usize>(job, TO) + <usize>(item << 3), sum);
}
