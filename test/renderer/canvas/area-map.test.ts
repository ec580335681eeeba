import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  areaSizes,
  bandedMap,
  filledMap,
  mapPixels,
  paintedMap,
  refittedMap,
  type AreaMap,
} from '../../../src-renderer/canvas/area-map.ts';

const size = fc.record({ width: fc.integer({ min: 1, max: 24 }), height: fc.integer({ min: 1, max: 24 }) });
const map: fc.Arbitrary<AreaMap> = size.chain(({ width, height }) =>
  fc
    .array(fc.integer({ min: 0, max: 3 }), { minLength: width * height, maxLength: width * height })
    .map((cells) => ({ width, height, cells: Uint8Array.from(cells) })),
);
const point = fc.record({
  x: fc.double({ min: -5, max: 30, noNaN: true }),
  y: fc.double({ min: -5, max: 30, noNaN: true }),
});

test('bands are as wide as each other, to a column, from the left to the right', () => {
  fc.assert(
    fc.property(size, fc.integer({ min: 1, max: 4 }), (grid, count) => {
      const { cells } = bandedMap(grid, count);
      const row = [...cells.slice(0, grid.width)];
      assert.deepEqual(
        row,
        row.toSorted((a, b) => a - b),
      );
      const widths = Array.from({ length: count }, (_, band) => row.filter((value) => value === band).length);
      assert.ok(Math.max(...widths) - Math.min(...widths) <= 1, String(widths));
    }),
  );
});

test('painting changes just what lies under the brush, and a map is never changed in place', () => {
  fc.assert(
    fc.property(map, point, fc.integer({ min: 1, max: 12 }), fc.nat(3), (before, at, brush, value) => {
      const kept = before.cells.slice();
      const after = paintedMap(before, [at], brush, value);
      assert.deepEqual(before.cells, kept);
      after.cells.forEach((now, cell) => {
        const x = cell % before.width;
        const y = Math.floor(cell / before.width);
        const isUnder =
          brush === 1
            ? x === Math.floor(at.x) && y === Math.floor(at.y)
            : Math.hypot(x + 0.5 - at.x, y + 0.5 - at.y) <= brush / 2;
        if (Math.abs(Math.hypot(x + 0.5 - at.x, y + 0.5 - at.y) - brush / 2) < 1e-9) return;
        assert.equal(now, isUnder ? value : kept[cell]);
      });
    }),
  );
});

test('a stroke leaves no gap between its points', () => {
  const before = bandedMap({ width: 20, height: 3 }, 1);
  const { cells } = paintedMap(
    before,
    [
      { x: 0.5, y: 1.5 },
      { x: 19.5, y: 1.5 },
    ],
    1,
    2,
  );
  assert.deepEqual([...cells.slice(20, 40)], Array(20).fill(2));
  assert.deepEqual(areaSizes({ ...before, cells }, 3), [40, 0, 20]);
});

test('what changes nothing is the same map', () => {
  const before = bandedMap({ width: 8, height: 8 }, 2);
  assert.equal(paintedMap(before, [{ x: 1, y: 1 }], 2, 0), before);
  assert.equal(paintedMap(before, [{ x: 100, y: 1 }], 2, 1), before);
  assert.equal(filledMap(before, { x: 1, y: 1 }, 0), before);
  assert.equal(filledMap(before, { x: -1, y: 1 }, 1), before);
});

test('a filling reaches exactly the cells that hang together', () => {
  fc.assert(
    fc.property(map, fc.nat(1000), fc.nat(3), (before, place, value) => {
      const start = place % before.cells.length;
      const { width } = before;
      const at = { x: (start % width) + 0.5, y: Math.floor(start / width) + 0.5 };
      const after = filledMap(before, at, value);
      const reached = new Set([start]);
      for (const cell of reached) {
        const neighbours = [
          ...(cell % width > 0 ? [cell - 1] : []),
          ...(cell % width < width - 1 ? [cell + 1] : []),
          cell - width,
          cell + width,
        ];
        for (const next of neighbours) if (before.cells[next] === before.cells[start]) reached.add(next);
      }
      after.cells.forEach((now, cell) =>
        assert.equal(now, reached.has(cell) ? value : before.cells[cell], String(cell)),
      );
    }),
  );
});

test('a map on another grid keeps its layout; a style that left gives its cells to the first', () => {
  fc.assert(
    fc.property(map, fc.integer({ min: 1, max: 4 }), (before, count) => {
      const doubled = { width: before.width * 2, height: before.height * 2 };
      const there = refittedMap(before, doubled, 4);
      assert.deepEqual(refittedMap(there, before, 4).cells, before.cells);
      assert.ok(refittedMap(before, doubled, count).cells.every((value) => value < count));
    }),
  );
});

test('every cell is drawn in the colour of its style', () => {
  const pixels = mapPixels(
    { width: 2, height: 1, cells: Uint8Array.of(1, 0) },
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    99,
  );
  assert.deepEqual([...pixels], [4, 5, 6, 99, 1, 2, 3, 99]);
});
