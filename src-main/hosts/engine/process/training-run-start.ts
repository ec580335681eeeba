/** Where a run in the engine process starts: from its wishes, or from the newest checkpoint in its folder. */
import { join } from 'node:path';
import type { TrainingWishes } from '#contract/shapes/training.ts';
import { presets } from '#domain/model-presets.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { readCheckpoint, type Checkpoint, type RunSettings } from '#engine/training/checkpoint.ts';
import type { ValuesByName } from '#engine/training/tensor-values.ts';
import { loadCheckpoint } from '#storage/checkpoint-slots.ts';
import { readModel } from '../model-files.ts';
import type { TrainingPaths } from '../training-job.ts';
import { continuedRun, freshRun, usualIterations } from '../training-settings.ts';
import { progressOf } from '../training-start.ts';

export interface RunWishes {
  readonly wishes: TrainingWishes;
  /** A model to start from. */
  readonly modelPath: string | null;
}

export interface RunStart {
  readonly spec: ModelSpec;
  readonly run: RunSettings;
  readonly seed: number;
  readonly iterations: number;
  readonly weights?: ValuesByName;
  readonly checkpoint?: Checkpoint;
}

const SEED = 1;

export function pathsIn(folder: string): TrainingPaths {
  return {
    model: join(folder, 'model.safetensors'),
    preview: join(folder, 'preview.png'),
    checkpoints: join(folder, 'checkpoints'),
  };
}

/** @throws AppError where the model cannot be read */
export async function freshStart({ wishes, modelPath }: RunWishes): Promise<RunStart> {
  const model = modelPath === null ? null : await readModel(modelPath);
  const spec = model?.spec ?? presets[wishes.preset];
  const iterations = wishes.iterations ?? usualIterations(spec);
  const run = freshRun(spec, { ...wishesOf(wishes), iterations, mode: wishes.mode });
  return { spec, run, seed: SEED, iterations, ...(model && { weights: model.weights }) };
}

/**
 * Goes on with the run that is in the folder, if there is one.
 * @returns a sentence where an older checkpoint than the newest was taken
 * @throws AppError bad-file where there are checkpoints, and none can be read: a new run would throw them away
 */
export async function startIn(
  folder: string,
  asked: RunWishes,
): Promise<RunStart & { readonly notice: string | null }> {
  const decode = (bytes: Uint8Array, name: string): Checkpoint => readCheckpoint(bytes, { name });
  const loaded = await loadCheckpoint(pathsIn(folder).checkpoints, decode);
  if (loaded === null) return { ...(await freshStart(asked)), notice: null };
  const { value: checkpoint, notice } = loaded;
  const { iteration, seed } = checkpoint.snapshot;
  const wished = asked.wishes.iterations ?? progressOf(checkpoint).iterations;
  const iterations = Math.max(wished, iteration);
  const run = continuedRun(checkpoint.run, { ...wishesOf(asked.wishes), iterations });
  return { spec: checkpoint.spec, run, seed, iterations, checkpoint, notice };
}

function wishesOf({ batch, learningRate }: TrainingWishes): { batch?: number; learningRate?: number } {
  return {
    ...(batch !== null && { batch }),
    ...(learningRate !== null && { learningRate }),
  };
}
