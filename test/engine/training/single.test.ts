import assert from 'node:assert/strict';
import test from 'node:test';
import { createRandom } from '#domain/random.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { seedState } from '#domain/seed-state.ts';
import { tf } from '#engine/tf.ts';
import { createStatePool } from '#engine/training/pool.ts';
import { refineOptions, singleOptions } from '#engine/training/single-options.ts';
import type { SingleMode } from '#engine/training/single-options.ts';
import { createSingleTrainer, readRule } from '#engine/training/single.ts';
import type { SingleTrainer } from '#engine/training/single.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';
import { tinyPictures } from './tiny-run.ts';

await tf.setBackend('cpu');

const spec: ModelSpec = { ...tinySpec, network: null, seed: 'hidden', klWeight: 0 };
const options = {
  ...singleOptions,
  batchSize: 3,
  poolSize: 6,
  damaged: 2,
  halved: 1,
  steps: { min: 6, max: 9 },
  schedule: { ...singleOptions.schedule, learningRate: 5e-3 },
};

function trainer(mode: SingleMode): SingleTrainer {
  return createSingleTrainer({ spec, target: tinyPictures(1), mode, options, seed: 2 });
}

async function run(single: SingleTrainer, iterations: number): Promise<number[]> {
  const losses: number[] = [];
  for (let i = 0; i < iterations; i++) losses.push((await single.step()).loss);
  return losses;
}

test('a rule learns one image, and refining starts where it stood', async () => {
  const before = tf.memory().numTensors;
  const single = trainer('grow');
  const losses = await run(single, 90);
  const last = Math.min(...losses.slice(-10));
  assert.ok(last < losses[0] / 2.5, `${losses[0]} fell to ${last}`);
  const refined = createSingleTrainer({
    spec,
    target: tinyPictures(1),
    mode: 'grow',
    options: { ...refineOptions(10), batchSize: 3 },
    seed: 4,
    rule: await readRule(single.bestWeights),
  });
  const [first] = await run(refined, 1);
  assert.ok(first < losses[0] / 1.5, `${first}`);
  assert.equal((await readRule(refined.weights)).w1.length, 16 * 8);
  refined.dispose();
  single.dispose();
  assert.equal(tf.memory().numTensors, before);
});

for (const mode of ['grow', 'persist', 'regenerate'] as const) {
  test(`${mode}: train(6) equals train(3) and a resumed train(3), and no tensor is left behind`, async () => {
    const before = tf.memory().numTensors;
    const [whole, first, second] = [trainer(mode), trainer(mode), trainer(mode)];
    await run(whole, 6);
    await run(first, 3);
    second.restore(await first.snapshot());
    await run(first, 1);
    await run(second, 3);
    assert.deepEqual(await second.snapshot(), await whole.snapshot());
    for (const single of [whole, first, second]) single.dispose();
    assert.equal(tf.memory().numTensors, before);
  });
}

test('the pool: the worst starts over from the seed, the best are damaged, and all go back to their places', () => {
  const seed = seedState(spec);
  const grid = spec.grid;
  const target = tinyPictures(1);
  const pool = createStatePool({ size: 8, grid, channels: 8, seed, target });
  // States nearer to the target the later they stand in the pool.
  for (let place = 0; place < 8; place++) {
    for (let cell = 0; cell < 64; cell++) {
      for (let c = 0; c < 8; c++) {
        pool.states[(place * 64 + cell) * 8 + c] =
          c < 4 ? (target[cell * 4 + c] * (place + 1)) / 8 + 0.01 : 1;
      }
    }
  }
  const { places, states } = pool.take(5, { damaged: 2, halved: 1 }, createRandom(3));
  assert.equal(new Set(places).size, 5);
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
  const zeros = (sample: number): number =>
    states.subarray(sample * 512, (sample + 1) * 512).filter((value) => value === 0).length;
  assert.deepEqual(states.subarray(0, 512), seed);
  assert.deepEqual([zeros(1), zeros(2)], [0, 0]);
  assert.ok(zeros(3) > 0, 'a circle');
  assert.ok(zeros(4) >= 512 * 0.4 && zeros(4) <= 512 * 0.6, 'a half');
  pool.put(places, new Float32Array(5 * 512).fill(7));
  for (let place = 0; place < 8; place++) {
    assert.equal(pool.states[place * 512] === 7, places.includes(place));
  }
});
