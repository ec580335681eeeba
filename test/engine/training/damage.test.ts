import assert from 'node:assert/strict';
import test from 'node:test';
import { createRandom } from '#domain/random.ts';
import { cutCircles, cutHalf, drawCircles } from '#engine/training/damage.ts';

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
