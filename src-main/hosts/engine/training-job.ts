/**
 * What a training run is made of on this host: a trainer over pictures in memory, checkpoints and the model on disk,
 * scores and preview sheets from the pictures that were kept for judging. app/training-run.ts drives it.
 */
import { mkdir } from 'node:fs/promises';
import { setImmediate as immediately } from 'node:timers/promises';
import { dirname } from 'node:path';
import type { RunProgress, TrainingPorts, ValidationScore } from '#app/training-run.ts';
import type { RuleValues } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { modelFileChunks, type ModelCard } from '#engine/files/model-file.ts';
import {
  createWeights,
  disposeWeights,
  variableOf,
  weightShapes,
  type RulePart,
  type TrainableWeights,
  type Weights,
} from '#engine/network/weights.ts';
import type { RolloutImplementation } from '#engine/rollout/rollout.ts';
import {
  checkpointChunks,
  type Checkpoint,
  type ImagesRun,
  type RunSettings,
  type SingleRun,
} from '#engine/training/checkpoint.ts';
import { evaluate, reconstruct, scorePictures } from '#engine/training/evaluate.ts';
import { createSingleTrainer, sharedRule } from '#engine/training/single.ts';
import { readTensors, type ValuesByName } from '#engine/training/tensor-values.ts';
import { createTrainer } from '#engine/training/trainer.ts';
import { black, stateToImage, white, type RgbaImage } from '#media/pixels.ts';
import { writePng } from '#media/png.ts';
import { drawSheet } from '#media/sheet.ts';
import { writeFileAtomic } from '#storage/atomic-file.ts';
import { saveCheckpoint } from '#storage/checkpoint-slots.ts';
import { growPictures } from './grow-pictures.ts';
import { seededOn } from './seed-place.ts';
import { machineName } from './machine-name.ts';

/** Pictures in memory, values 0…1; media's Dataset is one. */
export interface Pictures {
  readonly count: number;
  /** [n, H, W, 4] */
  batch(indices: ArrayLike<number>): Float32Array;
}

export interface TrainingPaths {
  readonly model: string;
  readonly preview: string;
  /** A folder. */
  readonly checkpoints: string;
}

export interface TrainingJobSetup {
  readonly spec: ModelSpec;
  readonly run: RunSettings;
  readonly seed: number;
  readonly pictures: Pictures;
  /** Indices of pictures; for a single image both are that image. */
  readonly training: Uint32Array;
  readonly validation: Uint32Array;
  /** To start from, e.g. those of a model file; of a single image w0, b0 and w1. */
  readonly weights?: ValuesByName;
  /** To continue. */
  readonly checkpoint?: Checkpoint;
  readonly implementation: RolloutImplementation;
  readonly paths: TrainingPaths;
  /** What the pictures are, for the card. */
  readonly data: string;
  /** More for the card's notes, and for the checkpoints. */
  readonly backend: string;
  readonly dtype: 'F32' | 'F16';
}

export type TrainingJob = Pick<TrainingPorts, 'trainer' | 'save' | 'validate' | 'drawPreview' | 'publish'> & {
  /** What the preview shows: as many targets as grown pictures, in their order. */
  compare(): Promise<{ readonly targets: readonly RgbaImage[]; readonly grown: readonly RgbaImage[] }>;
  dispose(): void;
};

/** The trainers' common part. */
interface AnyTrainer {
  readonly iteration: number;
  readonly bestWeights: Weights;
  step: TrainingPorts['trainer']['step'];
  checkpoint(progress: Checkpoint['progress']): Promise<Checkpoint>;
  dispose(): void;
}

/** What it does now: rows of pictures for a sheet, targets first, and its score. */
interface Judge {
  validate(weights: Weights): Promise<ValidationScore | null>;
  draw(weights: Weights): Promise<{ rows: RgbaImage[][]; rowLabels: string[]; columnLabels: string[] }>;
}

/** Pictures a row of a preview sheet. */
const PREVIEWED = 10;
const PREVIEW_SCALE = 3;

/** @throws AppError mismatch if the checkpoint or the weights are not of this spec */
export async function createTrainingJob(asked: TrainingJobSetup): Promise<TrainingJob> {
  const setup = { ...asked, spec: placedSpec(asked) };
  const { spec, paths } = setup;
  await mkdir(dirname(paths.model), { recursive: true });
  const [trainer, judge] =
    setup.run.kind === 'single'
      ? [singleTrainer(setup, setup.run), singleJudge(setup, setup.run)]
      : [imagesTrainer(setup, setup.run), imagesJudge(setup, setup.run)];

  return {
    trainer,
    async save(progress) {
      const { backend, data } = setup;
      const checkpoint = await trainer.checkpoint({
        ...progress,
        backend,
        data,
        validation: setup.validation.length,
      });
      return saveCheckpoint(paths.checkpoints, trainer.iteration, checkpointChunks(checkpoint));
    },
    validate: () => judge.validate(trainer.bestWeights),
    async drawPreview() {
      const { rows, ...labels } = await judge.draw(trainer.bestWeights);
      const background = backgroundOf(spec);
      await writePng(
        paths.preview,
        drawSheet(rows, { ...labels, background, scale: PREVIEW_SCALE, labelScale: 2 }),
      );
      return paths.preview;
    },
    async compare() {
      const { rows } = await judge.draw(trainer.bestWeights);
      const [first, second] = rows;
      if (second !== undefined) return { targets: first, grown: second };
      const [target, ...grown] = first;
      return { targets: grown.map(() => target), grown };
    },
    async publish(progress) {
      // Written before anything changes them, so their own arrays will do: a copy can be most of a gigabyte.
      const weights = await readTensors(trainer.bestWeights, '', true);
      const model = { spec, card: cardOf(setup, progress, trainer.iteration), weights };
      await writeFileAtomic(paths.model, modelFileChunks(model, weightShapes, { dtype: setup.dtype }));
      return paths.model;
    },
    dispose: () => trainer.dispose(),
  };
}

/** A rule that is learned from the start may begin where its picture is; one that was learned begins where it did. */
function placedSpec({ spec, run, checkpoint, weights, pictures, training }: TrainingJobSetup): ModelSpec {
  if (run.kind !== 'single' || checkpoint || weights) return spec;
  return seededOn(spec, pictures.batch(training.slice(0, 1)));
}

function imagesTrainer(setup: TrainingJobSetup, run: ImagesRun): AnyTrainer {
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
  try {
    if (checkpoint && 'order' in checkpoint.snapshot) trainer.restore(checkpoint.snapshot);
  } catch (failure) {
    trainer.dispose();
    throw failure;
  }
  return {
    ...trainer,
    get iteration() {
      return trainer.iteration;
    },
    checkpoint: async (progress) => ({
      spec,
      run,
      progress,
      snapshot: await trainer.snapshot({ shared: true }),
    }),
  };
}

function singleTrainer(setup: TrainingJobSetup, run: SingleRun): AnyTrainer {
  const { spec, seed, pictures, training, implementation, checkpoint } = setup;
  const trainer = createSingleTrainer({
    spec,
    target: pictures.batch(training.slice(0, 1)),
    mode: run.mode,
    options: run.options,
    seed,
    implementation,
    ...(setup.weights && { rule: ruleOf(setup.weights) }),
  });
  try {
    if (checkpoint) trainer.restore(checkpoint.snapshot);
  } catch (failure) {
    trainer.dispose();
    throw failure;
  }
  return {
    ...trainer,
    get iteration() {
      return trainer.iteration;
    },
    checkpoint: async (progress) => ({
      spec,
      run,
      progress,
      snapshot: await trainer.snapshot({ shared: true }),
    }),
  };
}

function imagesJudge(setup: TrainingJobSetup, run: ImagesRun): Judge {
  const { spec, pictures, training, validation, implementation } = setup;
  const options = { batchSize: run.options.batchSize, implementation, pause: immediately };
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
      const rows = [imagesOf(spec, targets), imagesOf(spec, grown)];
      return { rows, rowLabels: ['target', 'grown'], columnLabels: [] };
    },
  };
}

/** Grown from the seed; where it shall persist, also for long after. */
function singleJudge(setup: TrainingJobSetup, run: SingleRun): Judge {
  const { spec, pictures, training, implementation } = setup;
  const target = pictures.batch(training.slice(0, 1));
  const grow = (weights: Weights, steps: number): Promise<Float32Array> =>
    growPictures(spec, () => sharedRule(weights), { steps, count: 1, implementation });
  const { min, max } = run.options.steps ?? { min: spec.steps, max: spec.steps };
  const usual = Math.round((min + max) / 2);
  return {
    async validate(weights) {
      const [{ mse, psnr, ssim }] = scorePictures(spec, await grow(weights, usual), target);
      return { mse, psnr, ssim };
    },
    async draw(weights) {
      const steps = [
        usual >> 2,
        usual >> 1,
        usual,
        ...(run.mode === 'grow' ? [] : [2 * usual, 4 * usual, 8 * usual]),
      ];
      const pictures = imagesOf(spec, target);
      for (const count of steps) pictures.push(...imagesOf(spec, await grow(weights, count)));
      return { rows: [pictures], rowLabels: [], columnLabels: ['target', ...steps.map(String)] };
    },
  };
}

/** Pictures [n, H, W, 4], values 0…1. */
function imagesOf(spec: ModelSpec, rgba: Float32Array): RgbaImage[] {
  const { height, width } = spec.grid;
  const layout = { height, width, channels: 4 };
  return Array.from({ length: rgba.length / (height * width * 4) }, (_, sample) =>
    stateToImage(rgba, layout, { sample }),
  );
}

/** White digits are seen on black, everything else on white. */
function backgroundOf(spec: ModelSpec): typeof white {
  return spec.image === 'grey-alpha' ? black : white;
}

function cardOf(setup: TrainingJobSetup, { elapsedMs, score }: RunProgress, iteration: number): ModelCard {
  return {
    data: setup.data,
    iterations: iteration,
    seconds: Math.round(elapsedMs / 1000),
    machine: machineName(),
    scores: score ? { ...score, images: Math.max(1, setup.validation.length) } : {},
    notes: `Seed ${setup.seed}, batches of ${setup.run.options.batchSize}, ${setup.backend}.`,
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

function ruleOf(values: ValuesByName): RuleValues {
  const part = (name: RulePart): Float32Array => values.get(name)?.data ?? new Float32Array(0);
  return { count: 1, w0: part('w0'), b0: part('b0'), w1: part('w1') };
}
