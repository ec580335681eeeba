/**
 * A training run, asked for by the application: app/training-run.ts with this process's pictures and clock, computed here
 * or in a page (training-place.ts). Cancelled, it saves, publishes the model as it is, and answers as a run that was stopped.
 */
import { setImmediate as immediately } from 'node:timers/promises';
import { runTraining, type TrainingEvent } from '#app/training-run.ts';
import type { Params, ProgressIn, ResultIn } from '#contract/contract.ts';
import type { EngineContract } from '#contract/engine-contract.ts';
import type { CallContext } from '#contract/rpc.ts';
import { AppError } from '#domain/errors.ts';
import type { Dataset } from '#media/dataset.ts';
import { writeFileAtomic } from '#storage/atomic-file.ts';
import { trainingJobOf } from '../training-job.ts';
import { differencesSince, progressOf, splitPictures } from '../training-start.ts';
import { comparison, eventOf, type Preview } from './training-events.ts';
import { listedSkips, loadPictures } from './training-pictures.ts';
import {
  createTrainingPlaces,
  type Places,
  type TrainingPlace,
  type TrainingPlaces,
} from './training-place.ts';
import { pathsIn, startIn, type RunStart } from './training-run-start.ts';

type Run = Params<EngineContract, 'training.run'>;
type RunEvent = ProgressIn<EngineContract, 'training.run'>;
type RunResult = ResultIn<EngineContract, 'training.run'>;

const SAVE_EVERY_MS = 30_000;
const REPORT_EVERY_MS = 500;
/** Pages in a row that went away before anything was saved there: the next one would, too. */
const MOST_FRUITLESS = 4;
/** Iterations between two; short runs are looked at more often. */
const VALIDATE_EVERY = { share: 1 / 20, least: 10, most: 250 };
const PREVIEW_EVERY = { share: 1 / 40, least: 5, most: 100 };

/** What stays as it is wherever it is computed. */
interface Training {
  readonly call: Run;
  readonly pictures: Dataset;
  readonly data: string;
  readonly signal: AbortSignal;
  readonly places: TrainingPlaces;
  readonly tell: (event: RunEvent) => void;
}

/** @throws AppError not-finite, out-of-memory, io, no-images, mismatch, bad-file; the last checkpoint stays */
export async function runTrainingCall(
  session: Places,
  call: Run,
  { signal, progress }: CallContext<RunEvent>,
): Promise<RunResult> {
  const start = await startIn(call.folder, call);
  let told = Promise.resolve();
  const tell = (event: RunEvent): void => void (told = progress(event));
  if (start.notice !== null) tell({ event: 'notice', message: start.notice });
  const pictures = await readPictures(call, start, { signal, tell });
  if (pictures === null) return notBegun(start);
  const data = `${call.data}, ${pictures.count.toLocaleString('en')} pictures`;
  const places = createTrainingPlaces(session);
  try {
    return await trainAnywhere({ call, pictures, data, signal, places, tell }, start);
  } finally {
    // What is still on its way would be dropped behind the answer.
    await told;
  }
}

/** At the best place, and from the last checkpoint at the next one whenever a page goes away, or comes. */
async function trainAnywhere(training: Training, first: RunStart): Promise<RunResult> {
  const { call, data, signal, places, tell } = training;
  let start = first;
  let place = await places.best();
  const differences = start.checkpoint
    ? differencesSince(start.checkpoint, { backend: place.description, data })
    : [];
  for (const message of differences) tell({ event: 'notice', message });
  let fruitless = 0;
  for (;;) {
    let why: string | null = 'The window lends its graphics processor now.';
    try {
      const outcome = await trainAt(place, start, training);
      if (outcome.isFinished || signal.aborted) return resultOf(outcome, start, training);
    } catch (failure) {
      why = places.whyLeft(place, failure);
      const isGivenUp = signal.aborted && failure instanceof AppError && failure.code === 'cancelled';
      if (why === null && !isGivenUp) throw failure;
    }
    const { notice, ...again } = await startIn(call.folder, call);
    const from = iterationOf(again);
    if (place.isInPage) fruitless = from > iterationOf(start) ? 0 : fruitless + 1;
    const stays = fruitless === MOST_FRUITLESS;
    if (stays) places.stay();
    start = again;
    // What is only to be kept needs nobody's processor.
    place = signal.aborted ? places.own() : await places.best();
    if (notice !== null) tell({ event: 'notice', message: notice });
    if (why !== null) {
      const where = `${place.brief}${stays ? ', and stays there' : ''}`;
      tell({ event: 'notice', message: `${why} Training goes on from iteration ${from}, on ${where}.` });
    }
  }
}

/** To its end, to where it is stopped, or until there is a better place; then it is saved. */
async function trainAt(
  place: TrainingPlace,
  start: RunStart,
  { call, pictures, data, signal, places, tell }: Training,
): Promise<Awaited<ReturnType<typeof runTraining>>> {
  const { spec, seed, iterations, checkpoint } = start;
  const paths = pathsIn(call.folder);
  const setup = { ...start, ...splitPictures(spec, { count: pictures.count, seed, checkpoint }), pictures };
  const facts = { ...setup, paths, data, backend: place.description, dtype: 'F16' } as const;
  const job = await trainingJobOf(await place.open(setup, signal), facts);
  const stopNotices = place.onNotice((message) => tell({ event: 'notice', message }));
  let preview: Preview = { picture: new Uint8Array(), count: 0 };
  const ports = {
    ...job,
    nowMs: () => performance.now(),
    pause: () => immediately(),
    isStopped: () => signal.aborted || places.hasBetterThan(place),
    async drawPreview() {
      preview = await comparison(job);
      await writeFileAtomic(paths.preview, preview.picture);
      return paths.preview;
    },
    emit(event: TrainingEvent) {
      const shown = eventOf(event, preview, place.isInPage ? place.brief : null);
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
    return await runTraining(plan, ports, checkpoint ? progressOf(checkpoint) : null);
  } finally {
    stopNotices();
    job.dispose();
  }
}

function iterationOf({ checkpoint }: RunStart): number {
  return checkpoint?.snapshot.iteration ?? 0;
}

function resultOf(
  { isFinished, iteration, seconds, model }: Awaited<ReturnType<typeof trainAt>>,
  { iterations }: RunStart,
  { pictures }: Training,
): RunResult {
  return {
    reason: isFinished ? 'finished' : 'stopped',
    ...{ iteration, iterations, seconds },
    model: iteration === 0 ? null : model,
    skipped: listedSkips(pictures),
  };
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

function every(
  iterations: number,
  { share, least, most }: { readonly share: number; readonly least: number; readonly most: number },
): number {
  return Math.min(most, Math.max(least, Math.round(iterations * share)));
}
