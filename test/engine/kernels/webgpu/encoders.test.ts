/**
 * The convolutions of every preset's encoder on WebGPU, forward and backward at their real sizes, beside the backend wasm,
 * whose own are held to tfjs's plain loops in test/engine/kernels/wasm: tfjs chooses its programs by the sizes.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { presets, type PresetName } from '#domain/model-presets.ts';
import { createRandom } from '#domain/random.ts';
import { useWasmBackend } from '#engine/kernels/wasm/register.ts';
import { gradientsOf } from '#engine/gradients-of.ts';
import { encode } from '#engine/network/encoder.ts';
import { createWeights, disposeWeights, networkOf } from '#engine/network/weights.ts';
import { latentPenalty } from '#engine/training/loss.ts';
import { tf } from '#engine/tf.ts';
import { createKernels } from '#hosts/engine/kernel-threads.ts';
import { distance } from '#test/engine/rollout/rollout-case.ts';
import { missingGraphics, openGraphics } from './graphics.ts';

/** Of a tensor's largest value; sums of some ten thousand products, in any order. */
const BOUND = 1e-5;

const missing = await missingGraphics();

describe('the encoders on WebGPU', { skip: missing !== null }, () => {
  for (const name of ['digits', 'sketch', 'small-images', 'faces'] as const) {
    test(`the gradients of ${name} are those of the backend wasm`, async (t) => {
      await useWasmBackend(await createKernels({ threads: 2 }));
      const expected = await gradients(name).finally(() => tf.removeBackend('wasm'));
      const graphics = await openGraphics();
      try {
        const found = await gradients(name);
        assert.deepEqual([...found.keys()], [...expected.keys()]);
        const off = [...expected].map(([what, values]) => ({ what, by: distance(found.get(what)!, values) }));
        const worst = off.reduce((a, b) => (b.by > a.by ? b : a));
        t.diagnostic(`${t.name}: off by at most ${worst.by.toExponential(1)} (${worst.what}) of ${BOUND}`);
        assert.ok(worst.by <= BOUND, `${worst.what}: off by ${worst.by}`);
      } finally {
        graphics.close();
      }
    });
  }
});

/** The latent's mean and the encoder's gradients, of one random picture, on the active backend. */
async function gradients(name: PresetName): Promise<Map<string, Float32Array>> {
  const spec = presets[name];
  const { height: H, width: W } = spec.grid;
  const { planes } = networkOf(spec);
  const random = createRandom(5);
  const weights = createWeights({ ...spec, network: { ...networkOf(spec), decoder: [1] } }, 3);
  const encoder = [...weights].filter(([key]) => !key.startsWith('decoder.'));
  const values = Float32Array.from({ length: H * W * planes }, () => random.next());
  const images = tf.tensor4d(values, [1, H, W, planes]);
  const { value, grads } = gradientsOf(
    () => tf.mul<tf.Scalar>(latentPenalty(encode(weights, spec, images)), 1e3),
    encoder.map(([, variable]) => variable),
  );
  const results = new Map<string, Float32Array>([['loss', (await value.data<'float32'>()).slice()]]);
  for (const [i, [key]] of encoder.entries()) {
    results.set(key, (await grads[i].data<'float32'>()).slice());
  }
  tf.dispose([value, ...grads, images]);
  disposeWeights(weights);
  return results;
}
