/** Growths on WebGPU in every way of mixing three styles, beside the same growths in plain loops. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Mix } from '#domain/mix.ts';
import { createRandom } from '#domain/random.ts';
import { registerReferenceKernels } from '#engine/kernels/reference/register.ts';
import { decode } from '#engine/network/decoders.ts';
import { createWeights, disposeWeights, rulePartShape, type RulePart } from '#engine/network/weights.ts';
import { openGrowth } from '#engine/rollout/growth.ts';
import { tf } from '#engine/tf.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';
import { distance } from '#test/engine/rollout/rollout-case.ts';
import { missingGraphics, openGraphics } from './graphics.ts';

const BOUND = 1e-5;
const STEPS = 9;

const map = { height: 2, width: 3, cells: '012201', softness: 1 };
const mixes: Readonly<Record<Mix['kind'], Mix>> = {
  turns: { kind: 'turns', ratio: [2, 1, 1], gain: 0.9 },
  random: { kind: 'random', weights: [3, 1, 2] },
  areas: { kind: 'areas', map },
  weights: { kind: 'weights', weights: [1, 2, 1] },
  latent: { kind: 'latent', weights: [1, 2, 1], path: 'linear' },
};

const missing = await missingGraphics();

describe('mixing on WebGPU', { skip: missing !== null }, () => {
  test('every way grows as in plain loops', async (t) => {
    registerReferenceKernels();
    await tf.setBackend('cpu');
    const expected = await grown();
    const graphics = await openGraphics();
    try {
      const before = tf.memory().numTensors;
      for (const [kind, state] of await grown()) {
        const off = distance(state, expected.get(kind)!);
        t.diagnostic(`${kind}: off by ${off.toExponential(1)} of ${BOUND}`);
        assert.ok(off <= BOUND, `${kind}: off by ${off}`);
        assert.ok(state.some((value) => value !== 0) && !state.every((value) => value === state[0]), kind);
      }
      assert.equal(tf.memory().numTensors, before, 'tensors left behind');
    } finally {
      graphics.close();
    }
    const states = [...expected.values()];
    for (const [i, state] of states.entries()) {
      for (const other of states.slice(i + 1)) assert.ok(distance(state, other) > 1e-3, 'ways that differ');
    }
  });
});

async function grown(): Promise<Map<Mix['kind'], Float32Array>> {
  const weights = createWeights(tinySpec, 4);
  const rules = [1, 2, 3].map((seed) => ({
    count: 1,
    ...{ w0: values('w0', seed), b0: values('b0', seed), w1: values('w1', seed) },
  }));
  const states = new Map<Mix['kind'], Float32Array>();
  for (const mix of Object.values(mixes)) {
    const growth = openGrowth({
      ...{ spec: { ...tinySpec, network: null }, rules, mix, seed: 11 },
      decode: (shares) => {
        const z = shares.flatMap((share) => Array.from({ length: 2 }, (_, i) => share * (i - 0.3)));
        return tf.tidy(() => ({ ...decode(weights, tinySpec, tf.tensor2d(z, [1, 6])) }));
      },
    });
    growth.advance(STEPS);
    states.set(mix.kind, await growth.state());
    growth.dispose();
  }
  disposeWeights(weights);
  return states;
}

function values(part: RulePart, seed: number): Float32Array {
  const random = createRandom(seed * 10 + part.length + part.charCodeAt(1));
  const size = rulePartShape(tinySpec, part).reduce((product, length) => product * length, 1);
  return Float32Array.from({ length: size }, () => 0.8 * (random.next() - 0.45));
}
