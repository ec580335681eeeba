/** Which cells a step computes: those that fire within two cells of a living one, and where each maximum lies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Automaton } from '#domain/automaton.ts';
import { firingCells } from '#engine/kernels/reference/rollout.ts';
import {
  aboveThreshold,
  chooseCells,
  maximumPlaces,
  withNeighbours,
} from '#engine/kernels/tensorflow/chosen-cells.ts';

const automaton: Automaton = {
  ...{ channels: 4, hidden: 1, sobelSizes: [], aliveChannel: 3, aliveThreshold: 0.1, fireRate: 0.5, gain: 1 },
};
const grids = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 1, max: 7 }),
    width: fc.integer({ min: 1, max: 7 }),
  })
  .chain((grid) => {
    const length = grid.batch * grid.height * grid.width;
    return fc.record({
      grid: fc.constant(grid),
      set: fc.array(fc.constantFrom(0, 0, 0, 1), { minLength: length, maxLength: length }),
      seed: fc.nat(1000),
    });
  });

/** Of the cell and its neighbours within `reach`, those on the grid. */
function* around(grid: { height: number; width: number }, cell: number, reach: number): Generator<number> {
  const { height: H, width: W } = grid;
  const x = cell % W;
  const y = Math.floor(cell / W) % H;
  for (let j = -reach; j <= reach; j++)
    for (let i = -reach; i <= reach; i++)
      if (y + j >= 0 && y + j < H && x + i >= 0 && x + i < W) yield cell + j * W + i;
}

test('neighbours are those on the same picture', () => {
  fc.assert(
    fc.property(grids, ({ grid, set }) => {
      const found = withNeighbours(grid, Uint8Array.from(set));
      for (let cell = 0; cell < set.length; cell++) {
        assert.equal(found[cell], [...around(grid, cell, 1)].some((near) => set[near] === 1) ? 1 : 0);
      }
    }),
  );
});

test('every cell that fires near a living one is chosen, once, and has its place', () => {
  fc.assert(
    fc.property(grids, ({ grid, set, seed }) => {
      const size = grid.height * grid.width;
      const draw = { seed, firstStep: 3, firstSample: 2 };
      const { cells, filled, placeOf } = chooseCells(grid, automaton, draw, 1, Uint8Array.from(set));
      const fires = Array.from({ length: grid.batch }, (_, b) => [
        ...firingCells(size, automaton, 4, 2 + b, seed),
      ]).flat();
      const expected = set.map(
        (_, cell) => fires[cell] === 1 && [...around(grid, cell, 1)].some((near) => set[near] === 1),
      );
      const places = cells.length / grid.batch;
      const chosen = [...cells].filter((_, place) => filled[place] === 1);
      assert.deepEqual(
        chosen,
        expected.flatMap((is, cell) => (is ? [cell] : [])),
      );
      for (const [cell, place] of placeOf.entries()) {
        assert.equal(filled[place], expected[cell] ? 1 : 0);
        if (expected[cell]) assert.equal(cells[place], cell);
        assert.equal(Math.floor(place / places), Math.floor(cell / size), 'a place of its own sample');
      }
    }),
  );
});

test('a maximum lies at the first of the largest values around', () => {
  fc.assert(
    fc.property(grids, ({ grid, set, seed }) => {
      const C = 2;
      const state = Float32Array.from({ length: set.length * C }, (_, i) => ((i * 37 + seed) % 11) / 4 - 1);
      const chosen = chooseCells(
        grid,
        { ...automaton, fireRate: 1 },
        { seed, firstStep: 0, firstSample: 0 },
        0,
        Uint8Array.from(set),
      );
      const maxima = state.map((_, at) =>
        Math.max(...[...around(grid, Math.floor(at / C), 1)].map((near) => state[near * C + (at % C)])),
      );
      const places = maximumPlaces(grid, C, state, maxima, chosen);
      for (const [row, cell] of chosen.cells.entries()) {
        for (let c = 0; c < C; c++) {
          const near = [...around(grid, cell, 1)].map((at) => at * C + c);
          const highest = Math.max(...near.map((at) => state[at]));
          assert.equal(
            places[row * C + c],
            near.find((at) => state[at] === highest),
          );
        }
      }
    }),
  );
});

test('a value at the threshold, as float32 has it, is not above it', () => {
  assert.deepEqual([...aboveThreshold(Float32Array.of(0.1, 0.1001, -1), automaton)], [0, 1, 0]);
});
