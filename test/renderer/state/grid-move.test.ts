import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { gridMove } from '../../../src-renderer/state/grid-move.ts';

const keys = ['ArrowRight', 'ArrowLeft', 'ArrowDown', 'ArrowUp', 'PageDown', 'PageUp', 'Home', 'End'];
const place = fc
  .record({
    total: fc.integer({ min: 1, max: 500 }),
    columns: fc.integer({ min: 1, max: 12 }),
    pageRows: fc.integer({ min: 1, max: 10 }),
    share: fc.double({ min: 0, max: 0.999, noNaN: true }),
  })
  .map(({ share, ...rest }) => ({ ...rest, at: Math.floor(share * rest.total) }));

test('no key leads out of the grid, and the way down ends at the last row', () => {
  fc.assert(
    fc.property(place, fc.constantFrom(...keys), (grid, key) => {
      const to = gridMove(key, grid);
      assert.ok(to !== null && to >= 0 && to < grid.total);
    }),
  );
  fc.assert(
    fc.property(place, (grid) => {
      let at = grid.at;
      for (let step = 0; step <= grid.total; step += 1) at = gridMove('ArrowDown', { ...grid, at }) ?? at;
      assert.equal(Math.floor(at / grid.columns), Math.floor((grid.total - 1) / grid.columns));
    }),
  );
});

test('up undoes down, but from a short last row', () => {
  const grid = { total: 10, columns: 4, pageRows: 2 };
  assert.equal(gridMove('ArrowDown', { ...grid, at: 1 }), 5);
  assert.equal(gridMove('ArrowUp', { ...grid, at: 5 }), 1);
  // Places 8 and 9 are the last row.
  assert.equal(gridMove('ArrowDown', { ...grid, at: 7 }), 9);
  assert.equal(gridMove('ArrowDown', { ...grid, at: 9 }), 9);
  assert.equal(gridMove('PageUp', { ...grid, at: 6 }), 2);
});

test('other keys move nothing, nor does any in an empty grid', () => {
  assert.equal(gridMove('a', { at: 0, total: 5, columns: 2, pageRows: 1 }), null);
  assert.equal(gridMove('Home', { at: 0, total: 0, columns: 2, pageRows: 1 }), null);
});
