/** A wall of live automata: how many steps a second, with float32 and with float16 states. */
import { featureCount } from '#domain/automaton.ts';
import { sizesOf } from '#engine/kernels/webgpu/code/automaton-code.ts';
import { planMemory } from '#engine/kernels/webgpu/memory-plan.ts';
import { tune } from '#engine/kernels/webgpu/tuning.ts';
import { disposeWeights } from '#engine/network/weights.ts';
import { rollout } from '#engine/rollout/rollout.ts';
import { rolloutWay } from '#engine/rollout/tuned.ts';
import { tf } from '#engine/tf.ts';
import type { OpenWebgpu } from '#hosts/engine/webgpu/open-webgpu.ts';
import type { GpuBench } from './gpu.ts';
import { bestSeconds } from './gpu-time.ts';
import { openWorkload } from './workload.ts';

export interface LiveTimes {
  readonly automata: number;
  readonly side: number;
  readonly way: string;
  readonly stepsPerSecond: number;
  readonly halfStepsPerSecond: number;
  /** Scratch memory. */
  readonly bytes: { readonly full: number; readonly half: number };
}

/** One shared rule of the preset digits, every cell alive. */
export async function measureLive(
  opened: OpenWebgpu,
  { tiny, repeats }: Pick<GpuBench, 'tiny' | 'repeats'>,
): Promise<LiveTimes> {
  const { gpu } = opened.backend;
  const { spec, weights } = await openWorkload('digits', 1, true);
  disposeWeights(weights);
  const [automata, side, steps] = tiny ? [3, 12, 2] : [1000, 128, 60];
  const { automaton } = spec;
  const { channels: C, hidden: d } = automaton;
  const K = featureCount(automaton);
  const grid = { height: side, width: side };
  const work = { automaton, grid, batch: automata, training: false };
  await tune(gpu, work, tiny ? { budgetMs: 0 } : {});
  const way = rolloutWay(work)!;
  const x0 = tf.fill<tf.Rank.R4>([automata, side, side, C], 0.2);
  const rule = {
    w0: tf.fill<tf.Rank.R3>([1, K, d], 0.01),
    b0: tf.fill<tf.Rank.R2>([1, d], 0.01),
    w1: tf.fill<tf.Rank.R3>([1, d, C], 0.001),
  };
  const draw = { seed: 1, firstStep: 0, firstSample: 0 };
  const stepsPerSecond = async (half: boolean): Promise<number> => {
    gpu.halfStates = half;
    try {
      const seconds = await bestSeconds(opened, Math.min(repeats, 3), () => {
        rollout(x0, rule, automaton, { steps, draw }).dispose();
      });
      return steps / seconds;
    } finally {
      gpu.halfStates = false;
    }
  };
  const bytesOf = (half: boolean): number =>
    planMemory(sizesOf({ automaton, grid }), automata, steps, false, gpu.memoryLimits, half)?.totalBytes ?? 0;
  try {
    return {
      ...{ automata, side, way },
      stepsPerSecond: await stepsPerSecond(false),
      halfStepsPerSecond: await stepsPerSecond(true),
      bytes: { full: bytesOf(false), half: bytesOf(true) },
    };
  } finally {
    tf.dispose([x0, ...Object.values(rule)]);
  }
}
