import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { createDataOrder, derivedSeed } from '#engine/training/data-order.ts';

test('every epoch gives every sample once, in another order', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 17 }),
      fc.nat(),
      (count, n, seed) => {
        const order = createDataOrder(count, seed);
        const given: number[] = [];
        while (given.length < 2 * count) given.push(...order.next(n));
        const sorted = (values: number[]): number[] => values.toSorted((a, b) => a - b);
        const all = Array.from({ length: count }, (_, i) => i);
        assert.deepEqual(sorted(given.slice(0, count)), all);
        assert.deepEqual(sorted(given.slice(count, 2 * count)), all);
      },
    ),
  );
  const order = createDataOrder(100, 1);
  assert.notDeepEqual(order.next(100), order.next(100));
});

test('an order continues in the middle of an epoch, and begins a new one over other data', () => {
  const whole = createDataOrder(10, 5);
  whole.next(14);
  const resumed = createDataOrder(10, 5);
  resumed.restore(whole.state());
  assert.deepEqual(resumed.next(13), whole.next(13));
  const other = createDataOrder(11, 5);
  other.restore({ epoch: 3, position: 7, count: 10 });
  assert.deepEqual(other.state(), { epoch: 4, position: 0, count: 11 });
});

test('purposes and iterations draw from different seeds', () => {
  const seeds = (['rollout', 'latent', 'damage', 'steps', 'pool', 'order'] as const).flatMap((purpose) =>
    Array.from({ length: 50 }, (_, i) => derivedSeed(9, purpose, i)),
  );
  assert.equal(new Set(seeds).size, seeds.length);
});
