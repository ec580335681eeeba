import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRandom, pcg4d, uniform, type RandomState } from '#domain/random.ts';

test('pcg4d gives the known answers', () => {
  assert.deepEqual([...pcg4d(0, 0, 0, 0)], [251852841, 760645481, 850445371, 3542436074]);
  assert.deepEqual([...pcg4d(1, 2, 3, 4)], [908250390, 4044648920, 3775961919, 45698095]);
});

test('uniform gives the known answers', () => {
  const expected = [0.87171483, 0.66915941, 0.94997221, 0.73461503, 0.48762524];
  for (const [cell, value] of expected.entries()) {
    assert.ok(Math.abs(uniform(cell, 5, 1, 42) - value) < 1e-8);
    assert.equal(Math.fround(uniform(cell, 5, 1, 42)), uniform(cell, 5, 1, 42));
  }
});

test('a generator continues from its saved state', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.nat(50), (seed, before) => {
      const random = createRandom(seed);
      for (let i = 0; i < before; i++) (i % 2 === 0 ? random.next : random.normal)();
      const restored = createRandom(JSON.parse(JSON.stringify(random.state())) as RandomState);
      for (let i = 0; i < 5; i++) assert.equal(restored.next(), random.next());
      assert.equal(restored.normal(), random.normal());
      assert.equal(restored.int(1000), random.int(1000));
      assert.deepEqual(restored.state(), random.state());
    }),
  );
});

test('a counter past 2^32 still moves', () => {
  const random = createRandom({ seed: 1, counter: 2 ** 32 });
  assert.notEqual(random.next(), createRandom(1).next());
  assert.equal(random.state().counter, 2 ** 32 + 1);
});

test('the draws have the moments that they claim', () => {
  const random = createRandom(7);
  const count = 20_000;
  let sum = 0;
  let normalSum = 0;
  let normalSquares = 0;
  for (let i = 0; i < count; i++) {
    const u = random.next();
    assert.ok(u >= 0 && u < 1);
    sum += u;
    const n = random.normal();
    normalSum += n;
    normalSquares += n * n;
  }
  assert.ok(Math.abs(sum / count - 0.5) < 0.01);
  assert.ok(Math.abs(normalSum / count) < 0.03);
  assert.ok(Math.abs(normalSquares / count - 1) < 0.05);
});

test('a shuffle is a permutation, in place, of any array', () => {
  const values = Uint32Array.from({ length: 100 }, (_, i) => i);
  const shuffled = createRandom(3).shuffle(values);
  assert.equal(shuffled, values);
  assert.notDeepEqual([...values].slice(0, 10), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(
    [...values].sort((a, b) => a - b),
    Array.from({ length: 100 }, (_, i) => i),
  );
});
