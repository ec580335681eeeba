/** A session's trainer and judge where there are many pictures. */
import { AppError } from '#domain/errors.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import {
  createWeights,
  disposeWeights,
  variableOf,
  weightShapes,
  type TrainableWeights,
} from '#engine/network/weights.ts';
import type { ImagesRun } from '#engine/training/checkpoint.ts';
import { evaluate, reconstruct } from '#engine/training/evaluate.ts';
import type { ValuesByName } from '#engine/training/tensor-values.ts';
import { createTrainer } from '#engine/training/trainer.ts';
import { sessionTrainer } from '#engine/training/session-trainer.ts';
import type { Judge, SessionTrainer, TrainingSetup } from '#engine/training/training-session.ts';

/** Pictures a row of a preview. */
const PREVIEWED = 10;

export function imagesTrainer(setup: TrainingSetup, run: ImagesRun): SessionTrainer {
  const { spec, seed, pictures, training, implementation, checkpoint } = setup;
  const data = {
    count: training.length,
    batch: (indices: readonly number[]) => pictures.batch(indices.map((index) => training[index])),
  };
  const trainer = createTrainer({
    spec,
    data,
    options: run.options,
    seed,
    implementation,
    ...(setup.weights && { weights: startingWeights(spec, seed, setup.weights) }),
  });
  const from = checkpoint && 'order' in checkpoint.snapshot ? checkpoint.snapshot : null;
  return sessionTrainer(trainer, from, (snapshot, progress) => ({ spec, run, progress, snapshot }));
}

export function imagesJudge(setup: TrainingSetup, run: ImagesRun): Judge {
  const { spec, pictures, training, validation, implementation, pause } = setup;
  const options = { batchSize: run.options.batchSize, implementation, ...(pause && { pause }) };
  const shown = (validation.length > 0 ? validation : training).slice(0, PREVIEWED);
  return {
    async validate(weights) {
      if (validation.length === 0) return null;
      const { mse, psnr, ssim } = await evaluate(weights, spec, pictures.batch(validation), options);
      return { mse, psnr, ssim };
    },
    async draw(weights) {
      const targets = pictures.batch(shown);
      const grown = await reconstruct(weights, spec, targets, options);
      return { rows: [targets, grown], rowLabels: ['target', 'grown'], columnLabels: [] };
    },
  };
}

/**
 * Those of the model that a run starts from; fresh ones for what it lacks, such as decoders of another spec.
 * @throws AppError mismatch
 */
function startingWeights(spec: ModelSpec, seed: number, values: ValuesByName): TrainableWeights {
  for (const { name, shape } of weightShapes(spec)) {
    const found = values.get(name)?.shape;
    if (found === undefined || found.join() === shape.join()) continue;
    throw new AppError(
      'mismatch',
      `The model to start from has ${name} as [${found.join(', ')}], and this spec asks for [${shape.join(', ')}]: start from a model of the same kind.`,
    );
  }
  const weights = createWeights(spec, seed);
  if (![...weights.keys()].some((name) => values.has(name))) {
    disposeWeights(weights);
    throw new AppError(
      'mismatch',
      'The model to start from and this spec have nothing in common: start from a model of the same kind.',
    );
  }
  for (const [name, variable] of weights) {
    const value = values.get(name);
    if (value === undefined) continue;
    variable.dispose();
    weights.set(name, variableOf(value.data.slice(), value.shape));
  }
  return weights;
}
