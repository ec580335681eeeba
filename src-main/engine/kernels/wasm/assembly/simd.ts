// What differs between the builds: with relaxed SIMD a multiply-add is one fused instruction, without it two; with
// threads the items of a job are taken atomically. Maxima are f32x4.pmax, one instruction that keeps a NaN on the left.

// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

// @ts-ignore: decorator
@inline
export function ceilTo(n: i32, multiple: i32): i32 {
  return ((n + multiple - 1) / multiple) * multiple;
}

/** Takes the next item of the job from the counter that all threads share. */
// @ts-ignore: decorator
@inline
export function takeItem(counter: usize): i32 {
  if (ASC_FEATURE_THREADS) return atomic.add<i32>(counter, 1);
  const item = load<i32>(counter);
  store<i32>(counter, item + 1);
  return item;
}
