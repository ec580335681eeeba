/** Two fingers and the wheel. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pinchStep, wheelFactor } from '../../../src-renderer/canvas/pinch.ts';

test('fingers that part zoom in around their middle; fingers that move together move the view', () => {
  const apart = pinchStep(
    [
      { x: 100, y: 100 },
      { x: 200, y: 100 },
    ],
    [
      { x: 50, y: 100 },
      { x: 250, y: 100 },
    ],
  );
  assert.deepEqual(apart, { factor: 2, at: { x: 150, y: 100 }, by: { x: 0, y: 0 } });
  const moved = pinchStep(
    [
      { x: 0, y: 0 },
      { x: 30, y: 40 },
    ],
    [
      { x: 10, y: 5 },
      { x: 40, y: 45 },
    ],
  );
  assert.deepEqual(moved, { factor: 1, at: { x: 25, y: 25 }, by: { x: 10, y: 5 } });
});

test('fingers on one spot do not make the scale jump', () => {
  const { factor } = pinchStep(
    [
      { x: 10, y: 10 },
      { x: 10, y: 10 },
    ],
    [
      { x: 10, y: 10 },
      { x: 26, y: 10 },
    ],
  );
  assert.equal(factor, 2);
});

test('a notch of the wheel is the same in pixels as in lines, and back again is where it was', () => {
  assert.ok(Math.abs(wheelFactor(-99, 0, false) - wheelFactor(-3, 1, false)) < 1e-9);
  assert.ok(wheelFactor(-100, 0, false) > 1.1);
  assert.ok(Math.abs(wheelFactor(-100, 0, false) * wheelFactor(100, 0, false) - 1) < 1e-12);
  assert.ok(wheelFactor(100_000, 0, false) > 0.5, 'one event never zooms far');
});
