/** A stage on which training is played: ten iterations on four pictures of cats. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrainingReport, TrainingSource, TrainingWishes } from '#contract/shapes/training.ts';
import { sha256 } from '#storage/content-store.ts';
import {
  card,
  createStage,
  encoderOf,
  sketch,
  type ApplicationStage,
  type Played,
} from '../application-stage.ts';

const defaults: TrainingWishes = {
  ...{ preset: 'sketch', modelId: null, mode: 'persist', iterations: 10, batch: null },
  ...{ learningRate: null, enlarge: false, limit: null },
};

export function report(iteration: number): TrainingReport {
  return {
    ...{ iteration, iterations: 10, seconds: iteration, loss: 1 / iteration },
    ...{ learningRate: 0.1, iterationsPerSecond: 1, etaSeconds: 10 - iteration },
  };
}

interface PlayedRun {
  /** The checkpoint's. */
  readonly from?: number;
  /** Waits there until it is asked to end. */
  readonly stopsAt?: number;
  /** What is in the file; null where there is none. */
  readonly model?: string | null;
  readonly notice?: string;
  readonly folders?: string[];
}

/** A run of ten iterations that reports and saves at every fifth. */
export function playedRun({
  from = 0,
  stopsAt,
  model = 'model',
  notice,
  folders,
}: PlayedRun = {}): Played<'training.run'> {
  return async ({ folder }, { signal, progress }) => {
    folders?.push(folder);
    await mkdir(folder, { recursive: true });
    await progress({ event: 'reading', progress: { phase: 'decoding', done: 4, total: 4, skipped: 0 } });
    if (notice !== undefined) await progress({ event: 'notice', message: notice });
    await progress({ event: 'started', iteration: from, iterations: 10, place: null });
    const end = stopsAt ?? 10;
    for (let iteration = from + 5; iteration <= end; iteration += 5) {
      await progress({ event: 'progress', report: report(iteration) });
      if (iteration === 10) {
        const validation = { iteration, seconds: 10, mse: 0.01, psnr: 21, ssim: 0.9 };
        await progress({ event: 'validation', validation });
        await progress({ event: 'preview', iteration, picture: Uint8Array.of(1, 2, 3), count: 3 });
      }
      await progress({ event: 'checkpoint', iteration });
    }
    if (stopsAt !== undefined && !signal.aborted) {
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    }
    const path = join(folder, 'model.safetensors');
    if (model !== null) await writeFile(path, model);
    return {
      reason: stopsAt === undefined ? 'finished' : 'stopped',
      ...{ iteration: end, iterations: 10, seconds: 10, skipped: [] },
      model: model === null ? null : path,
    };
  };
}

export async function createTrainingStage(): Promise<ApplicationStage> {
  return createStage({
    engine: {
      'training.run': playedRun(),
      'pictures.encode': encoderOf(4),
      'files.inspect': async ({ path }) => {
        const bytes = await readFile(path);
        return {
          ...{ kind: 'model', hash: sha256(bytes), bytes: bytes.length, spec: sketch, card },
          ...{ style: null, picture: null },
        };
      },
    },
  });
}

export function jobFolder(stage: ApplicationStage, jobId: string): string {
  return join(stage.folder, 'jobs', jobId);
}

export async function source(
  stage: ApplicationStage,
): Promise<{ readonly source: TrainingSource; readonly wishes: TrainingWishes }> {
  const path = join(stage.folder, 'Cats');
  await mkdir(path, { recursive: true });
  return { source: { kind: 'folder', path }, wishes: defaults };
}

/** @returns the job's id */
export async function startTraining(
  stage: ApplicationStage,
  wishes: Partial<TrainingWishes> = {},
): Promise<string> {
  const given = await source(stage);
  const all = { ...given.wishes, ...wishes };
  return (await stage.ask('training.start', { ...given, wishes: all, name: null })).jobId;
}
