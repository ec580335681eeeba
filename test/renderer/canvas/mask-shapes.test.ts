/** Shapes of the mask's tools: no gaps, nothing beyond their edges, soft edges that fall off, areas drawn around. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  brushShape,
  lassoShape,
  maskBrushSizes,
  nextMaskBrushSize,
  rectangleShape,
  type Shape,
} from '../../../src-renderer/canvas/mask-shapes.ts';

const mask = { width: 90, height: 70 };
const anywhere = fc.record({
  x: fc.double({ min: -20, max: 110, noNaN: true }),
  y: fc.double({ min: -20, max: 90, noNaN: true }),
});

/** [height, width]; fails where the box leaves the mask. */
function covered(shape: Shape): Uint8Array {
  const { left, top, right, bottom } = shape.box;
  assert.ok(left >= 0 && top >= 0 && right <= mask.width && bottom <= mask.height);
  const all = new Uint8Array(mask.width * mask.height);
  for (let y = top; y < bottom; y++) {
    const row = new Uint8Array(Math.max(0, right - left));
    shape.row(y, row);
    all.set(row, y * mask.width + left);
  }
  return all;
}

function at(values: Uint8Array, x: number, y: number): number {
  return values[y * mask.width + x];
}

test('a stroke covers its line, and nothing farther from it than its radius', () => {
  fc.assert(
    fc.property(
      anywhere,
      anywhere,
      fc.integer({ min: 2, max: 40 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (from, to, size, hardness) => {
        const values = covered(brushShape(from, to, size, hardness, mask));
        for (let y = 0; y < mask.height; y++)
          for (let x = 0; x < mask.width; x++) {
            const distance = distanceToLine({ x: x + 0.5, y: y + 0.5 }, from, to);
            if (distance > size / 2 + 0.01) assert.equal(at(values, x, y), 0);
            if (distance < (size / 2) * hardness - 0.5) assert.equal(at(values, x, y), 255);
            if (distance < size / 2 - 0.51) assert.ok(at(values, x, y) > 0);
          }
      },
    ),
    { numRuns: 60 },
  );
});

test('the smallest brush takes just the pixel under it', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 89.99, noNaN: true }),
      fc.double({ min: 0, max: 69.99, noNaN: true }),
      (x, y) => {
        const values = covered(brushShape({ x, y }, { x, y }, 1, 1, mask));
        assert.equal(at(values, Math.floor(x), Math.floor(y)), 255);
        assert.equal(values.filter((value) => value > 0).length, 1);
      },
    ),
  );
});

test('a soft brush falls off towards its edge, a hard one does not', () => {
  const middle = { x: 45.5, y: 35.5 };
  const soft = covered(brushShape(middle, middle, 40, 0, mask));
  const hard = covered(brushShape(middle, middle, 40, 1, mask));
  for (let x = 46; x < 64; x++) {
    assert.ok(at(soft, x, 35) < at(soft, x - 1, 35));
    assert.equal(at(hard, x, 35), 255);
  }
});

test('a rectangle is whole pixels, corners included, whichever way it was dragged', () => {
  const values = covered(rectangleShape({ x: 20.9, y: 30.2 }, { x: 10.1, y: 12.7 }, mask));
  for (let y = 0; y < mask.height; y++)
    for (let x = 0; x < mask.width; x++)
      assert.equal(at(values, x, y), x >= 10 && x <= 20 && y >= 12 && y <= 30 ? 255 : 0);
});

test('a lasso around a rectangle is that rectangle, drawn either way round', () => {
  const corners = [
    { x: 10, y: 12 },
    { x: 40, y: 12 },
    { x: 40, y: 30 },
    { x: 10, y: 30 },
  ];
  for (const points of [corners, corners.toReversed()]) {
    const values = covered(lassoShape(points, mask));
    for (let y = 0; y < mask.height; y++)
      for (let x = 0; x < mask.width; x++)
        assert.equal(at(values, x, y), x >= 10 && x < 40 && y >= 12 && y < 30 ? 255 : 0);
  }
});

test('a lasso that goes round twice has no hole', () => {
  const round = Array.from({ length: 48 }, (_, index) => ({
    x: 45 + 20 * Math.cos((index / 24) * 2 * Math.PI),
    y: 35 + 20 * Math.sin((index / 24) * 2 * Math.PI),
  }));
  assert.equal(at(covered(lassoShape(round, mask)), 45, 35), 255);
});

test('a lasso of any points stays within the mask, and one that leaves it is cut there', () => {
  fc.assert(
    fc.property(fc.array(anywhere, { minLength: 1, maxLength: 30 }), (points) => {
      covered(lassoShape(points, mask));
    }),
    { numRuns: 60 },
  );
  const beyond = [
    { x: -50, y: -50 },
    { x: 200, y: -50 },
    { x: 200, y: 200 },
    { x: -50, y: 200 },
  ];
  assert.ok(covered(lassoShape(beyond, mask)).every((value) => value === 255));
});

test('[ and ] change every size, and stop at the ends', () => {
  for (let size = maskBrushSizes.smallest; size < maskBrushSizes.largest; size++) {
    assert.ok(nextMaskBrushSize(size, 1) > size);
    assert.ok(nextMaskBrushSize(size + 1, -1) < size + 1);
  }
  assert.equal(nextMaskBrushSize(maskBrushSizes.smallest, -1), maskBrushSizes.smallest);
  assert.equal(nextMaskBrushSize(maskBrushSizes.largest, 1), maskBrushSizes.largest);
});

interface Place {
  readonly x: number;
  readonly y: number;
}

function distanceToLine(point: Place, from: Place, to: Place): number {
  const squared = (to.x - from.x) ** 2 + (to.y - from.y) ** 2;
  const along =
    squared === 0
      ? 0
      : Math.min(
          1,
          Math.max(
            0,
            ((point.x - from.x) * (to.x - from.x) + (point.y - from.y) * (to.y - from.y)) / squared,
          ),
        );
  return Math.hypot(point.x - from.x - along * (to.x - from.x), point.y - from.y - along * (to.y - from.y));
}
