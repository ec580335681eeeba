/**
 * A training run, asked for by the application: app/training-run.ts with this process's engine, pictures and clock.
 * Cancelled, it saves, publishes the model as it is, and answers as a run that was stopped.
 */
import { setImmediate as immediately } from 'node:timers/promises';
import { runTraining, type TrainingEvent } from '#app/training-run.ts';
import type { Params, ProgressIn, ResultIn } from '#contract/contract.ts';
import type { EngineContract } from '#contract/engine-contract.ts';
import type { CallContext } from '#contract/rpc.ts';
import { AppError } from '#domain/errors.ts';
import type { Dataset } from '#media/dataset.ts';
import { encodePng } from '#media/png.ts';
import { drawSheet } from '#media/sheet.ts';
import { writeFileAtomic } from '#storage/atomic-file.ts';
import type { Engine } from '../open-engine.ts';
import { createTrainingJob, type TrainingJob } from '../training-job.ts';
import { differencesSince, progressOf, splitPictures } from '../training-start.ts';
import { shownScore } from './shown-score.ts';
import { listedSkips, loadPictures } from './training-pictures.ts';
import { pathsIn, startIn, type RunStart } from './training-run-start.ts';

type Run = Params<EngineContract, 'training.run'>;
type RunEvent = ProgressIn<EngineContract, 'training.run'>;
type RunResult = ResultIn<EngineContract, 'training.run'>;

const SAVE_EVERY_MS = 30_000;
const REPORT_EVERY_MS = 500;
/** Iterations between two; short runs are looked at more often. */
const VALIDATE_EVERY = { share: 1 / 20, least: 10, most: 250 };
const PREVIEW_EVERY = { share: 1 / 40, least: 5, most: 100 };

interface Preview {
  readonly picture: Uint8Array;
  readonly count: number;
}

/** @throws AppError not-finite, out-of-memory, io, no-images, mismatch, bad-file; the last checkpoint stays */
export async function runTrainingCall(
  engine: Engine,
  call: Run,
  { signal, progress }: CallContext<RunEvent>,
): Promise<RunResult> {
  const start = await startIn(call.folder, call);
  const { spec, iterations, checkpoint } = start;
  let told = Promise.resolve();
  const tell = (event: RunEvent): void => void (told = progress(event));
  if (start.notice !== null) tell({ event: 'notice', message: start.notice });
  const pictures = await readPictures(call, start, { signal, tell });
  if (pictures === null) return notBegun(start);

  const data = `${call.data}, ${pictures.count.toLocaleString('en')} pictures`;
  const { implementation, description: backend } = engine;
  const differences = checkpoint ? differencesSince(checkpoint, { backend, data }) : [];
  for (const message of differences) tell({ event: 'notice', message });
  const paths = pathsIn(call.folder);
  const job = await createTrainingJob({
    ...start,
    ...splitPictures(spec, { count: pictures.count, seed: start.seed, checkpoint }),
    ...{ pictures, implementation, paths, data, backend, dtype: 'F16' },
  });
  let preview: Preview = { picture: new Uint8Array(), count: 0 };
  const ports = {
    ...job,
    nowMs: () => performance.now(),
    pause: () => immediately(),
    isStopped: () => signal.aborted,
    async drawPreview() {
      preview = await comparison(job);
      await writeFileAtomic(paths.preview, preview.picture);
      return paths.preview;
    },
    emit(event: TrainingEvent) {
      const shown = eventOf(event, preview);
      if (shown !== null) tell(shown);
    },
  };
  try {
    const plan = {
      iterations,
      validateEvery: every(iterations, VALIDATE_EVERY),
      previewEvery: every(iterations, PREVIEW_EVERY),
      saveEveryMs: SAVE_EVERY_MS,
      reportEveryMs: REPORT_EVERY_MS,
    };
    const outcome = await runTraining(plan, ports, checkpoint ? progressOf(checkpoint) : null);
    const { iteration, seconds } = outcome;
    return {
      reason: outcome.isFinished ? 'finished' : 'stopped',
      ...{ iteration, iterations, seconds },
      model: iteration === 0 ? null : outcome.model,
      skipped: listedSkips(pictures),
    };
  } finally {
    job.dispose();
    // What is still on its way would be dropped behind the answer.
    await told;
  }
}

/** null: it was cancelled meanwhile. */
async function readPictures(
  call: Run,
  { spec }: RunStart,
  { signal, tell }: { readonly signal: AbortSignal; readonly tell: (event: RunEvent) => void },
): Promise<Dataset | null> {
  try {
    const progress = (reached: Extract<RunEvent, { event: 'reading' }>['progress']): Promise<void> => {
      tell({ event: 'reading', progress: reached });
      return Promise.resolve();
    };
    return await loadPictures(call, spec, { signal, progress });
  } catch (failure) {
    if (failure instanceof AppError && failure.code === 'cancelled') return null;
    throw failure;
  }
}

function notBegun({ iterations, checkpoint }: RunStart): RunResult {
  const iteration = checkpoint?.snapshot.iteration ?? 0;
  const seconds = checkpoint ? progressOf(checkpoint).elapsedMs / 1000 : 0;
  return { reason: 'stopped', iteration, iterations, seconds, model: null, skipped: [] };
}

/** Targets above what grows, without gaps or words: whoever shows it adds its own. */
async function comparison(job: TrainingJob): Promise<Preview> {
  const { targets, grown } = await job.compare();
  const sheet = drawSheet([targets, grown], { gap: 0, background: null });
  return { picture: await encodePng(sheet), count: targets.length };
}

function eventOf(event: TrainingEvent, preview: Preview): RunEvent | null {
  switch (event.event) {
    case 'started':
      return event;
    case 'progress': {
      const { event: _, ...report } = event;
      return { event: 'progress', report };
    }
    case 'validation': {
      const { iteration, seconds } = event;
      return { event: 'validation', validation: { iteration, seconds, ...shownScore(event) } };
    }
    case 'preview':
      return { event: 'preview', iteration: event.iteration, ...preview };
    case 'checkpoint':
      return { event: 'checkpoint', iteration: event.iteration };
    case 'ended':
      return null;
    default:
      return event satisfies never;
  }
}

function every(
  iterations: number,
  { share, least, most }: { readonly share: number; readonly least: number; readonly most: number },
): number {
  return Math.min(most, Math.max(least, Math.round(iterations * share)));
}
