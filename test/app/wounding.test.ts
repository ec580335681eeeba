import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GrowthPlan, GrowthUnderWay } from '#app/growing.ts';
import { woundedMoments, type Wound } from '#app/wounding.ts';
import { AppError } from '#domain/errors.ts';
import { presets } from '#domain/model-presets.ts';

const plan: GrowthPlan = { spec: presets.single, rules: [], seed: 1 };

/** A state of one value that grows by 1 a step. */
function counting(): { open: () => GrowthUnderWay; disposed: () => number } {
  let [value, step, disposed] = [0, 0, 0];
  const open = (): GrowthUnderWay => ({
    get step() {
      return step;
    },
    advance(steps) {
      step += steps;
      value += steps;
    },
    state: async () => Float32Array.of(value),
    replace: (state) => (value = state[0]),
    remix: () => undefined,
    dispose: () => disposed++,
  });
  return { open, disposed: () => disposed };
}

function halve(step: number): Wound {
  return { step, cut: (state) => (state[0] /= 2) };
}

async function seen(wounds: Wound[], moments: number[]): Promise<number[][]> {
  const { open, disposed } = counting();
  const found: number[][] = [];
  for await (const { step, state, wounds: made } of woundedMoments(open, plan, wounds, moments)) {
    found.push([step, state[0], made]);
  }
  assert.equal(disposed(), 1);
  return found;
}

test('a wound is seen before and after, and the growth goes on from what it left', async () => {
  assert.deepEqual(await seen([halve(10)], [0, 4, 12]), [
    [0, 0, 0],
    [4, 4, 0],
    [10, 10, 0],
    [10, 5, 1],
    [12, 7, 1],
  ]);
});

test('a wound at a moment does not show it twice, and several may fall together', async () => {
  assert.deepEqual(await seen([halve(40), halve(40), halve(100)], [40, 100]), [
    [40, 40, 0],
    [40, 20, 1],
    [40, 10, 2],
    [100, 70, 2],
    [100, 35, 3],
  ]);
});

test('an interruption ends it as cancelled, with the growth disposed of', async () => {
  const { open, disposed } = counting();
  const moments = woundedMoments(open, plan, [], [8], { aborted: true });
  await assert.rejects(
    moments.next(),
    (failure) => failure instanceof AppError && failure.code === 'cancelled',
  );
  assert.equal(disposed(), 1);
});
