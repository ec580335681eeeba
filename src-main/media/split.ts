/**
 * Which images train and which only judge: a seeded split, the same however often a run is resumed.
 */
import { createRandom } from '#domain/random.ts';

export interface Split {
  /** Indices in ascending order, as are those of `validation`; together they are 0…count−1. */
  readonly training: Uint32Array;
  readonly validation: Uint32Array;
}

/**
 * @param validation Images for judging: a share when below 1, else a number; at least one image stays for training.
 */
export function splitDataset(
  count: number,
  options: { readonly seed: number; readonly validation: number },
): Split {
  const { seed, validation } = options;
  const wanted = validation < 1 ? Math.round(count * validation) : Math.floor(validation);
  const judged = Math.max(0, Math.min(wanted, count - 1));
  const shuffled = createRandom(seed).shuffle(Uint32Array.from({ length: count }, (_, i) => i));
  return { training: shuffled.slice(judged).sort(), validation: shuffled.slice(0, judged).sort() };
}
