import assert from 'node:assert/strict';
import { test } from 'node:test';
import { psnr } from '#engine/metrics/psnr.ts';
import { meanScore, scorePicture, visibleRgba } from '#engine/metrics/score.ts';
import { ssim } from '#engine/metrics/ssim.ts';

function pattern(height: number, width: number, a: number, b: number): Float64Array {
  const values = new Float64Array(height * width * 4);
  for (let i = 0; i < values.length; i++) {
    const [y, x, c] = [Math.floor(i / 4 / width), Math.floor(i / 4) % width, i % 4];
    values[i] = ((y * y * a + x * b + x * y * 3 + c * 17) % 64) / 63;
  }
  return values;
}

/** A picture, and the same with a tenth of another one added. */
function pair(height: number, width: number): [Float32Array, Float32Array] {
  const a = pattern(height, width, 5, 7);
  const other = pattern(height, width, 3, 11);
  return [
    Float32Array.from(a),
    Float32Array.from(a, (value, i) => Math.min(1, Math.max(0, value + 0.1 * (other[i] - 0.5)))),
  ];
}

// [height, width, PSNR, SSIM]. From scikit-image 0.26 (peak_signal_noise_ratio, and structural_similarity with
// gaussian_weights, sigma 1.5, use_sample_covariance=False, data_range 1, the mean of four channels); the SSIM of the
// two pictures below 11 pixels from its definition written out in NumPy, which gives scikit-image's numbers for the rest.
const known: [number, number, number, number][] = [
  [28, 28, 30.89073702301671, 0.9950447273600539],
  [16, 40, 30.877979749867798, 0.9952697887513597],
  [11, 11, 30.939484265420873, 0.9953861991654882],
  [7, 12, 30.873220313602467, 0.9956024135529682],
  [2, 2, 31.382061101178266, 0.9217467979969822],
];

for (const [height, width, expectedPsnr, expectedSsim] of known) {
  test(`PSNR and SSIM of ${height}×${width} pixels are those of scikit-image`, () => {
    const [a, b] = pair(height, width);
    assert.ok(Math.abs(psnr(a, b) - expectedPsnr) < 1e-5);
    assert.ok(Math.abs(ssim(a, b, { height, width, channels: 4 }) - expectedSsim) < 1e-6);
  });
}

test('equal pictures score 1 and the cap of 100 dB, also where they are constant', () => {
  for (const value of [0, 0.5, 1]) {
    const flat = new Float32Array(12 * 12 * 4).fill(value);
    const score = scorePicture(flat, 4, flat, { height: 12, width: 12 });
    assert.equal(score.mse, 0);
    assert.equal(score.psnr, 100);
    assert.ok(Math.abs(score.ssim - 1) < 1e-9);
  }
});

test('only the first four channels count, clamped to 0…1', () => {
  const state = Float32Array.of(-1, 0.5, 2, 1, 99, 0, 0.25, 1, 0, 99);
  assert.deepEqual([...visibleRgba(state, 5)], [0, 0.5, 1, 1, 0, 0.25, 1, 0]);
  const target = Float32Array.of(0, 0.5, 1, 1, 0, 0.25, 1, 0);
  assert.equal(scorePicture(state, 5, target, { height: 1, width: 2 }).mse, 0);
});

test("a set's score is the mean of its images' scores", () => {
  const scores = [
    { mse: 0.1, psnr: 10, ssim: 0.5 },
    { mse: 0.01, psnr: 20, ssim: 1 },
  ];
  assert.deepEqual(meanScore(scores), { mse: 0.055, psnr: 15, ssim: 0.75 });
});
