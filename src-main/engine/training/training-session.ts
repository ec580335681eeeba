/**
 * A training run as numbers: a trainer of many pictures or of one, and how well it does. It knows neither files nor
 * hosts, so that a run may be computed wherever there is a backend, also in a page; what it is asked for comes as numbers,
 * and whoever drives it (hosts/engine/training-job.ts) makes files and pictures of them.
 */
import type { ModelSpec } from '#domain/model-spec.ts';
import { AppError } from '#domain/errors.ts';
import type { FileChunks } from '#engine/files/safetensors-write.ts';
import { withLessMemory } from '#engine/less-memory.ts';
import type { Weights } from '#engine/network/weights.ts';
import type { RolloutImplementation } from '#engine/rollout/rollout.ts';
import { rolloutWay, tuneRollout } from '#engine/rollout/tuned.ts';
import { checkpointChunks, type Checkpoint, type RunSettings } from '#engine/training/checkpoint.ts';
import { imagesJudge, imagesTrainer } from '#engine/training/images-session.ts';
import { seededOn } from '#engine/training/seed-place.ts';
import { singleJudge, singleTrainer } from '#engine/training/single-session.ts';
import { readTensors, type ValuesByName } from '#engine/training/tensor-values.ts';

/** Pictures in memory, values 0…1; media's Dataset is one. */
export interface Pictures {
  readonly count: number;
  /** [n, H, W, 4] */
  batch(indices: ArrayLike<number>): Float32Array;
}

export interface TrainingSetup {
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
  /** No cell dies: for measuring what an iteration takes when all of them live. */
  readonly everyCellLives?: boolean;
  /** Between two batches of what is judged: lets everything else in the process have its turn. */
  readonly pause?: () => Promise<void>;
}

export interface SessionStep {
  /** Iterations made, this one included. */
  readonly iteration: number;
  readonly loss: number;
  readonly learningRate: number;
}

export interface SessionScore {
  readonly mse: number;
  /** dB */
  readonly psnr: number;
  readonly ssim: number;
}

/** What it does now: rows of pictures, targets first. */
export interface DrawnRows {
  /** [n, H, W, 4] each, premultiplied. */
  readonly rows: readonly Float32Array[];
  /** One a row, or none. */
  readonly rowLabels: readonly string[];
  /** One a picture of a row, or none. */
  readonly columnLabels: readonly string[];
}

/** One at a time is asked of it, and nothing after `dispose`. */
export interface TrainingSession {
  /** With its seed where the picture is. */
  readonly spec: ModelSpec;
  /** Iterations made. */
  readonly iteration: number;
  /**
   * @param isFollowed another one comes for certain, and nothing but perhaps a checkpoint before it: where it is computed far
   *   away it may begin at once, and a checkpoint is then of that one, as `iteration` says
   * @throws AppError not-finite, with the weights as they were; out-of-memory; disconnected where the processor is gone
   */
  step(isFollowed?: boolean): Promise<SessionStep>;
  /** The checkpoint's file, to be written before the next step. */
  checkpoint(progress: Checkpoint['progress']): Promise<FileChunks>;
  /** The weights that are best so far, to be used before the next step. */
  weights(): Promise<ValuesByName>;
  /** null where there is nothing to judge by. */
  validate(): Promise<SessionScore | null>;
  draw(): Promise<DrawnRows>;
  dispose(): void;
}

/** The trainers' common part. */
export interface SessionTrainer {
  readonly iteration: number;
  readonly bestWeights: Weights;
  step(): Promise<SessionStep>;
  checkpoint(progress: Checkpoint['progress']): Promise<Checkpoint>;
  dispose(): void;
}

export interface Judge {
  validate(weights: Weights): Promise<SessionScore | null>;
  draw(weights: Weights): Promise<DrawnRows>;
}

/** @throws AppError mismatch if the checkpoint or the weights are not of this spec */
export function openTrainingSession(asked: TrainingSetup): TrainingSession {
  const { run, checkpoint } = asked;
  if (checkpoint && checkpoint.run.kind !== run.kind)
    throw new AppError('mismatch', 'The checkpoint is of a run of another kind: start the run anew.');
  const spec = placedSpec(asked);
  const setup = { ...asked, spec: asked.everyCellLives === true ? withEveryCell(spec) : spec };
  const [trainer, judge] =
    run.kind === 'single'
      ? [singleTrainer(setup, run), singleJudge(setup, run)]
      : [imagesTrainer(setup, run), imagesJudge(setup, run)];
  const work = {
    ...{ automaton: setup.spec.automaton, grid: setup.spec.grid },
    ...{ batch: run.options.batchSize, training: true },
  };
  let isTuned = false;
  return {
    spec,
    get iteration() {
      return trainer.iteration;
    },
    async step() {
      if (!isTuned) await tuneRollout(work);
      isTuned = true;
      const { iteration, loss, learningRate } = await trainer.step();
      return { iteration, loss, learningRate };
    },
    // Used before anything changes them, so their own arrays will do: a copy can be most of a gigabyte.
    checkpoint: (progress) => {
      // What computed it: another way would have come to other last bits.
      const way = rolloutWay(work);
      const told = way === null ? progress : { ...progress, kernels: way };
      return withLessMemory(async () => checkpointChunks(await trainer.checkpoint(told)));
    },
    weights: () => withLessMemory(() => readTensors(trainer.bestWeights, '', true)),
    validate: () => withLessMemory(() => judge.validate(trainer.bestWeights)),
    draw: () => withLessMemory(() => judge.draw(trainer.bestWeights)),
    dispose: () => trainer.dispose(),
  };
}

/** A threshold that every value is above. */
const EVERY_CELL = -1e30;

function withEveryCell(spec: ModelSpec): ModelSpec {
  return { ...spec, automaton: { ...spec.automaton, aliveThreshold: EVERY_CELL } };
}

/** A rule that is learned from the start may begin where its picture is; one that was learned begins where it did. */
function placedSpec({ spec, run, checkpoint, weights, pictures, training }: TrainingSetup): ModelSpec {
  if (run.kind !== 'single' || checkpoint || weights) return spec;
  return seededOn(spec, pictures.batch(training.slice(0, 1)));
}
