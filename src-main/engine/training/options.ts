/** What a training run can be told, apart from the model's spec. Plain data: checkpoints store it. */
import { defaultAdam } from '#engine/training/adam.ts';
import type { AdamOptions } from '#engine/training/adam.ts';
import type { SampleGradient, WeightGradient } from '#engine/training/gradients.ts';
import type { Schedule } from '#engine/training/schedule.ts';

export interface StepRange {
  readonly min: number;
  readonly max: number;
}

/** Factors on the learning rate of groups of weights. */
export interface RateFactors {
  /** Convolutions and the latent's layers. */
  readonly encoder: number;
  /** The decoders' hidden layers. */
  readonly decoder: number;
  /**
   * The kernels of the decoders' last layers: what z adds to the rule. A step of Adam moves each of their weights
   * alike, and a value of the rule is the sum over hundreds of them, so at the common rate the rule would leap where
   * it should walk.
   */
  readonly output: number;
  /** Their biases: the rule that all images share. */
  readonly rule: number;
}

export interface TrainingOptions {
  readonly batchSize: number;
  readonly schedule: Schedule;
  readonly rates: RateFactors;
  readonly adam: AdamOptions;
  readonly weightGradient: WeightGradient;
  /** The largest global norm, for `clip-global-norm`. */
  readonly clipNorm: number;
  readonly sampleGradient: SampleGradient;
  /** Times the batch's median norm, for `clip`. */
  readonly sampleLimit: number;
  /** T of an iteration, drawn uniformly from the range; null is the spec's T. */
  readonly steps: StepRange | null;
  /** T rises linearly from `from` to the spec's T over the first `iterations`; null starts with all of them. */
  readonly stepCurriculum: { readonly from: number; readonly iterations: number } | null;
}

export const defaultTraining: TrainingOptions = {
  batchSize: 64,
  schedule: {
    learningRate: 1e-3,
    warmup: 100,
    decay: 'none',
    decayStart: 0,
    decayEnd: 0,
    finalFraction: 1,
  },
  rates: { encoder: 1, decoder: 1, output: 0.1, rule: 1 },
  adam: defaultAdam,
  weightGradient: 'none',
  clipNorm: 1,
  sampleGradient: 'clip',
  sampleLimit: 3,
  steps: null,
  stepCurriculum: null,
};
