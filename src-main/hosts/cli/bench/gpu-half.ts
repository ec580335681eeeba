/**
 * What states kept as float16 cost and gain: how far pictures and gradients are off, the time of training and growing, and
 * the memory that the plan of a training asks for.
 */
import { sizesOf } from '#engine/kernels/webgpu/code/automaton-code.ts';
import { planMemory } from '#engine/kernels/webgpu/memory-plan.ts';
import { psnr } from '#engine/metrics/psnr.ts';
import { disposeWeights } from '#engine/network/weights.ts';
import { rollout, rolloutLoss, type RuleTensors } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';
import { tiledSeed } from '#engine/training/trainer.ts';
import type { PresetName } from '#domain/model-presets.ts';
import type { OpenWebgpu } from '#hosts/engine/webgpu/open-webgpu.ts';
import { bestSeconds } from './gpu-time.ts';
import { timeTraining } from './measure.ts';
import { openWorkload, workloadRules, type Workload } from './workload.ts';

export interface HalfStates {
  /** Decibels, of the pictures grown with float32 and with float16 states; infinite where they are the same. */
  readonly psnr: number;
  /** Of a rule's gradient, as a share of the largest value of each of its parts; the worst. */
  readonly gradientError: number;
  /** An iteration of training, and growing the batch. */
  readonly seconds: { readonly training: number; readonly growing: number; readonly growingFull: number };
  /** Scratch of a training where nothing is computed twice. */
  readonly bytes: { readonly full: number; readonly half: number };
}

/** Uses the workload's weights up. */
export async function measureHalf(
  opened: OpenWebgpu,
  workload: Workload,
  { repeats }: { readonly repeats: number },
): Promise<HalfStates> {
  const { gpu } = opened.backend;
  const { spec, batch } = workload;
  const errors = await errorsOf(opened, spec.preset as PresetName, Math.min(batch, 4), spec.steps);
  const growingFull = await timeGrowing(opened, workload, repeats);
  gpu.halfStates = true;
  try {
    const growing = await timeGrowing(opened, workload, repeats);
    const training = await timeTraining(workload, repeats, 'auto');
    const bytesOf = (half: boolean): number => {
      const limits = { total: Infinity, buffer: Infinity, alignment: 256 };
      return planMemory(sizesOf(spec), batch, spec.steps, true, limits, half)!.totalBytes;
    };
    return {
      ...errors,
      seconds: { training, growing, growingFull },
      bytes: { full: bytesOf(false), half: bytesOf(true) },
    };
  } finally {
    gpu.halfStates = false;
  }
}

async function timeGrowing(opened: OpenWebgpu, workload: Workload, repeats: number): Promise<number> {
  const { spec, weights, rgba, batch } = workload;
  const rules = tf.tidy(() => ({ ...workloadRules({ spec, weights }, rgba) }));
  const start = tiledSeed(spec, batch);
  const draw = { seed: 1, firstStep: 0, firstSample: 0 };
  const seconds = await bestSeconds(opened, repeats, () => {
    rollout(start, rules, spec.automaton, { steps: spec.steps, draw }).dispose();
  });
  tf.dispose([start, rules.w0, rules.b0, rules.w1]);
  return seconds;
}

/** Of the preset's own model, where there is one: an automaton that was trained shows what errors come to. */
async function errorsOf(
  { backend: { gpu } }: OpenWebgpu,
  preset: PresetName,
  batch: number,
  steps: number,
): Promise<Pick<HalfStates, 'psnr' | 'gradientError'>> {
  const { spec, weights, rgba } = await openWorkload(preset, batch, false);
  const { height: H, width: W } = spec.grid;
  const draw = { seed: 1, firstStep: 0, firstSample: 0 };
  const run = async (half: boolean): Promise<Float32Array[]> => {
    gpu.halfStates = half;
    const tensors = tf.tidy(() => {
      const { w0, b0, w1 } = workloadRules({ spec, weights }, rgba);
      const start = tiledSeed(spec, batch);
      const target = tf.tensor4d(rgba, [batch, H, W, 4]);
      let state: tf.Tensor | undefined;
      const gradients = tf.grads((...rule) => {
        const [a, b, c] = rule;
        const result = rolloutLoss(start, { w0: a, b0: b, w1: c } as RuleTensors, target, spec.automaton, {
          ...{ steps, draw, loss: 'mse' },
        });
        state = result.state;
        return tf.sum(result.loss);
      })([w0, b0, w1]);
      const shown = tf.slice(state as tf.Tensor4D, [0, 0, 0, 0], [-1, -1, -1, 4]);
      return [tf.clipByValue(shown, 0, 1), ...gradients];
    });
    try {
      return await Promise.all(tensors.map((tensor) => tensor.data<'float32'>()));
    } finally {
      tf.dispose(tensors);
    }
  };
  try {
    const [full, half] = [await run(false), await run(true)];
    return {
      psnr: psnr(half[0], full[0]),
      gradientError: Math.max(...full.slice(1).map((values, i) => largestError(half[i + 1], values))),
    };
  } finally {
    gpu.halfStates = false;
    disposeWeights(weights);
  }
}

/** As a share of the largest value. */
function largestError(actual: Float32Array, expected: Float32Array): number {
  let [largest, error] = [0, 0];
  for (const [i, value] of expected.entries()) {
    largest = Math.max(largest, Math.abs(value));
    if (!(Math.abs(actual[i] - value) <= error)) error = Math.abs(actual[i] - value);
  }
  return largest === 0 ? error : error / largest;
}
