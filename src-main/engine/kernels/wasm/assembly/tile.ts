// The micro-kernel of every matrix product here: six rows by eight columns of results in twelve registers, one
// broadcast of the left and two vectors of the right matrix a step, no unrolling over k (more would spill). It comes in
// two forms: `rows` reads the left matrix along its rows (a product), `columns` across them (a transposed product,
// which sums over rows, as gradients of weights do). The right matrix of the `rows` form is packed into panels of
// eight columns: panel[j / 8][k][8]. All strides are in bytes.

import { madd } from './simd';

/** C[6, 8] = A[6, K] · panel[K, 8]. */
export function tileRows(a: usize, lda: usize, b: usize, K: i32, c: usize, ldc: usize): void {
  let a1 = a + lda;
  let a2 = a + 2 * lda;
  let a3 = a + 3 * lda;
  let a4 = a + 4 * lda;
  let a5 = a + 5 * lda;
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  let c40 = f32x4.splat(0);
  let c41 = f32x4.splat(0);
  let c50 = f32x4.splat(0);
  let c51 = f32x4.splat(0);
  const end = a + ((<usize>K) << 2);
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let s = v128.load_splat<f32>(a);
    c00 = madd(s, b0, c00);
    c01 = madd(s, b1, c01);
    s = v128.load_splat<f32>(a1);
    c10 = madd(s, b0, c10);
    c11 = madd(s, b1, c11);
    s = v128.load_splat<f32>(a2);
    c20 = madd(s, b0, c20);
    c21 = madd(s, b1, c21);
    s = v128.load_splat<f32>(a3);
    c30 = madd(s, b0, c30);
    c31 = madd(s, b1, c31);
    s = v128.load_splat<f32>(a4);
    c40 = madd(s, b0, c40);
    c41 = madd(s, b1, c41);
    s = v128.load_splat<f32>(a5);
    c50 = madd(s, b0, c50);
    c51 = madd(s, b1, c51);
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    a4 += 4;
    a5 += 4;
    b += 32;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c + ldc, c10);
  v128.store(c + ldc, c11, 16);
  v128.store(c + 2 * ldc, c20);
  v128.store(c + 2 * ldc, c21, 16);
  v128.store(c + 3 * ldc, c30);
  v128.store(c + 3 * ldc, c31, 16);
  v128.store(c + 4 * ldc, c40);
  v128.store(c + 4 * ldc, c41, 16);
  v128.store(c + 5 * ldc, c50);
  v128.store(c + 5 * ldc, c51, 16);
}

/** C[6, 8] = max(0, A[6, K] · panel[K, 8] + bias[8]). */
export function tileRowsBiasRelu(a: usize, lda: usize, b: usize, K: i32, c: usize, ldc: usize, bias: usize): void {
  let a1 = a + lda;
  let a2 = a + 2 * lda;
  let a3 = a + 3 * lda;
  let a4 = a + 4 * lda;
  let a5 = a + 5 * lda;
  const bias0 = v128.load(bias);
  const bias1 = v128.load(bias, 16);
  let c00 = bias0;
  let c01 = bias1;
  let c10 = bias0;
  let c11 = bias1;
  let c20 = bias0;
  let c21 = bias1;
  let c30 = bias0;
  let c31 = bias1;
  let c40 = bias0;
  let c41 = bias1;
  let c50 = bias0;
  let c51 = bias1;
  const end = a + ((<usize>K) << 2);
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let s = v128.load_splat<f32>(a);
    c00 = madd(s, b0, c00);
    c01 = madd(s, b1, c01);
    s = v128.load_splat<f32>(a1);
    c10 = madd(s, b0, c10);
    c11 = madd(s, b1, c11);
    s = v128.load_splat<f32>(a2);
    c20 = madd(s, b0, c20);
    c21 = madd(s, b1, c21);
    s = v128.load_splat<f32>(a3);
    c30 = madd(s, b0, c30);
    c31 = madd(s, b1, c31);
    s = v128.load_splat<f32>(a4);
    c40 = madd(s, b0, c40);
    c41 = madd(s, b1, c41);
    s = v128.load_splat<f32>(a5);
    c50 = madd(s, b0, c50);
    c51 = madd(s, b1, c51);
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    a4 += 4;
    a5 += 4;
    b += 32;
  }
  const zero = f32x4.splat(0);
  v128.store(c, f32x4.pmax(c00, zero));
  v128.store(c, f32x4.pmax(c01, zero), 16);
  v128.store(c + ldc, f32x4.pmax(c10, zero));
  v128.store(c + ldc, f32x4.pmax(c11, zero), 16);
  v128.store(c + 2 * ldc, f32x4.pmax(c20, zero));
  v128.store(c + 2 * ldc, f32x4.pmax(c21, zero), 16);
  v128.store(c + 3 * ldc, f32x4.pmax(c30, zero));
  v128.store(c + 3 * ldc, f32x4.pmax(c31, zero), 16);
  v128.store(c + 4 * ldc, f32x4.pmax(c40, zero));
  v128.store(c + 4 * ldc, f32x4.pmax(c41, zero), 16);
  v128.store(c + 5 * ldc, f32x4.pmax(c50, zero));
  v128.store(c + 5 * ldc, f32x4.pmax(c51, zero), 16);
}

/** C[6, 8] = A[6, K] · panel[K, 8] where C was positive, else 0; sums[8] += the column sums of the result. */
export function tileRowsMaskSum(a: usize, lda: usize, b: usize, K: i32, c: usize, ldc: usize, sums: usize): void {
  let a1 = a + lda;
  let a2 = a + 2 * lda;
  let a3 = a + 3 * lda;
  let a4 = a + 4 * lda;
  let a5 = a + 5 * lda;
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  let c40 = f32x4.splat(0);
  let c41 = f32x4.splat(0);
  let c50 = f32x4.splat(0);
  let c51 = f32x4.splat(0);
  const end = a + ((<usize>K) << 2);
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let s = v128.load_splat<f32>(a);
    c00 = madd(s, b0, c00);
    c01 = madd(s, b1, c01);
    s = v128.load_splat<f32>(a1);
    c10 = madd(s, b0, c10);
    c11 = madd(s, b1, c11);
    s = v128.load_splat<f32>(a2);
    c20 = madd(s, b0, c20);
    c21 = madd(s, b1, c21);
    s = v128.load_splat<f32>(a3);
    c30 = madd(s, b0, c30);
    c31 = madd(s, b1, c31);
    s = v128.load_splat<f32>(a4);
    c40 = madd(s, b0, c40);
    c41 = madd(s, b1, c41);
    s = v128.load_splat<f32>(a5);
    c50 = madd(s, b0, c50);
    c51 = madd(s, b1, c51);
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    a4 += 4;
    a5 += 4;
    b += 32;
  }
  const zero = f32x4.splat(0);
  let sum0 = v128.load(sums);
  let sum1 = v128.load(sums, 16);
  c00 = v128.and(c00, f32x4.gt(v128.load(c), zero));
  c01 = v128.and(c01, f32x4.gt(v128.load(c, 16), zero));
  v128.store(c, c00);
  v128.store(c, c01, 16);
  sum0 = f32x4.add(sum0, c00);
  sum1 = f32x4.add(sum1, c01);
  c10 = v128.and(c10, f32x4.gt(v128.load(c + ldc), zero));
  c11 = v128.and(c11, f32x4.gt(v128.load(c + ldc, 16), zero));
  v128.store(c + ldc, c10);
  v128.store(c + ldc, c11, 16);
  sum0 = f32x4.add(sum0, c10);
  sum1 = f32x4.add(sum1, c11);
  c20 = v128.and(c20, f32x4.gt(v128.load(c + 2 * ldc), zero));
  c21 = v128.and(c21, f32x4.gt(v128.load(c + 2 * ldc, 16), zero));
  v128.store(c + 2 * ldc, c20);
  v128.store(c + 2 * ldc, c21, 16);
  sum0 = f32x4.add(sum0, c20);
  sum1 = f32x4.add(sum1, c21);
  c30 = v128.and(c30, f32x4.gt(v128.load(c + 3 * ldc), zero));
  c31 = v128.and(c31, f32x4.gt(v128.load(c + 3 * ldc, 16), zero));
  v128.store(c + 3 * ldc, c30);
  v128.store(c + 3 * ldc, c31, 16);
  sum0 = f32x4.add(sum0, c30);
  sum1 = f32x4.add(sum1, c31);
  c40 = v128.and(c40, f32x4.gt(v128.load(c + 4 * ldc), zero));
  c41 = v128.and(c41, f32x4.gt(v128.load(c + 4 * ldc, 16), zero));
  v128.store(c + 4 * ldc, c40);
  v128.store(c + 4 * ldc, c41, 16);
  sum0 = f32x4.add(sum0, c40);
  sum1 = f32x4.add(sum1, c41);
  c50 = v128.and(c50, f32x4.gt(v128.load(c + 5 * ldc), zero));
  c51 = v128.and(c51, f32x4.gt(v128.load(c + 5 * ldc, 16), zero));
  v128.store(c + 5 * ldc, c50);
  v128.store(c + 5 * ldc, c51, 16);
  sum0 = f32x4.add(sum0, c50);
  sum1 = f32x4.add(sum1, c51);
  v128.store(sums, sum0);
  v128.store(sums, sum1, 16);
}

/** C[6, 8] += A[6, K] · panel[K, 8]. */
export function tileRowsAdd(a: usize, lda: usize, b: usize, K: i32, c: usize, ldc: usize): void {
  let a1 = a + lda;
  let a2 = a + 2 * lda;
  let a3 = a + 3 * lda;
  let a4 = a + 4 * lda;
  let a5 = a + 5 * lda;
  let c00 = f32x4.splat(0);
  let c01 = f32x4.splat(0);
  let c10 = f32x4.splat(0);
  let c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0);
  let c21 = f32x4.splat(0);
  let c30 = f32x4.splat(0);
  let c31 = f32x4.splat(0);
  let c40 = f32x4.splat(0);
  let c41 = f32x4.splat(0);
  let c50 = f32x4.splat(0);
  let c51 = f32x4.splat(0);
  const end = a + ((<usize>K) << 2);
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let s = v128.load_splat<f32>(a);
    c00 = madd(s, b0, c00);
    c01 = madd(s, b1, c01);
    s = v128.load_splat<f32>(a1);
    c10 = madd(s, b0, c10);
    c11 = madd(s, b1, c11);
    s = v128.load_splat<f32>(a2);
    c20 = madd(s, b0, c20);
    c21 = madd(s, b1, c21);
    s = v128.load_splat<f32>(a3);
    c30 = madd(s, b0, c30);
    c31 = madd(s, b1, c31);
    s = v128.load_splat<f32>(a4);
    c40 = madd(s, b0, c40);
    c41 = madd(s, b1, c41);
    s = v128.load_splat<f32>(a5);
    c50 = madd(s, b0, c50);
    c51 = madd(s, b1, c51);
    a += 4;
    a1 += 4;
    a2 += 4;
    a3 += 4;
    a4 += 4;
    a5 += 4;
    b += 32;
  }
  v128.store(c, f32x4.add(v128.load(c), c00));
  v128.store(c, f32x4.add(v128.load(c, 16), c01), 16);
  v128.store(c + ldc, f32x4.add(v128.load(c + ldc), c10));
  v128.store(c + ldc, f32x4.add(v128.load(c + ldc, 16), c11), 16);
  v128.store(c + 2 * ldc, f32x4.add(v128.load(c + 2 * ldc), c20));
  v128.store(c + 2 * ldc, f32x4.add(v128.load(c + 2 * ldc, 16), c21), 16);
  v128.store(c + 3 * ldc, f32x4.add(v128.load(c + 3 * ldc), c30));
  v128.store(c + 3 * ldc, f32x4.add(v128.load(c + 3 * ldc, 16), c31), 16);
  v128.store(c + 4 * ldc, f32x4.add(v128.load(c + 4 * ldc), c40));
  v128.store(c + 4 * ldc, f32x4.add(v128.load(c + 4 * ldc, 16), c41), 16);
  v128.store(c + 5 * ldc, f32x4.add(v128.load(c + 5 * ldc), c50));
  v128.store(c + 5 * ldc, f32x4.add(v128.load(c + 5 * ldc, 16), c51), 16);
}

/** C[6, 8] += the sum over n rows of (A[row, 0…5])ᵀ · B[row, 0…7]; C is a block of 48 consecutive values. */
export function tileColumnsAdd(a: usize, lda: usize, b: usize, ldb: usize, n: i32, c: usize): void {
  let c00 = v128.load(c);
  let c01 = v128.load(c, 16);
  let c10 = v128.load(c, 32);
  let c11 = v128.load(c, 48);
  let c20 = v128.load(c, 64);
  let c21 = v128.load(c, 80);
  let c30 = v128.load(c, 96);
  let c31 = v128.load(c, 112);
  let c40 = v128.load(c, 128);
  let c41 = v128.load(c, 144);
  let c50 = v128.load(c, 160);
  let c51 = v128.load(c, 176);
  const end = a + (<usize>n) * lda;
  while (a < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    let s = v128.load_splat<f32>(a);
    c00 = madd(s, b0, c00);
    c01 = madd(s, b1, c01);
    s = v128.load_splat<f32>(a, 4);
    c10 = madd(s, b0, c10);
    c11 = madd(s, b1, c11);
    s = v128.load_splat<f32>(a, 8);
    c20 = madd(s, b0, c20);
    c21 = madd(s, b1, c21);
    s = v128.load_splat<f32>(a, 12);
    c30 = madd(s, b0, c30);
    c31 = madd(s, b1, c31);
    s = v128.load_splat<f32>(a, 16);
    c40 = madd(s, b0, c40);
    c41 = madd(s, b1, c41);
    s = v128.load_splat<f32>(a, 20);
    c50 = madd(s, b0, c50);
    c51 = madd(s, b1, c51);
    a += lda;
    b += ldb;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c, c10, 32);
  v128.store(c, c11, 48);
  v128.store(c, c20, 64);
  v128.store(c, c21, 80);
  v128.store(c, c30, 96);
  v128.store(c, c31, 112);
  v128.store(c, c40, 128);
  v128.store(c, c41, 144);
  v128.store(c, c50, 160);
  v128.store(c, c51, 176);
}
