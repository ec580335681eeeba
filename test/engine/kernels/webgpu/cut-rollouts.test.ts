/**
 * A rollout, its gradients and an update of weights on a real device, or SwiftShader, in few submissions or in many: the
 * same to the last bit, whether a step goes out whole, by samples or block by block.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ADAM_UPDATE } from '#engine/training/adam.ts';
import { tf } from '#engine/tf.ts';
import { randomCase, runCaseAsync } from '#test/engine/rollout/rollout-case.ts';
import { missingGraphics, openGraphics } from './graphics.ts';

const skip = (await missingGraphics()) !== null;

/** Milliseconds a submission may take: of so little only single workgroups are less. */
const [MUCH, LITTLE, NEXT_TO_NOTHING] = [1000, 0.02, 1e-5];

describe('cut submissions on WebGPU', { skip }, () => {
  test('a rollout and its gradients are the same', async () => {
    const spec = randomCase(5, { batch: 3, steps: 4, grid: { height: 17, width: 19 } });
    const graphics = await openGraphics({ submissionMs: MUCH, trial: () => Promise.resolve() });
    try {
      const { device, gpu } = graphics.backend;
      const { queue } = device;
      const submit = queue.submit.bind(queue);
      let count = 0;
      queue.submit = (buffers) => {
        count++;
        submit(buffers);
      };
      const results = [];
      const submissions = [];
      for (const limitMs of [MUCH, LITTLE, NEXT_TO_NOTHING]) {
        gpu.pace.limitMs = limitMs;
        count = 0;
        results.push(await runCaseAsync(spec));
        submissions.push(count);
      }
      const [expected, ...others] = results;
      for (const other of others) assert.deepEqual(other, expected);
      assert.ok(2 * submissions[0] < submissions[1] && submissions[1] <= submissions[2], submissions.join());
    } finally {
      graphics.close();
    }
  });

  test('what is large is read in parts, as it was when it was asked for', async () => {
    const size = 2 ** 23 + 2 ** 20 + 3;
    const graphics = await openGraphics({ trial: () => Promise.resolve() });
    try {
      const tensor = tf.tidy(() => tf.add(tf.range(0, size), 0.5));
      const read = tensor.data<'float32'>();
      tensor.dispose();
      const other = tf.zeros([size]);
      const values = await read;
      assert.equal(values.length, size);
      assert.ok(values.every((value, i) => value === Math.fround(i + 0.5)));
      other.dispose();
    } finally {
      graphics.close();
    }
  });

  test('an update of weights is the same', async () => {
    const size = 2 ** 17 + 5;
    const graphics = await openGraphics({ submissionMs: MUCH, trial: () => Promise.resolve() });
    const update = async (limitMs: number): Promise<Float32Array[]> => {
      graphics.backend.gpu.pace.limitMs = limitMs;
      const values = (phase: number): tf.Tensor =>
        tf.tensor1d(Float32Array.from({ length: size }, (_, i) => Math.sin(phase + i) ** 2));
      const inputs = { weight: values(1), m: values(2), v: values(3), gradient: values(4) };
      const rates = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
      const corrections = { biasCorrection1: 0.1, biasCorrection2: 0.001, gradientScale: 1, averageDecay: 0 };
      tf.relu(inputs.weight).dispose();
      const before = inputs.weight.data<'float32'>();
      tf.engine().runKernel(ADAM_UPDATE, inputs, { ...rates, ...corrections });
      const { weight, m, v } = inputs;
      // What was asked for before is what was there then, and is not taken for what is there now.
      assert.equal((await before)[0], Math.fround(Math.sin(1) ** 2));
      const read = await Promise.all([weight, m, v].map((tensor) => tensor.data<'float32'>()));
      tf.dispose(inputs);
      return read;
    };
    try {
      assert.deepEqual(await update(NEXT_TO_NOTHING), await update(MUCH));
    } finally {
      graphics.close();
    }
  });
});
