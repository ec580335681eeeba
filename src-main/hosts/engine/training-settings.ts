/**
 * A run's settings from what a user asked for, which is mostly nothing: the numbers here are those that were measured
 * to work. The learning rate rises for 100 iterations, stays, and falls along a cosine; where it falls depends on the
 * run's end alone, and runs of up to 1,000 iterations have no fall, for the weights' average does as much.
 */
import type { ModelSpec } from '#domain/model-spec.ts';
import type { RunSettings } from '#engine/training/checkpoint.ts';
import { defaultTraining } from '#engine/training/options.ts';
import type { Schedule } from '#engine/training/schedule.ts';
import { singleOptions, type SingleMode } from '#engine/training/single-options.ts';

export interface TrainingWishes {
  readonly iterations: number;
  readonly batch?: number | undefined;
  readonly learningRate?: number | undefined;
  /** Of a single image. */
  readonly mode?: SingleMode | undefined;
}

const WARMUP = 100;
/** Of the weights' moving average. */
const AVERAGE_DECAY = 0.999;
/** The fall begins after this share of the iterations, and not before so many. */
const CONSTANT_SHARE = 0.3;
const CONSTANT_AT_LEAST = 1000;
const FINAL_FRACTION = 0.02;

/** Iterations of a run that is not told how many. */
export function usualIterations(spec: ModelSpec): number {
  if (spec.network === null) return 8000;
  return spec.preset === 'sketch' ? 10_000 : 20_000;
}

/** A new run. */
export function freshRun(spec: ModelSpec, wishes: TrainingWishes): RunSettings {
  if (spec.network === null) {
    const { learningRate, batch, mode = 'persist' } = wishes;
    const schedule = singleOptions.schedule;
    const options = {
      ...singleOptions,
      batchSize: batch ?? singleOptions.batchSize,
      schedule: { ...schedule, learningRate: learningRate ?? schedule.learningRate },
    };
    return { kind: 'single', mode, options };
  }
  const options = {
    ...defaultTraining,
    batchSize: wishes.batch ?? usualBatch(spec),
    adam: { ...defaultTraining.adam, averageDecay: AVERAGE_DECAY },
    schedule: scheduleTo(
      wishes.iterations,
      wishes.learningRate ?? defaultTraining.schedule.learningRate,
      WARMUP,
    ),
  };
  return { kind: 'images', options };
}

/** A run that goes on, with its own settings where nothing else is asked for. */
export function continuedRun(run: RunSettings, wishes: TrainingWishes): RunSettings {
  const { schedule } = run.options;
  const learningRate = wishes.learningRate ?? schedule.learningRate;
  const batchSize = wishes.batch ?? run.options.batchSize;
  if (run.kind === 'single') {
    return { ...run, options: { ...run.options, batchSize, schedule: { ...schedule, learningRate } } };
  }
  const newSchedule = scheduleTo(wishes.iterations, learningRate, schedule.warmup);
  return { ...run, options: { ...run.options, batchSize, schedule: newSchedule } };
}

function scheduleTo(iterations: number, learningRate: number, warmup: number): Schedule {
  const decayStart = Math.max(CONSTANT_AT_LEAST, Math.floor(iterations * CONSTANT_SHARE));
  const common = { learningRate, warmup };
  if (iterations <= decayStart) {
    return { ...common, decay: 'none', decayStart: 0, decayEnd: 0, finalFraction: 1 };
  }
  return { ...common, decay: 'cosine', decayStart, decayEnd: iterations, finalFraction: FINAL_FRACTION };
}

/** Large specs would need much memory for more. */
function usualBatch(spec: ModelSpec): number {
  switch (spec.preset) {
    case 'faces':
      return 4;
    case 'small-images':
      return 16;
    case 'sketch':
      return 32;
    default:
      return defaultTraining.batchSize;
  }
}
