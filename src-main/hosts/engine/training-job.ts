/**
 * What a training run leaves on this host: checkpoints, the model with its card, and preview sheets, made of what a
 * session computes (engine/training/training-session.ts), here or elsewhere. app/training-run.ts drives it.
 */
import { mkdir } from 'node:fs/promises';
import { setImmediate as immediately } from 'node:timers/promises';
import { dirname } from 'node:path';
import type { RunProgress, TrainingPorts } from '#app/training-run.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { modelFileChunks, type ModelCard } from '#engine/files/model-file.ts';
import { weightShapes } from '#engine/network/weights.ts';
import type { RunSettings } from '#engine/training/checkpoint.ts';
import {
  openTrainingSession,
  type TrainingSession,
  type TrainingSetup,
} from '#engine/training/training-session.ts';
import { black, stateToImage, white, type RgbaImage } from '#media/pixels.ts';
import { writePng } from '#media/png.ts';
import { drawSheet } from '#media/sheet.ts';
import { writeFileAtomic } from '#storage/atomic-file.ts';
import { saveCheckpoint } from '#storage/checkpoint-slots.ts';
import { machineName } from './machine-name.ts';

export interface TrainingPaths {
  readonly model: string;
  readonly preview: string;
  /** A folder. */
  readonly checkpoints: string;
}

/** What its files say of a run. */
export interface RunFacts {
  readonly run: RunSettings;
  readonly seed: number;
  readonly validation: Uint32Array;
  readonly paths: TrainingPaths;
  /** What the pictures are, for the card. */
  readonly data: string;
  /** More for the card's notes, and for the checkpoints. */
  readonly backend: string;
  readonly dtype: 'F32' | 'F16';
}

export type TrainingJobSetup = TrainingSetup & RunFacts;

export type TrainingJob = Pick<TrainingPorts, 'trainer' | 'save' | 'validate' | 'drawPreview' | 'publish'> & {
  /** What the preview shows: as many targets as grown pictures, in their order. */
  compare(): Promise<{ readonly targets: readonly RgbaImage[]; readonly grown: readonly RgbaImage[] }>;
  dispose(): void;
};

/** Of a preview sheet's pixels. */
const PREVIEW_SCALE = 3;

/** On this process's backend. @throws AppError mismatch if the checkpoint or the weights are not of this spec */
export async function createTrainingJob(setup: TrainingJobSetup): Promise<TrainingJob> {
  return trainingJobOf(openTrainingSession({ pause: () => immediately(), ...setup }), setup);
}

/** The session ends with the job, also where this fails. */
export async function trainingJobOf(session: TrainingSession, facts: RunFacts): Promise<TrainingJob> {
  const { spec } = session;
  const { paths } = facts;
  try {
    await mkdir(dirname(paths.model), { recursive: true });
  } catch (failure) {
    session.dispose();
    throw failure;
  }

  return {
    trainer: session,
    async save(progress) {
      const { backend, data, validation } = facts;
      const chunks = await session.checkpoint({ ...progress, backend, data, validation: validation.length });
      return saveCheckpoint(paths.checkpoints, session.iteration, chunks);
    },
    validate: () => session.validate(),
    async drawPreview() {
      const { rows, ...labels } = await drawn(session);
      const background = backgroundOf(spec);
      await writePng(
        paths.preview,
        drawSheet(rows, { ...labels, background, scale: PREVIEW_SCALE, labelScale: 2 }),
      );
      return paths.preview;
    },
    async compare() {
      const { rows } = await drawn(session);
      const [first, second] = rows;
      if (second !== undefined) return { targets: first, grown: second };
      const [target, ...grown] = first;
      return { targets: grown.map(() => target), grown };
    },
    async publish(progress) {
      const weights = await session.weights();
      const model = { spec, card: cardOf(facts, progress, session.iteration), weights };
      await writeFileAtomic(paths.model, modelFileChunks(model, weightShapes, { dtype: facts.dtype }));
      return paths.model;
    },
    dispose: () => session.dispose(),
  };
}

async function drawn(
  session: TrainingSession,
): Promise<{ rows: RgbaImage[][]; rowLabels: readonly string[]; columnLabels: readonly string[] }> {
  const { rows, rowLabels, columnLabels } = await session.draw();
  return { rows: rows.map((row) => imagesOf(session.spec, row)), rowLabels, columnLabels };
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

function cardOf(facts: RunFacts, { elapsedMs, score }: RunProgress, iteration: number): ModelCard {
  return {
    data: facts.data,
    iterations: iteration,
    seconds: Math.round(elapsedMs / 1000),
    machine: machineName(),
    scores: score ? { ...score, images: Math.max(1, facts.validation.length) } : {},
    notes: `Seed ${facts.seed}, batches of ${facts.run.options.batchSize}, ${facts.backend}.`,
  };
}
