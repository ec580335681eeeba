/** What a run on one image can be told; the numbers of Mordvintsev et al. 2020, "Growing Neural Cellular Automata". */
import { defaultAdam } from '#engine/training/adam.ts';
import type { AdamOptions } from '#engine/training/adam.ts';
import type { WeightGradient } from '#engine/training/gradients.ts';
import type { StepRange } from '#engine/training/options.ts';
import type { Schedule } from '#engine/training/schedule.ts';

/**
 * `grow`: every rollout starts from the seed. `persist`: rollouts start from a pool of earlier results, so that the
 * picture must hold. `regenerate`: some of those are damaged first, so that it must heal.
 */
export type SingleMode = 'grow' | 'persist' | 'regenerate';

export interface SingleOptions {
  readonly batchSize: number;
  readonly schedule: Schedule;
  readonly adam: AdamOptions;
  readonly weightGradient: WeightGradient;
  readonly clipNorm: number;
  /** T of an iteration, drawn uniformly; null is the spec's T. */
  readonly steps: StepRange | null;
  readonly poolSize: number;
  /** Samples of a batch, those of least loss, that lose a circle (`regenerate`). */
  readonly damaged: number;
  /** How many of the damaged lose a random half instead: a straight cut through the middle. */
  readonly halved: number;
}

/** Name of the pool's states in a snapshot. */
export const POOL_TENSOR = 'pool';

export const singleOptions: SingleOptions = {
  batchSize: 8,
  schedule: {
    learningRate: 2e-3,
    warmup: 0,
    decay: 'step',
    decayStart: 2000,
    decayEnd: 2000,
    finalFraction: 0.1,
  },
  adam: defaultAdam,
  weightGradient: 'normalise',
  clipNorm: 1,
  steps: { min: 64, max: 96 },
  poolSize: 1024,
  damaged: 3,
  halved: 1,
};

/** To improve a rule that already grows its image: the spec's own T, smaller steps that shrink to nothing. */
export function refineOptions(iterations: number): SingleOptions {
  return {
    ...singleOptions,
    batchSize: 4,
    schedule: {
      learningRate: 1e-3,
      warmup: Math.min(10, iterations),
      decay: 'cosine',
      decayStart: Math.floor(iterations / 4),
      decayEnd: iterations,
      finalFraction: 0.02,
    },
    steps: null,
  };
}
