import assert from 'node:assert/strict';
import test from 'node:test';
import { createRandom } from '#domain/random.ts';
import { cutCircles, cutHalf, damagePicture, drawCircles } from '#engine/training/damage.ts';

const grid = { height: 20, width: 30 };

test('circles cut all channels of one sample only, and lie in their bounds', () => {
  const damage = { circles: 8, minRadius: 0.02, maxRadius: 0.05 };
  const circles = drawCircles(damage, grid, createRandom(1));
  assert.equal(circles.length, 8);
  for (const { x, y, radius } of circles) {
    assert.ok(x >= 0 && x < 30 && y >= 0 && y < 20 && radius >= 0.6 && radius <= 1.5);
  }
  const values = new Float32Array(2 * 20 * 30 * 3).fill(1);
  cutCircles(values, grid, 3, 1, [{ x: 15, y: 10, radius: 3 }]);
  const cut = values.reduce((sum, value) => sum + (1 - value), 0);
  assert.ok(Math.abs(cut / 3 - Math.PI * 9) < 4);
  assert.ok(values.subarray(0, 1800).every((value) => value === 1));
});

test('a half is half of the grid, on the side of the angle', () => {
  const values = new Float32Array(20 * 30).fill(1);
  cutHalf(values, grid, 1, 0, 0);
  assert.equal(
    values.reduce((a, b) => a + b),
    300,
  );
  assert.equal(values[0], 1);
  assert.equal(values[29], 0);
});

test('a spec without probabilities cuts its circles, as ever', () => {
  const damage = { circles: 3, minRadius: 0.1, maxRadius: 0.2 };
  const damaged = new Float32Array(20 * 30 * 4).fill(1);
  damagePicture(damaged, grid, 4, 0, damage, createRandom(5));
  const expected = new Float32Array(20 * 30 * 4).fill(1);
  cutCircles(expected, grid, 4, 0, drawCircles(damage, grid, createRandom(5)));
  assert.deepEqual(damaged, expected);
});

test('large parts, circles and whole pictures come as often as asked; only the sample is touched', () => {
  const damage = { circles: 8, minRadius: 0.02, maxRadius: 0.05, large: 0.5, whole: 0.2 };
  const random = createRandom(7);
  const counts = { whole: 0, small: 0, large: 0 };
  for (let i = 0; i < 2000; i++) {
    const values = new Float32Array(2 * 600 * 4).fill(1);
    damagePicture(values, grid, 4, 1, damage, random);
    assert.ok(values.subarray(0, 2400).every((value) => value === 1));
    const lost = values.reduce((sum, value) => sum + (1 - value), 0) / 2400;
    assert.ok(lost <= 0.75, `${lost} of the picture is lost`);
    counts[lost === 0 ? 'whole' : lost < 0.06 ? 'small' : 'large']++;
  }
  assert.ok(Math.abs(counts.whole / 2000 - 0.2) < 0.04, JSON.stringify(counts));
  assert.ok(counts.large / 2000 > 0.4, JSON.stringify(counts));
});
