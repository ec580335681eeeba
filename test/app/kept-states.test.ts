import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KeptStates } from '#app/kept-states.ts';

const bytes = 40;

function keptTo(step: number, capacity: number): KeptStates {
  const states = new KeptStates(capacity * bytes, bytes);
  for (let at = states.nextDue(0); at <= step; at = states.nextDue(at)) {
    assert.ok(states.isDue(at));
    states.keep(at, Float32Array.of(at));
  }
  return states;
}

test('as far as it goes, they lie evenly and never need more than they may', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5000 }), fc.integer({ min: 1, max: 40 }), (step, capacity) => {
      const states = keptTo(step, capacity);
      assert.ok(states.count <= capacity);
      // So many as half of what fits, or every sixteenth step.
      const far = Math.max(16, (step * 2) / capacity + 16);
      for (let at = 0; at <= step; at += 7) assert.ok(at - (states.nearest(at)?.step ?? 0) <= far);
    }),
  );
});

test('the nearest one is not after the step, and is the state that was kept there', () => {
  const states = keptTo(100, 10);
  assert.equal(states.nearest(15), null);
  assert.deepEqual(states.nearest(16), { step: 16, state: Float32Array.of(16) });
  assert.deepEqual(states.nearest(50), { step: 48, state: Float32Array.of(48) });
  assert.equal(states.nearest(1000)?.step, 96);
});

test('what comes after a step is forgotten, and new ones lie close together again', () => {
  const states = keptTo(2000, 10);
  assert.ok(states.nextDue(0) > 100);
  states.forgetAfter(20);
  assert.equal(states.count, 0);
  assert.equal(states.nextDue(20), 32);
});

test('where not one fits, none is kept', () => {
  const states = new KeptStates(bytes - 1, bytes);
  assert.equal(states.nextDue(5), Infinity);
  assert.equal(states.isDue(16), false);
  states.keep(16, Float32Array.of(1));
  assert.deepEqual([states.count, states.nearest(100)], [0, null]);
});

test('states that come from far are kept the further apart the larger they are', () => {
  const nextDue = (stateBytes: number, isFar: boolean): number =>
    new KeptStates(64 * 2 ** 20, stateBytes, isFar).nextDue(0);
  assert.deepEqual(
    [nextDue(2 ** 10, true), nextDue(2 ** 18, true), nextDue(2 ** 18 + 4, true)],
    [16, 16, 16],
  );
  assert.deepEqual([nextDue(2 ** 20, true), nextDue(2 ** 24, true)], [64, 1024]);
  assert.equal(nextDue(2 ** 24, false), 16);
  const kept = new KeptStates(64 * 2 ** 20, 2 ** 20, true);
  for (const step of [0, 64, 128]) kept.keep(step, new Float32Array(1));
  kept.forgetAfter(70);
  assert.deepEqual([kept.count, kept.nextDue(70), kept.isDue(128), kept.isDue(80)], [2, 128, true, false]);
});
