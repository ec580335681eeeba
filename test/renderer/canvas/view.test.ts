/** Zoom and pan: what stays under the pointer, and that no picture can be lost beside the window. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  actualSizeView,
  cellAt,
  fitView,
  largestScale,
  panView,
  resizeView,
  revealPoint,
  toPicture,
  toScreen,
  zoomView,
  type View,
} from '../../../src-renderer/canvas/view.ts';

const size = fc.record({
  width: fc.integer({ min: 50, max: 3000 }),
  height: fc.integer({ min: 50, max: 2000 }),
});
const cells = fc.record({
  width: fc.integer({ min: 3, max: 256 }),
  height: fc.integer({ min: 3, max: 256 }),
});
const point = fc.record({ x: fc.integer({ min: -500, max: 3500 }), y: fc.integer({ min: -500, max: 2500 }) });
const ratio = fc.constantFrom(1, 1.25, 1.5, 2, 3);

test('a fitted picture lies whole in the viewport, its cells on whole device pixels', () => {
  fc.assert(
    fc.property(size, cells, ratio, (viewport, picture, pixelRatio) => {
      const view = fitView(viewport, picture, 8, pixelRatio);
      const end = toScreen(view, { x: picture.width, y: picture.height });
      assert.ok(view.x >= 0 && view.y >= 0, 'starts inside');
      assert.ok(end.x <= viewport.width + 1 && end.y <= viewport.height + 1, 'ends inside');
      const device = view.scale * pixelRatio;
      if (device >= 2 && view.scale < largestScale) assert.ok(Math.abs(device - Math.round(device)) < 1e-9);
    }),
  );
});

test('40×40 cells in 640×480 are ten pixels each', () => {
  const view = fitView({ width: 640, height: 480 }, { width: 40, height: 40 }, 24, 1);
  assert.deepEqual(view, { scale: 10, x: 120, y: 40 });
  assert.deepEqual(actualSizeView({ width: 640, height: 480 }, { width: 40, height: 40 }, 1), {
    scale: 1,
    x: 300,
    y: 220,
  });
});

test('zooming keeps the cell under the pointer, unless the picture would leave the viewport', () => {
  const viewport = { width: 800, height: 600 };
  const picture = { width: 40, height: 40 };
  const start = fitView(viewport, picture, 24, 1);
  const at = { x: 420, y: 310 };
  const zoomed = zoomView(start, at, 2.5, viewport, picture);
  const before = toPicture(start, at);
  const after = toPicture(zoomed, at);
  assert.ok(Math.abs(before.x - after.x) < 1e-9 && Math.abs(before.y - after.y) < 1e-9);
  assert.equal(zoomView(start, at, 1e6, viewport, picture).scale, largestScale);
});

test('whatever is zoomed and moved, a part of the picture stays in the viewport', () => {
  const moves = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('pan' as const), by: point }),
      fc.record({
        kind: fc.constant('zoom' as const),
        at: point,
        factor: fc.double({ min: 0.1, max: 10, noNaN: true }),
      }),
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(size, cells, moves, size, (viewport, picture, list, later) => {
      let view: View = fitView(viewport, picture, 8, 1);
      for (const move of list) {
        view =
          move.kind === 'pan'
            ? panView(view, move.by, viewport, picture)
            : zoomView(view, move.at, move.factor, viewport, picture);
      }
      view = resizeView(view, viewport, later, picture);
      const end = toScreen(view, { x: picture.width, y: picture.height });
      assert.ok(end.x > 0 && end.y > 0 && view.x < later.width && view.y < later.height);
    }),
  );
});

test('a revealed point is in the viewport, and stays where it is if it was', () => {
  const viewport = { width: 400, height: 300 };
  const picture = { width: 40, height: 40 };
  const view = zoomView(fitView(viewport, picture, 24, 1), { x: 200, y: 150 }, 8, viewport, picture);
  const shown = toScreen(revealPoint(view, { x: 39.5, y: 0.5 }, viewport, picture), { x: 39.5, y: 0.5 });
  assert.ok(shown.x > 0 && shown.x < 400 && shown.y > 0 && shown.y < 300);
  const middle = toPicture(view, { x: 200, y: 150 });
  assert.deepEqual(revealPoint(view, middle, viewport, picture), view);
});

test('points beside the picture have no cell', () => {
  const picture = { width: 4, height: 3 };
  assert.deepEqual(cellAt({ x: 3.99, y: 0 }, picture), { x: 3, y: 0 });
  for (const [x, y] of [
    [-0.01, 1],
    [4, 1],
    [1, 3],
    [1, -1],
  ])
    assert.equal(cellAt({ x, y }, picture), null);
});
