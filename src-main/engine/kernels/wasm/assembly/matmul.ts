// C[M, N] = op(A)·op(B) (+ bias) (then ReLU), row-major. An item is a block of rows by 16 columns; its part of B is packed
// into two panels of eight columns, 256 deep at a time, which stay in the first-level cache while A streams past.
// A transposed A needs no packing: the `columns` form of the micro-kernel reads it as it lies.

import { tileColumnsAdd, tileRows, tileRowsAdd } from './tile';

const A = 0, B = 4, C = 8, BIAS = 12, M = 16, N = 20, K = 24, TRANSPOSE_A = 28, TRANSPOSE_B = 32, RELU = 36, ROWS = 40;
const ROW_BLOCKS = 44;

const DEPTH = 256;
const PANEL_BYTES: usize = DEPTH * 32;
const TAIL: usize = 2 * PANEL_BYTES;
const BLOCK: usize = TAIL + 6 * DEPTH * 4;
/** Scratch of a thread, as the host reserves it. */
export const MATMUL_SCRATCH: usize = BLOCK + 192;

/** Packs `depth` rows of op(B), 8 columns from `column`, zeros beyond N. */
function packPanel(b: usize, n: i32, k: i32, transposed: bool, first: i32, depth: i32, column: i32, to: usize): void {
  const columns = min(8, n - column);
  if (columns < 8) memory.fill(to, 0, depth << 5);
  if (!transposed) {
    const pitch = n << 2;
    let from = b + <usize>first * <usize>pitch + <usize>(column << 2);
    if (columns == 8) {
      for (let i = 0; i < depth; i++) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
        to += 32;
        from += pitch;
      }
    } else {
      for (let i = 0; i < depth; i++) {
        for (let j = 0; j < columns; j++) store<f32>(to + (j << 2), load<f32>(from + (j << 2)));
        to += 32;
        from += pitch;
      }
    }
    return;
  }
  const pitch = <usize>k << 2;
  let from = b + <usize>column * pitch + <usize>(first << 2);
  let i = 0;
  if (columns == 8) {
    for (; i + 4 <= depth; i += 4) {
      let row = from;
      for (let half: usize = 0; half < 32; half += 16) {
        const r0 = v128.load(row), r1 = v128.load(row + pitch), r2 = v128.load(row + 2 * pitch), r3 = v128.load(row + 3 * pitch);
        const a = i32x4.shuffle(r0, r1, 0, 4, 1, 5), c = i32x4.shuffle(r2, r3, 0, 4, 1, 5);
        const e = i32x4.shuffle(r0, r1, 2, 6, 3, 7), g = i32x4.shuffle(r2, r3, 2, 6, 3, 7);
        v128.store(to + half, i64x2.shuffle(a, c, 0, 2));
        v128.store(to + half, i64x2.shuffle(a, c, 1, 3), 32);
        v128.store(to + half, i64x2.shuffle(e, g, 0, 2), 64);
        v128.store(to + half, i64x2.shuffle(e, g, 1, 3), 96);
        row += 4 * pitch;
      }
      from += 16;
      to += 128;
    }
  }
  for (; i < depth; i++) {
    for (let j = 0; j < columns; j++) store<f32>(to + (j << 2), load<f32>(from + <usize>j * pitch));
    from += 4;
    to += 32;
  }
}

/** Adds or stores the valid part of a 6×8 block. */
function mergeBlock(block: usize, c: usize, pitch: usize, rows: i32, columns: i32, add: bool): void {
  for (let r = 0; r < rows; r++) {
    if (columns == 8) {
      let low = v128.load(block), high = v128.load(block, 16);
      if (add) {
        low = f32x4.add(low, v128.load(c));
        high = f32x4.add(high, v128.load(c, 16));
      }
      v128.store(c, low);
      v128.store(c, high, 16);
    } else {
      for (let j = 0; j < columns; j++) {
        const at = c + <usize>(j << 2);
        const value = load<f32>(block + <usize>(j << 2));
        store<f32>(at, add ? load<f32>(at) + value : value);
      }
    }
    block += 32;
    c += pitch;
  }
}

/** Bias and ReLU over a finished block of rows × columns. */
function finish(c: usize, pitch: usize, rows: i32, columns: i32, bias: usize, relu: bool): void {
  const zero = f32x4.splat(0);
  for (let r = 0; r < rows; r++) {
    let j = 0;
    for (; j + 4 <= columns; j += 4) {
      const at = c + <usize>(j << 2);
      let value = v128.load(at);
      if (bias) value = f32x4.add(value, v128.load(bias + <usize>(j << 2)));
      if (relu) value = f32x4.pmax(value, zero);
      v128.store(at, value);
    }
    for (; j < columns; j++) {
      const at = c + <usize>(j << 2);
      let value = load<f32>(at);
      if (bias) value += load<f32>(bias + <usize>(j << 2));
      store<f32>(at, relu && value < 0 ? 0 : value);
    }
    c += pitch;
  }
}

/** One item: rows of block item % ROW_BLOCKS, columns 16·⌊item / ROW_BLOCKS⌋ … */
export function matmulItem(job: usize, scratch: usize, item: i32): void {
  const m = load<i32>(job, M), n = load<i32>(job, N), k = load<i32>(job, K), height = load<i32>(job, ROWS);
  const blocks = load<i32>(job, ROW_BLOCKS);
  const firstRow = (item % blocks) * height, firstColumn = (item / blocks) * 16;
  const rows = min(height, m - firstRow), columns = min(16, n - firstColumn);
  const transposeA = load<i32>(job, TRANSPOSE_A) != 0, transposeB = load<i32>(job, TRANSPOSE_B) != 0;
  const a = load<usize>(job, A), b = load<usize>(job, B);
  const pitchC = <usize>n << 2, pitchA = <usize>(transposeA ? m : k) << 2;
  const c = load<usize>(job, C) + <usize>firstRow * pitchC + <usize>(firstColumn << 2);
  const block = scratch + BLOCK, tail = scratch + TAIL;
  const panels = columns > 8 ? 2 : 1;
  for (let first = 0; first < k; first += DEPTH) {
    const depth = min(DEPTH, k - first);
    const add = first > 0;
    for (let p = 0; p < panels; p++) {
      packPanel(b, n, k, transposeB, first, depth, firstColumn + p * 8, scratch + <usize>p * PANEL_BYTES);
    }
    for (let r = 0; r < rows; r += 6) {
      const tall = min(6, rows - r);
      let from: usize, pitch = pitchA;
      if (transposeA) {
        from = a + <usize>first * pitchA + <usize>((firstRow + r) << 2);
      } else {
        from = a + <usize>(firstRow + r) * pitchA + <usize>(first << 2);
        if (tall < 6) {
          memory.fill(tail, 0, 6 * DEPTH * 4);
          for (let i = 0; i < tall; i++) memory.copy(tail + <usize>(i * DEPTH << 2), from + <usize>i * pitchA, depth << 2);
          from = tail;
          pitch = DEPTH * 4;
        }
      }
      for (let p = 0; p < panels; p++) {
        const panel = scratch + <usize>p * PANEL_BYTES;
        const to = c + <usize>r * pitchC + <usize>(p << 5);
        const wide = min(8, columns - p * 8);
        if (transposeA) {
          memory.fill(block, 0, 192);
          tileColumnsAdd(from, pitchA, panel, 32, depth, block);
          mergeBlock(block, to, pitchC, tall, wide, add);
        } else if (tall == 6 && wide == 8) {
          if (add) tileRowsAdd(from, pitch, panel, depth, to, pitchC);
          else tileRows(from, pitch, panel, depth, to, pitchC);
        } else {
          tileRows(from, pitch, panel, depth, block, 32);
          mergeBlock(block, to, pitchC, tall, wide, add);
        }
      }
    }
  }
  const bias = load<usize>(job, BIAS);
  const relu = load<i32>(job, RELU) != 0;
  if (bias || relu) finish(c, pitchC, rows, columns, bias ? bias + <usize>(firstColumn << 2) : 0, relu);
}

/** y[1…2 rows] = x·B + bias for few rows, where packing would cost more than it saves: 32 columns an item. */
export function matvecItem(job: usize, item: i32): void {
  const n = load<i32>(job, N), k = load<i32>(job, K), m = load<i32>(job, M);
  const first = item * 32, columns = min(32, n - first);
  const pitch = <usize>n << 2;
  for (let row = 0; row < m; row++) {
    const x = load<usize>(job, A) + <usize>(row * k << 2);
    const y = load<usize>(job, C) + <usize>row * pitch + <usize>(first << 2);
    let b = load<usize>(job, B) + <usize>(first << 2);
    if (columns == 32) {
      let y0 = f32x4.splat(0), y1 = f32x4.splat(0), y2 = f32x4.splat(0), y3 = f32x4.splat(0);
      let y4 = f32x4.splat(0), y5 = f32x4.splat(0), y6 = f32x4.splat(0), y7 = f32x4.splat(0);
      for (let i = 0; i < k; i++) {
        const value = load<f32>(x + <usize>(i << 2));
        // After a ReLU half of the values are zero, and memory is what this waits for.
        if (value != 0) {
          const s = f32x4.splat(value);
          y0 = f32x4.add(y0, f32x4.mul(s, v128.load(b)));
          y1 = f32x4.add(y1, f32x4.mul(s, v128.load(b, 16)));
          y2 = f32x4.add(y2, f32x4.mul(s, v128.load(b, 32)));
          y3 = f32x4.add(y3, f32x4.mul(s, v128.load(b, 48)));
          y4 = f32x4.add(y4, f32x4.mul(s, v128.load(b, 64)));
          y5 = f32x4.add(y5, f32x4.mul(s, v128.load(b, 80)));
          y6 = f32x4.add(y6, f32x4.mul(s, v128.load(b, 96)));
          y7 = f32x4.add(y7, f32x4.mul(s, v128.load(b, 112)));
        }
        b += pitch;
      }
      v128.store(y, y0);
      v128.store(y, y1, 16);
      v128.store(y, y2, 32);
      v128.store(y, y3, 48);
      v128.store(y, y4, 64);
      v128.store(y, y5, 80);
      v128.store(y, y6, 96);
      v128.store(y, y7, 112);
    } else {
      for (let j = 0; j < columns; j++) {
        let sum: f32 = 0;
        for (let i = 0; i < k; i++) sum += load<f32>(x + <usize>(i << 2)) * load<f32>(b + <usize>i * pitch + <usize>(j << 2));
        store<f32>(y + <usize>(j << 2), sum);
      }
    }
    const bias = load<usize>(job, BIAS);
    const relu = load<i32>(job, RELU) != 0;
    if (bias || relu) finish(y, pitch, 1, columns, bias ? bias + <usize>(first << 2) : 0, relu);
  }
}
