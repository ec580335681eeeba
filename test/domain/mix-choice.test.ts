import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { areaLimits, chosenStyles, DRAWS, evenLimits, mixDraw, turnPattern } from '#domain/mix-choice.ts';
import { pcg4d, uniform } from '#domain/random.ts';

const letters = (ratio: number[]): string =>
  turnPattern(ratio)
    .map((style) => 'ABCD'[style])
    .join('');

test('turns are spread evenly', () => {
  const expected: [number[], string][] = [
    [[1, 1], 'AB'],
    [[2, 1], 'AAB'],
    [[1, 2], 'BAB'],
    [[3, 2], 'ABAAB'],
    [[5, 3], 'ABAABAAB'],
    [[1, 1, 2], 'CABC'],
    [[0, 1], 'B'],
    [[1, 1, 1, 1], 'ABCD'],
    [[4, 2], 'AABAAB'],
  ];
  for (const [ratio, turns] of expected) assert.equal(letters(ratio), turns, ratio.join(':'));
});

test('each has its turns, and none is ever a whole turn behind its share', () => {
  const ratios = fc
    .array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 4 })
    .filter((ratio) => ratio.some((turns) => turns > 0));
  fc.assert(
    fc.property(ratios, (ratio) => {
      const pattern = turnPattern(ratio);
      const total = ratio.reduce((sum, turns) => sum + turns, 0);
      assert.equal(pattern.length, total);
      const made = ratio.map(() => 0);
      for (const [step, style] of pattern.entries()) {
        made[style]++;
        for (const [i, turns] of ratio.entries()) {
          const behind = (turns * (step + 1)) / total - made[i];
          assert.ok(behind < 1, `${ratio.join(':')}: ${i} is ${behind} behind after ${step + 1}`);
        }
      }
      assert.deepEqual(made, ratio);
    }),
  );
});

test('draws are on a stream of their own, fixed for ever', () => {
  const draws = [0, 1, 2, 3].map((cell) => mixDraw(cell, 5, 1, 42));
  assert.deepEqual(
    draws,
    [0, 1, 2, 3].map((cell) => pcg4d(cell, 5, 0x6d69_7875, 42)[0] >>> 8),
  );
  assert.deepEqual(draws, [15_796_621, 14_334_981, 3_169_482, 3_660_495]);
});

test('which rule a cell draws says nothing of whether it fires', () => {
  let [fires, first, both, equal] = [0, 0, 0, 0];
  for (let cell = 0; cell < 40_000; cell++) {
    const [mask, draw] = [uniform(cell, 7, 0, 3) * DRAWS, mixDraw(cell, 7, 0, 3)];
    const [isFiring, isFirst] = [mask < DRAWS / 2, draw < DRAWS / 2];
    fires += Number(isFiring);
    first += Number(isFirst);
    both += Number(isFiring && isFirst);
    equal += Number(mask === draw);
  }
  for (const count of [fires, first, both * 2])
    assert.ok(Math.abs(count - 20_000) < 500, `${fires}, ${first}, ${both}`);
  assert.ok(equal < 3, `${equal} are equal`);
});

test('drawn styles have their shares', () => {
  const grid = { height: 100, width: 100 };
  const limits = evenLimits([1, 0, 2, 1], grid);
  const counts = [0, 0, 0, 0];
  for (let step = 0; step < 10; step++)
    for (const style of chosenStyles(limits, 10_000, step, 0, 9)) counts[style]++;
  assert.equal(counts[1], 0);
  for (const [style, share] of [1, 0, 2, 1].entries()) {
    assert.ok(Math.abs(counts[style] - share * 25_000) < 700, counts.join());
  }
});

test('a map is stretched over the grid; its hard areas are no matter of chance', () => {
  const map = { height: 2, width: 2, cells: '0123', softness: 0 };
  const grid = { height: 3, width: 4 };
  const limits = areaLimits(map, 4, grid);
  const expected = [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3];
  for (let step = 0; step < 20; step++) assert.deepEqual([...chosenStyles(limits, 12, step, 0, 1)], expected);
});

test('soft edges: the shares of the square around a cell, as far as it is on the grid', () => {
  const map = { height: 1, width: 4, cells: '0011', softness: 1 };
  const limits = areaLimits(map, 2, { height: 1, width: 4 });
  assert.deepEqual(
    [...limits],
    [1, 2 / 3, 1 / 3, 0].map((share) => Math.round(DRAWS * share)),
  );
  const tall = areaLimits(map, 2, { height: 5, width: 4 });
  assert.deepEqual([...tall], Array.from({ length: 5 }, () => [...limits]).flat());
});

test('limits ascend and are integers that float32 holds', () => {
  const weights = fc
    .array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 2, maxLength: 4 })
    .filter((all) => all.some((weight) => weight > 1e-3));
  fc.assert(
    fc.property(weights, (all) => {
      const limits = [...evenLimits(all, { height: 1, width: 1 })];
      for (const [k, limit] of limits.entries()) {
        assert.ok(Number.isInteger(limit) && limit >= (limits[k - 1] ?? 0) && limit <= DRAWS);
      }
    }),
  );
});
