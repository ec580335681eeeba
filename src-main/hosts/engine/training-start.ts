/**
 * What a training run needs to know before it begins: which of the pictures it is judged by, and, where it goes on from a
 * checkpoint, how far that is and what is not as it was.
 */
import type { RunProgress } from '#app/training-run.ts';
import { AppError } from '#domain/errors.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import type { Checkpoint } from '#engine/training/checkpoint.ts';
import { splitDataset, type Split } from '#media/split.ts';
import { usualIterations } from './training-settings.ts';

/** Pictures kept for judging, unless told otherwise: a tenth, but not more than these. */
const JUDGED_SHARE = 0.1;
const JUDGED_AT_MOST = 256;

export interface SplitWishes {
  /** Pictures. */
  readonly count: number;
  /** The run's. */
  readonly seed: number;
  readonly checkpoint?: Checkpoint | undefined;
  /** Pictures for judging. */
  readonly validation?: number | undefined;
}

/**
 * Which pictures are trained on and which are for judging; as before where a run goes on.
 * @throws AppError mismatch if there are several for a model of one
 */
export function splitPictures(spec: ModelSpec, { count, seed, checkpoint, validation }: SplitWishes): Split {
  if (spec.network === null) {
    if (count === 1) return { training: Uint32Array.of(0), validation: Uint32Array.of(0) };
    throw new AppError(
      'mismatch',
      `The preset single grows one picture, and there are ${count}: name one of them, or another preset.`,
    );
  }
  const before = checkpoint?.progress['validation'];
  const usual = Math.min(JUDGED_AT_MOST, Math.round(count * JUDGED_SHARE));
  const wanted = validation ?? (typeof before === 'number' ? before : usual);
  return splitDataset(count, { seed, validation: wanted });
}

/** What is not as it was when the run that goes on began, in sentences. */
export function differencesSince(
  { progress }: Checkpoint,
  now: { readonly backend: string; readonly data: string },
): string[] {
  const { backend, data } = progress;
  const sentences: string[] = [];
  if (typeof backend === 'string' && backend !== now.backend) {
    sentences.push(
      `So far this run was on “${backend}”: its results will not be those of an uninterrupted run to the last bit.`,
    );
  }
  if (typeof data === 'string' && data !== now.data) {
    sentences.push(`So far this run was on other pictures: ${data}; now ${now.data}.`);
  }
  return sentences;
}

/** Of a checkpoint; what another version did not write is taken as unknown. */
export function progressOf({ spec, progress }: Checkpoint): RunProgress {
  const { elapsedMs, iterations, isFinished, score } = progress;
  return {
    elapsedMs: typeof elapsedMs === 'number' ? elapsedMs : 0,
    iterations: typeof iterations === 'number' ? iterations : usualIterations(spec),
    isFinished: isFinished === true,
    score: isScore(score) ? score : null,
  };
}

function isScore(value: unknown): value is NonNullable<RunProgress['score']> {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  return ['iteration', 'mse', 'psnr', 'ssim'].every((name) => typeof fields.get(name) === 'number');
}
