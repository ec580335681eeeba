/**
 * States kept as float16: what they may cost, on a growth of many steps beside the plain loops of the reference in
 * float64. It takes half the memory of states, and is refused where channels do not go by four.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { psnr } from '#engine/metrics/psnr.ts';
import { presets } from '#domain/model-presets.ts';
import { sizesOf } from '#engine/kernels/webgpu/code/automaton-code.ts';
import { planMemory } from '#engine/kernels/webgpu/memory-plan.ts';
import { distance, randomCase, referenceCase, runCaseAsync } from '#test/engine/rollout/rollout-case.ts';
import { missingGraphics, withGraphics } from './graphics.ts';

/**
 * Decibels of pictures after the steps; of the largest value of a rule's gradient. Over many more steps, a hidden value or a
 * maximum that turns over at a rounding moves single gradients by percents.
 */
const LEAST_PSNR = 60;
const GRADIENT_BOUND = 1e-3;
const STEPS = 8;

const missing = await missingGraphics();

describe('states as float16', { skip: missing !== null }, () => {
  const graphics = withGraphics();

  test('pictures and gradients are off by little, and not by nothing', async (t) => {
    const { gpu } = graphics.gpu.backend;
    const spec = randomCase(21, {
      ...{ life: 1, steps: STEPS, vigour: 0.05, grid: { height: 13, width: 11 } },
      automaton: { channels: 8, hidden: 12, sobelSizes: [3] },
      hold: { channels: 4, shared: true, share: 0.2 },
    });
    const expected = referenceCase(spec);
    gpu.halfStates = true;
    try {
      const found = await runCaseAsync(spec);
      const shown = (state: ArrayLike<number>): Float32Array =>
        Float32Array.from(state).filter((_, i) => i % 8 < 4);
      const pictures = psnr(shown(found.get('state')!), shown(expected.get('state')!));
      const gradients = [...found].filter(([what]) => /: d[wb]/.test(what));
      const worst = Math.max(...gradients.map(([what, values]) => distance(values, expected.get(what)!)));
      t.diagnostic(
        `float16 states: ${pictures.toFixed(1)} dB after ${STEPS} steps, a rule’s gradient off by ${worst.toExponential(1)}`,
      );
      assert.ok(pictures >= LEAST_PSNR && pictures < 140, String(pictures));
      assert.ok(worst <= GRADIENT_BOUND && worst > 1e-6, String(worst));
    } finally {
      gpu.halfStates = false;
    }
  });

  test('need channels that four divides', async () => {
    const { gpu } = graphics.gpu.backend;
    gpu.halfStates = true;
    try {
      await assert.rejects(runCaseAsync(randomCase(1, { automaton: { channels: 6 } })), {
        code: 'unsupported',
        message: /6 channels/,
      });
    } finally {
      gpu.halfStates = false;
    }
  });
});

test('a training asks for half the memory of states', () => {
  const { steps, ...shape } = presets.faces;
  const limits = { total: Infinity, buffer: Infinity, alignment: 256 };
  const [full, half] = [false, true].map((one) => planMemory(sizesOf(shape), 64, steps, true, limits, one)!);
  const states = (plan: typeof full): number => plan.buffers['even'] + plan.buffers['odd'];
  assert.equal(states(half), states(full) / 2);
  assert.ok(half.totalBytes < 0.6 * full.totalBytes, `${half.totalBytes} of ${full.totalBytes}`);
});
