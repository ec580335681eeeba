// Firing: u = (pcg4d(cell, step, sample, seed)[0] >> 8)·2⁻²⁴ < fireRate, in integers. Only the first output is wanted,
// so the second round of the hash needs no more than its first line (Jarzynski & Olano 2020).

const MULTIPLIER: u32 = 1664525;
const INCREMENT: u32 = 1013904223;

/** Four bits: which of the cells cell…cell+3 fire. `limit` = ⌈fireRate·2²⁴⌉; step, sample, seed as pcg4d takes them. */
// @ts-ignore: decorator
@inline
export function fireFour(cell: u32, step: u32, sample: u32, seed: u32, limit: i32): i32 {
  const s1 = step * MULTIPLIER + INCREMENT;
  const s2 = sample * MULTIPLIER + INCREMENT;
  const s3 = seed * MULTIPLIER + INCREMENT;
  let v0 = i32x4.add(
    i32x4.mul(i32x4.add(i32x4.splat(cell), i32x4(0, 1, 2, 3)), i32x4.splat(MULTIPLIER)),
    i32x4.splat(INCREMENT + s1 * s3),
  );
  let v1 = i32x4.add(i32x4.splat(s1), i32x4.mul(i32x4.splat(s2), v0));
  const v2 = i32x4.add(i32x4.splat(s2), i32x4.mul(v0, v1));
  let v3 = i32x4.add(i32x4.splat(s3), i32x4.mul(v1, v2));
  v0 = v128.xor(v0, i32x4.shr_u(v0, 16));
  v1 = v128.xor(v1, i32x4.shr_u(v1, 16));
  v3 = v128.xor(v3, i32x4.shr_u(v3, 16));
  v0 = i32x4.add(v0, i32x4.mul(v1, v3));
  return i32x4.bitmask(i32x4.lt_s(i32x4.shr_u(v0, 8), i32x4.splat(limit)));
}

/** What a cell draws to choose its rule, 24 bits: the same hash on a stream of its own (domain/mix-choice.ts). */
export function mixDraw(cell: u32, step: u32, sample: u32, seed: u32): i32 {
  const s1 = step * MULTIPLIER + INCREMENT;
  const s2 = (sample + 0x6d697874) * MULTIPLIER + INCREMENT;
  const s3 = seed * MULTIPLIER + INCREMENT;
  let v0 = cell * MULTIPLIER + INCREMENT + s1 * s3;
  let v1 = s1 + s2 * v0;
  const v2 = s2 + v0 * v1;
  let v3 = s3 + v1 * v2;
  v0 ^= v0 >> 16;
  v1 ^= v1 >> 16;
  v3 ^= v3 >> 16;
  v0 += v1 * v3;
  return <i32>(v0 >> 8);
}
