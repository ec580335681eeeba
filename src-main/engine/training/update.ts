/**
 * The end of every iteration: look at the loss and its gradients, and either change the weights or nothing. A loss or
 * gradient that is not finite stops the run before Adam can spoil the weights with it.
 */
import { AppError } from '#domain/errors.ts';
import type { tf } from '#engine/tf.ts';
import type { Adam } from '#engine/training/adam.ts';
import { gradientScales } from '#engine/training/gradients.ts';
import type { WeightGradient } from '#engine/training/gradients.ts';

export interface Update {
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, tf.Tensor>;
  readonly learningRate: number;
  readonly weightGradient: WeightGradient;
  readonly clipNorm: number;
  /** Names of gradients that show every fault, for when no norm is computed. */
  readonly watched: readonly string[];
  /** Counted from 1, for the sentence. */
  readonly iteration: number;
}

/**
 * One update by Adam. Returns the norm of all gradients before scaling, or null where it was not asked for.
 * @throws AppError not-finite, with nothing changed
 */
export async function updateWeights(adam: Adam, update: Update): Promise<number | null> {
  const { loss, gradients, learningRate, weightGradient, iteration } = update;
  if (!Number.isFinite(loss)) throw notFinite('loss', loss, iteration);
  if (weightGradient === 'none') {
    for (const name of update.watched) {
      const bad = (await gradients.get(name)?.data())?.find((value) => !Number.isFinite(value));
      if (bad !== undefined) throw notFinite("loss' gradient", bad, iteration);
    }
    adam.update(gradients, learningRate);
    return null;
  }
  const { norm, scales } = await gradientScales(gradients, weightGradient, update.clipNorm);
  if (!Number.isFinite(norm)) throw notFinite("loss' gradient", norm, iteration);
  adam.update(gradients, learningRate, scales);
  return norm;
}

function notFinite(what: string, value: number, iteration: number): AppError {
  return new AppError(
    'not-finite',
    `The ${what} became ${value} in iteration ${iteration}, so training stopped and the last checkpoint was kept; resume from it with a lower learning rate.`,
  );
}
