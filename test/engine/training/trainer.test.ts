import assert from 'node:assert/strict';
import test from 'node:test';
import type { ModelSpec } from '#domain/model-spec.ts';
import type { AppError } from '#domain/errors.ts';
import { createWeights } from '#engine/network/weights.ts';
import { tf } from '#engine/tf.ts';
import { defaultAdam } from '#engine/training/adam.ts';
import { evaluate } from '#engine/training/evaluate.ts';
import { createTrainer, stepsAt } from '#engine/training/trainer.ts';
import type { Trainer, TrainerSnapshot } from '#engine/training/trainer.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';
import { tinyData, tinyOptions, tinyPictures, tinyTrainer } from './tiny-run.ts';

await tf.setBackend('cpu');

async function run(trainer: Trainer, iterations: number): Promise<number[]> {
  const losses: number[] = [];
  for (let i = 0; i < iterations; i++) losses.push((await trainer.step()).reconstruction);
  return losses;
}

const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

test('a tiny model learns a handful of pictures, and its scores say so', async () => {
  const trainer = tinyTrainer();
  const pictures = tinyPictures(6);
  const before = await evaluate(trainer.bestWeights, tinySpec, pictures, { batchSize: 4 });
  const losses = await run(trainer, 160);
  const after = await evaluate(trainer.bestWeights, tinySpec, pictures, { batchSize: 4 });
  const [first, last] = [mean(losses.slice(0, 10)), mean(losses.slice(-10))];
  assert.ok(last < first / 2.5, `${first} fell to ${last}`);
  assert.equal(after.count, 6);
  assert.ok(after.psnr > before.psnr + 4, `${before.psnr} dB rose to ${after.psnr} dB`);
  assert.ok(after.mse < before.mse / 2 && after.ssim > before.ssim);
  trainer.dispose();
});

/** In some batches nothing is held, in some all is. */
const heldApart: Partial<ModelSpec> = {
  damage: { circles: 2, minRadius: 0.1, maxRadius: 0.2, held: { share: 0.6, steps: 5 } },
  network: tinySpec.network && { ...tinySpec.network, heldDecoder: [8] },
};

const variants: [string, Parameters<typeof tinyTrainer>][] = [
  ['plain', [{}]],
  [
    'everything on',
    [
      {
        weightGradient: 'clip-global-norm',
        sampleGradient: 'equalise',
        steps: { min: 4, max: 8 },
        stepCurriculum: { from: 3, iterations: 5 },
        adam: { ...defaultAdam, averageDecay: 0.99 },
        schedule: {
          learningRate: 1e-3,
          warmup: 2,
          decay: 'cosine',
          decayStart: 3,
          decayEnd: 7,
          finalFraction: 0.1,
        },
      },
      { damage: { circles: 2, minRadius: 0.1, maxRadius: 0.2 }, loss: 'bce' },
    ],
  ],
  [
    'cells held',
    [{}, { damage: { circles: 2, minRadius: 0.1, maxRadius: 0.2, held: { share: 0.7, steps: 5 } } }],
  ],
  ['cells held, by a rule of their own', [{}, heldApart]],
];

for (const [name, setup] of variants) {
  test(`train(8) equals train(4) and a resumed train(4), byte for byte (${name})`, async () => {
    const whole = tinyTrainer(...setup);
    await run(whole, 8);
    const first = tinyTrainer(...setup);
    await run(first, 4);
    const stored = await first.snapshot();
    await run(first, 3); // the copy in `stored` must not follow
    const second = tinyTrainer(...setup);
    second.restore(stored);
    assert.equal(second.iteration, 4);
    await run(second, 4);
    assertSame(await second.snapshot(), await whole.snapshot());
    [whole, first, second].forEach((trainer) => trainer.dispose());
  });
}

test('other seeds give other runs', async () => {
  const [a, b] = [tinyTrainer({}, {}, 1), tinyTrainer({}, {}, 2)];
  assert.notDeepEqual(await run(a, 2), await run(b, 2));
  a.dispose();
  b.dispose();
});

test('no tensor is left behind, by iterations or by the trainer', async () => {
  const before = tf.memory().numTensors;
  const trainer = tinyTrainer({ weightGradient: 'normalise' });
  await run(trainer, 2);
  const after = tf.memory().numTensors;
  const bytes = tf.memory().numBytes;
  await run(trainer, 5);
  await trainer.snapshot();
  assert.equal(tf.memory().numTensors, after);
  assert.equal(tf.memory().numBytes, bytes);
  trainer.dispose();
  assert.equal(tf.memory().numTensors, before);
});

test('an iteration that breaks off leaves no tensor behind, so that one of less may follow', async () => {
  const weights = createWeights(tinySpec, 1);
  // In the middle of the way forward there is suddenly nothing.
  const last = [...weights.keys()].at(-1) ?? '';
  weights.get(last)?.dispose();
  weights.delete(last);
  const trainer = createTrainer({
    ...{ spec: tinySpec, options: tinyOptions, seed: 3, weights },
    data: tinyData(tinyPictures(6)),
  });
  const { numTensors, numBytes } = tf.memory();
  await assert.rejects(
    () => trainer.step(),
    (error: AppError) => error.code === 'mismatch',
  );
  assert.deepEqual([tf.memory().numTensors, tf.memory().numBytes], [numTensors, numBytes]);
  trainer.dispose();
});

test('row 47: a loss that is not finite stops the run, names the iteration and leaves the weights', async () => {
  const before = tf.memory().numTensors;
  const pictures = tinyPictures(6);
  let batches = 0;
  const data = tinyData(pictures);
  const trainer = createTrainer({
    spec: tinySpec,
    options: tinyOptions,
    seed: 3,
    data: {
      count: data.count,
      async batch(indices) {
        const batch = await data.batch(indices);
        return ++batches === 4 ? batch.map(() => NaN) : batch;
      },
    },
  });
  await run(trainer, 3);
  const good = await trainer.snapshot();
  await assert.rejects(
    () => trainer.step(),
    (error: AppError) => error.code === 'not-finite' && /NaN in iteration 4\b/.test(error.message),
  );
  assertSame({ ...(await trainer.snapshot()), order: good.order }, good);
  trainer.dispose();
  assert.equal(tf.memory().numTensors, before);
});

test('T can be drawn from a range and rise over the first iterations', () => {
  const range = { steps: { min: 4, max: 9 }, stepCurriculum: null };
  const drawn = new Set(Array.from({ length: 200 }, (_, i) => stepsAt(tinySpec, range, 5, i)));
  assert.deepEqual([...drawn].sort(), [4, 5, 6, 7, 8, 9]);
  const rising = { steps: null, stepCurriculum: { from: 2, iterations: 6 } };
  assert.deepEqual(
    Array.from({ length: 8 }, (_, i) => stepsAt(tinySpec, rising, 5, i)),
    [2, 3, 4, 5, 6, 7, 8, 8],
  );
});

function assertSame(a: TrainerSnapshot, b: TrainerSnapshot): void {
  assert.deepEqual({ ...a, tensors: null }, { ...b, tensors: null });
  assert.deepEqual([...a.tensors.keys()], [...b.tensors.keys()]);
  for (const [name, { data }] of a.tensors) {
    const other = b.tensors.get(name)?.data;
    assert.ok(other && bytesOf(data).equals(bytesOf(other)), `${name} differs`);
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

test('a rule for held pictures begins by changing nothing, and learns from them alone', async () => {
  const trainer = tinyTrainer({ batchSize: 2 }, heldApart);
  const isHeld = (name: string): boolean => name.startsWith('heldDecoder.');
  const values = (): Map<string, Float32Array> =>
    new Map(Array.from(trainer.weights, ([name, weight]) => [name, weight.dataSync<'float32'>().slice()]));
  const update = values().get('heldDecoder.w1.1.bias');
  assert.ok(update?.every((value) => value === 0));
  const changes = { held: 0, free: 0, both: 0 };
  for (let i = 0; i < 30; i++) {
    const before = values();
    await trainer.step();
    const changed = [...values()].filter(([name, now]) =>
      now.some((value, at) => value !== before.get(name)?.[at]),
    );
    const ofHeld = changed.some(([name]) => isHeld(name));
    const ofFree = changed.some(([name]) => name.startsWith('decoder.'));
    changes[ofHeld && ofFree ? 'both' : ofHeld ? 'held' : 'free']++;
  }
  assert.ok(changes.held > 0 && changes.free > 0 && changes.both > 0, JSON.stringify(changes));
  trainer.dispose();
});
