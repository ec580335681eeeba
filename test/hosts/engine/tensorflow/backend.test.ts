/** The native library, where it is set up: training with it is training, and nothing of it is left behind. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { TENSORFLOW_BACKEND } from '#engine/kernels/tensorflow/register.ts';
import { registerReferenceKernels } from '#engine/kernels/reference/register.ts';
import { tf } from '#engine/tf.ts';
import { useTensorflowBackend, type TensorflowBackend } from '#hosts/engine/tensorflow/backend.ts';
import { readSetUp } from '#hosts/engine/tensorflow/place.ts';
import { distance } from '#test/engine/rollout/rollout-case.ts';
import { tinyOptions, tinyTrainer } from '#test/engine/training/tiny-run.ts';

const missing = readSetUp() === null ? 'TensorFlow is not set up on this machine' : false;
if (missing !== false) console.log(`the backend tensorflow: ${missing}`);

test('without a set-up it says how to get one', async () => {
  await assert.rejects(useTensorflowBackend(1, { folder: '/nowhere' }), {
    code: 'unsupported',
    message: /not set up on this machine; run `npm run setup:tensorflow` once/,
  });
});

describe('the backend tensorflow', { skip: missing }, () => {
  let native: TensorflowBackend;
  before(async () => {
    native = await useTensorflowBackend(2);
  });
  after(() => tf.removeBackend(TENSORFLOW_BACKEND));

  test('it trains as the reference does: weights, moments and average', async () => {
    const changes = {
      adam: { ...tinyOptions.adam, averageDecay: 0.9 },
      weightGradient: 'clip-global-norm',
      sampleGradient: 'clip',
    } as const;
    const trained = async (): Promise<Map<string, Float32Array>> => {
      const trainer = tinyTrainer(changes);
      for (let i = 0; i < 4; i++) await trainer.step();
      const { tensors } = await trainer.snapshot();
      const values = new Map([...tensors].map(([name, { data }]) => [name, Float32Array.from(data)]));
      trainer.dispose();
      return values;
    };
    const actual = await trained();
    registerReferenceKernels();
    await tf.setBackend('cpu');
    const expected = await trained();
    await tf.setBackend(TENSORFLOW_BACKEND);
    assert.deepEqual([...actual.keys()], [...expected.keys()]);
    for (const [name, values] of expected) {
      assert.ok(distance(actual.get(name)!, values) < 1e-3, name);
    }
  });

  test('no iteration leaves a tensor behind, here or in the library', async () => {
    const trainer = tinyTrainer();
    await trainer.step();
    const counts = (): number[] => [tf.memory().numTensors, native.tensorCount()];
    const first = counts();
    for (let i = 0; i < 3; i++) await trainer.step();
    assert.deepEqual(counts(), first);
    trainer.dispose();
  });
});
