/** Weights, Adam's moments and the average as one set of named values: the part that both kinds of run store alike. */
import { AppError } from '#domain/errors.ts';
import type { NamedValues } from '#engine/files/morphogen-metadata.ts';
import type { TrainableWeights } from '#engine/network/weights.ts';
import type { Adam } from '#engine/training/adam.ts';
import { readTensors, writeTensors } from '#engine/training/tensor-values.ts';
import type { ValuesByName } from '#engine/training/tensor-values.ts';

/** Everything to continue a run, given the same spec, data, options and seed. */
export interface RunSnapshot {
  /** Iterations made, and updates by Adam. */
  readonly iteration: number;
  readonly updates: number;
  readonly seed: number;
  /** Weights by their names; `adam.m.…`, `adam.v.…` and, if kept, `average.…` and `pool` beside them. */
  readonly tensors: ValuesByName;
}

export async function readRunTensors(
  weights: TrainableWeights,
  adam: Adam,
  shared: boolean,
): Promise<Map<string, NamedValues>> {
  return new Map([
    ...(await readTensors(weights, '', shared)),
    ...(await readTensors(adam.m, 'adam.m.', shared)),
    ...(await readTensors(adam.v, 'adam.v.', shared)),
    ...(adam.average ? await readTensors(adam.average, 'average.', shared) : []),
  ]);
}

/** @throws AppError mismatch if the snapshot is of another seed or other weights */
export function writeRunTensors(
  weights: TrainableWeights,
  adam: Adam,
  seed: number,
  from: RunSnapshot,
): void {
  if (from.seed !== seed) {
    throw new AppError(
      'mismatch',
      `The checkpoint's run has the seed ${from.seed}, this one ${seed}; use the same.`,
    );
  }
  writeTensors(weights, '', from.tensors);
  writeTensors(adam.m, 'adam.m.', from.tensors);
  writeTensors(adam.v, 'adam.v.', from.tensors);
  if (adam.average) writeTensors(adam.average, 'average.', from.tensors);
  adam.updates = from.updates;
}
