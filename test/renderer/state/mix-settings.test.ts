import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mix as mixShape } from '#contract/shapes/mix.ts';
import { checkMix } from '#domain/mix.ts';
import { bandedMap } from '../../../src-renderer/canvas/area-map.ts';
import {
  amountsAfter,
  mixKinds,
  mixOf,
  shares,
  turnRatio,
  type MixSettings,
} from '../../../src-renderer/state/mix-settings.ts';

const amount = fc.integer({ min: 0, max: 100 }).map((tenths) => tenths / 10);
const someAmounts = fc.array(amount, { minLength: 1, maxLength: 4 });
const settings: fc.Arbitrary<MixSettings> = someAmounts.chain((amounts) =>
  fc.record({
    kind: fc.constantFrom(...mixKinds),
    amounts: fc.constant(amounts),
    path: fc.constantFrom('linear' as const, 'spherical' as const),
    gain: fc.option(fc.constantFrom(0.5, 0.99, 1.5)),
    softness: fc.integer({ min: 0, max: 16 }),
    map: fc.constant(bandedMap({ width: 7, height: 5 }, amounts.length)),
  }),
);

test('whatever the controls are set to is a mix that can be asked for', () => {
  fc.assert(
    fc.property(settings, (set) => {
      const mix = mixOf(set);
      assert.deepEqual(mixShape.parse(mix), mix);
      checkMix(mix, set.amounts.length);
    }),
  );
});

test('turns are in the smallest whole numbers, and whoever has an amount has a turn', () => {
  assert.deepEqual(turnRatio([5, 5]), [1, 1]);
  assert.deepEqual(turnRatio([10, 5]), [2, 1]);
  assert.deepEqual(turnRatio([0.1, 10, 0]), [1, 10, 0]);
  assert.deepEqual(turnRatio([0, 0, 0]), [1, 1, 1]);
  fc.assert(
    fc.property(someAmounts, (given) => {
      turnRatio(given).forEach((turns, slot) => {
        if (given.some((other) => other > 0)) assert.equal(turns > 0, given[slot] > 0);
      });
    }),
  );
});

test('shares add up to one', () => {
  fc.assert(
    fc.property(someAmounts, (given) => {
      const sum = shares(given).reduce((total, share) => total + share, 0);
      assert.ok(Math.abs(sum - 1) <= 0.0005 * given.length, String(sum));
    }),
  );
  assert.deepEqual(shares([0, 0]), [0.5, 0.5]);
});

test('a style keeps its amount wherever it goes; a new one has the usual', () => {
  assert.deepEqual(amountsAfter(['a', 'b'], [1, 2], ['b', 'c', 'a']), [2, 5, 1]);
  assert.deepEqual(amountsAfter(['a', 'a'], [1, 2], ['a', 'a', 'a']), [1, 2, 5]);
  assert.deepEqual(amountsAfter([], [], ['a']), [5]);
});
