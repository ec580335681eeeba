/**
 * The rollout on WebGPU beside the reference and the authors' own code, within the bounds of any float32 backend: states
 * 1e-5, gradients 1e-4 of a tensor's largest value. Each shape is a program that SwiftShader compiles for seconds, so
 * cases share their shapes where they can.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { evenLimits, turnPattern } from '#domain/mix-choice.ts';
import { referenceRollout } from '#engine/kernels/reference/rollout.ts';
import { rolloutMixed } from '#engine/rollout/mixed.ts';
import { rollout, rolloutLoss, type RuleTensors } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';
import {
  distance,
  holdTensors,
  randomCase,
  referenceCase,
  referenceTask,
  ruleTensors,
  stateShape,
  type CaseOptions,
} from '#test/engine/rollout/rollout-case.ts';
import { readFixture } from '#test/fixtures/read-safetensors.ts';
import { missingGraphics, openGraphics, withGraphics } from './graphics.ts';
import { runCaseAsync } from './run-case.ts';

const STATE_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;

const cases: Readonly<Record<string, CaseOptions>> = {
  'a rule a sample': {},
  'other steps and samples': { draw: { firstStep: 1000, firstSample: 12 } },
  'a masked bce': { weighted: true, loss: 'bce', life: 0.5 },
  'all dead': { life: -10 },
  'a shared rule, held cells': {
    ...{ shared: true, batch: 3, steps: 6 },
    hold: { channels: 4, shared: true, share: 0.3 },
  },
  'odd sizes': { grid: { height: 5, width: 9 }, automaton: { channels: 5, hidden: 7, sobelSizes: [7] } },
  'four channels at once, dying': {
    ...{ life: -0.4, vigour: 0.3, steps: 12, grid: { height: 13, width: 11 } },
    automaton: { channels: 8, hidden: 12, sobelSizes: [3] },
  },
  'a 1×1 grid, no gradient filters, a gain': {
    ...{ grid: { height: 1, width: 1 }, life: 1 },
    automaton: { sobelSizes: [], gain: 0.7, hidden: 1, channels: 4 },
  },
};

const missing = await missingGraphics();
if (missing !== null) console.log(`WebGPU is not tested on this machine: ${missing}`);

describe('the rollout on WebGPU', { skip: missing !== null }, () => {
  withGraphics();

  for (const [name, options] of Object.entries(cases)) {
    test(`agrees with the reference: ${name}`, async () => {
      const spec = randomCase(name.length, options);
      const expected = referenceCase(spec);
      for (const [what, values] of await runCaseAsync(spec)) {
        assertWithin(values, expected.get(what)!, what.includes(':') ? GRADIENT_BOUND : STATE_BOUND, what);
      }
    });
  }

  test('agrees with the authors’ code: no-sobel-odd', () => checkFixture('no-sobel-odd'));
  test('agrees with the authors’ code: dying-1', () => checkFixture('dying-1'));

  test('several rules in turns, drawn, and drawn with held cells', async () => {
    const options = { steps: 7, shared: true } as const;
    const [spec, other] = [randomCase(3, options), randomCase(44, options)];
    const both = (part: 'w0' | 'b0' | 'w1'): Float32Array => Float32Array.of(...spec[part], ...other[part]);
    const held = randomCase(3, { ...options, hold: { channels: 3, shared: false, share: 0.4 } });
    for (const [limits, { hold }] of [
      [null, spec],
      [evenLimits([2, 1], spec.grid), spec],
      [evenLimits([2, 1], spec.grid), held],
    ] as const) {
      const mixedSpec = { ...spec, hold, ruleCount: 2, w0: both('w0'), b0: both('b0'), w1: both('w1') };
      const mix = { rules: 2, pattern: turnPattern([2, 1]), limits };
      const state = tf.tidy(() => {
        const { height, width } = spec.grid;
        const mixed = {
          ...{ count: 2, rules: ruleTensors(mixedSpec), pattern: mix.pattern },
          limits: limits && tf.tensor3d(limits, [1, height, width]),
        };
        const x0 = tf.tensor4d(spec.x0, stateShape(spec));
        const { steps, draw, automaton } = spec;
        return rolloutMixed(x0, mixed, automaton, { steps, draw, hold: holdTensors(mixedSpec) });
      });
      assertWithin(
        await state.data(),
        referenceRollout(referenceTask(mixedSpec), mix),
        STATE_BOUND,
        JSON.stringify(mix.pattern),
      );
      state.dispose();
    }
  });
});

describe('the rollout on WebGPU with little memory', { skip: missing !== null }, () => {
  test('computes steps again, and the batch in parts, to the same bits', async () => {
    const spec = randomCase(5, { batch: 3, steps: 9 });
    const runWith = async (scratchBytes: number): Promise<Map<string, Float32Array>> => {
      const gpu = await openGraphics({ scratchBytes });
      try {
        return new Map(await runCaseAsync(spec)) as Map<string, Float32Array>;
      } finally {
        gpu.close();
      }
    };
    const whole = await runWith(2 ** 28);
    for (const bytes of [64_000, 40_000]) {
      for (const [name, values] of await runWith(bytes)) assert.deepEqual(values, whole.get(name), name);
    }
    await assert.rejects(runWith(1000), { code: 'out-of-memory' });
  });
});

async function checkFixture(name: string): Promise<void> {
  const file = new URL(`../../../fixtures/rollout/${name}.safetensors`, import.meta.url);
  const { tensors, metadata } = readFixture(file);
  const [batch, height, width, channels] = tensors.get('x0')!.shape as [number, number, number, number];
  const steps = metadata['steps'] as number;
  const automaton = {
    ...{ channels, hidden: metadata['hidden'] as number, sobelSizes: metadata['sobelSizes'] as number[] },
    ...{ aliveChannel: metadata['aliveChannel'] as number, gain: 1 },
    ...{ aliveThreshold: metadata['aliveThreshold'] as number, fireRate: metadata['fireRate'] as number },
  };
  const draw = { seed: metadata['seed'] as number, firstStep: 0, firstSample: 0 };
  const computed = tf.tidy(() => {
    const input = (key: string): tf.Tensor =>
      tf.tensor(tensors.get(key)!.values, tensors.get(key)!.shape as []);
    const x0 = input('x0') as tf.Tensor4D;
    const target = tf.reshape<tf.Rank.R4>(input('target'), [batch, height, width, 4]);
    let state: tf.Tensor | undefined;
    const grads = tf.grads((w0, b0, w1) => {
      const rule = { w0, b0, w1 } as RuleTensors;
      const result = rolloutLoss(x0, rule, target, automaton, { steps, draw, loss: 'mse' });
      state = result.state;
      return tf.mean(result.loss);
    })([input('w0'), input('b0'), input('w1')]);
    const rule = { w0: input('w0'), b0: input('b0'), w1: input('w1') } as RuleTensors;
    const first = rollout(x0, rule, automaton, { steps: 1, draw });
    return {
      state_1: first,
      [`state_${steps}`]: state!,
      grad_w0: grads[0],
      grad_b0: grads[1],
      grad_w1: grads[2],
    };
  });
  for (const [key, tensor] of Object.entries(computed)) {
    const bound = key.startsWith('grad') ? GRADIENT_BOUND : STATE_BOUND;
    assertWithin(await tensor.data(), tensors.get(key)!.values, bound, key);
  }
  tf.dispose(computed);
}

function assertWithin(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  bound: number,
  name: string,
): void {
  const found = distance(actual, expected);
  assert.ok(found <= bound, `${name}: off by ${found.toExponential(2)} of the largest value, bound ${bound}`);
}
