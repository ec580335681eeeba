/**
 * The network on WebGPU beside tfjs's plain kernels: convolutions, pooling and perceptrons, forward and backward, two
 * updates of our Adam with its average, and the balance of samples, within 1e-5 of each tensor's largest value.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gradientsOf } from '#engine/gradients-of.ts';
import { decode } from '#engine/network/decoders.ts';
import { encode } from '#engine/network/encoder.ts';
import { createWeights, disposeWeights } from '#engine/network/weights.ts';
import { createAdam, defaultAdam } from '#engine/training/adam.ts';
import { latentPenalty } from '#engine/training/loss.ts';
import { balanceSamples } from '#engine/training/gradients.ts';
import { tf } from '#engine/tf.ts';
import { distance } from '#test/engine/rollout/rollout-case.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';
import { missingGraphics, openGraphics } from './graphics.ts';

const missing = await missingGraphics();

describe('the network on WebGPU', { skip: missing !== null }, () => {
  test('gradients and updates are those of the plain kernels', async () => {
    await tf.setBackend('cpu');
    const expected = await train();
    const graphics = await openGraphics();
    try {
      const before = tf.memory().numTensors;
      const actual = await train();
      assert.equal(tf.memory().numTensors, before, 'tensors left behind');
      assert.deepEqual([...actual.keys()], [...expected.keys()]);
      for (const [name, values] of expected) {
        const found = distance(actual.get(name)!, values);
        assert.ok(found <= 1e-5, `${name}: off by ${found}`);
      }
    } finally {
      graphics.close();
    }
  });

  test('samples are balanced alike in operations and in plain code', async () => {
    const graphics = await openGraphics();
    try {
      for (const mode of ['clip', 'equalise'] as const) {
        for (const squares of [[4, 0, 900, 1, 9], [0, 0, 1], [7]]) {
          const balance = balanceSamples(mode, 3)!;
          const factors = tf.tidy(() => balance.factorTensor(tf.tensor1d(squares)));
          const expected = balance.factors(Float64Array.from(squares));
          const actual = await factors.data();
          assert.ok(distance(actual, expected) <= 1e-6, `${mode} ${squares.join()}: ${actual.join()}`);
          factors.dispose();
        }
      }
    } finally {
      graphics.close();
    }
  });
});

/** Gradients, weights and averages of two updates on the active backend. */
async function train(): Promise<Map<string, Float32Array>> {
  const weights = createWeights(tinySpec, 3);
  const names = [...weights.keys()];
  const { height: H, width: W } = tinySpec.grid;
  const images = tf.tensor4d(
    Float32Array.from({ length: 2 * H * W }, (_, i) => Math.sin(i)),
    [2, H, W, 1],
  );
  const adam = createAdam(weights, { ...defaultAdam, averageDecay: 0.99 });
  const results = new Map<string, Float32Array>();
  for (let update = 1; update <= 2; update++) {
    const { value, grads } = gradientsOf(() => {
      const latent = encode(weights, tinySpec, images);
      const { w0, b0, w1 } = decode(weights, tinySpec, latent.mean);
      const [first, second, third] = [w0, b0, w1].map((part) => tf.sum(tf.square(part as tf.Tensor)));
      return tf.add<tf.Scalar>(latentPenalty(latent), tf.add(tf.add(first, second), third));
    }, [...weights.values()]);
    results.set(`value ${update}`, (await value.data<'float32'>()).slice());
    const read = async (title: string, tensors: Iterable<[string, tf.Tensor]>): Promise<void> => {
      for (const [name, tensor] of tensors) {
        results.set(`${title} ${update}: ${name}`, (await tensor.data<'float32'>()).slice());
      }
    };
    const gradients = names.map((name, i): [string, tf.Tensor] => [name, grads[i]]);
    await read('gradient', gradients);
    adam.update(new Map(gradients), 1e-3);
    await read('weight', weights);
    await read('average', adam.average!);
    tf.dispose([value, ...grads]);
  }
  images.dispose();
  adam.dispose();
  disposeWeights(weights);
  return results;
}
