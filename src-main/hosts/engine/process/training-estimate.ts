/**
 * What a training would cost: a few iterations of it, with its pictures, where it would be computed now. Newborn models
 * are fast, for their cells die early; what a trained one takes is put together from that and from iterations with every
 * cell alive.
 */
import process from 'node:process';
import { setImmediate as immediately } from 'node:timers/promises';
import type { Params, ResultIn } from '#contract/contract.ts';
import type { EngineContract } from '#contract/engine-contract.ts';
import type { CallContext } from '#contract/rpc.ts';
import { AppError } from '#domain/errors.ts';
import { pictureBatch } from '#domain/picture-bytes.ts';
import type { TrainingSession } from '#engine/training/training-session.ts';
import type { Dataset } from '#media/dataset.ts';
import { splitPictures } from '../training-start.ts';
import { loadPictures } from './training-pictures.ts';
import { createTrainingPlaces, type PlacedSetup, type Places, type TrainingPlace } from './training-place.ts';
import { freshStart, type RunStart } from './training-run-start.ts';

type Estimate = Params<EngineContract, 'training.estimate'>;

/** The first one also makes room for all that it needs, so it is not counted. */
const WARM_UP = 1;
const MEASURED = 3;
const MEASURE_AT_MOST_MS = 5000;
/** Judging, previews and saving take their time, too. */
const BESIDES = 1.05;
/** Pictures that are looked at for how much of them is visible. */
const LOOKED_AT = 64;
/** Cells that a growth's edge moves on in a step: half of the cells fire. */
const EDGE_SPEED = 0.75;

/** @throws AppError cancelled, out-of-memory and what reading the pictures throws */
export async function estimateTraining(
  session: Places,
  params: Estimate,
  { signal, progress }: CallContext<{ phase: string }>,
): Promise<ResultIn<EngineContract, 'training.estimate'>> {
  const start = await freshStart(params);
  await progress({ phase: 'Reading the pictures' });
  const pictures = await loadPictures(params, start.spec, { signal, progress: () => Promise.resolve() });
  const { iterations } = start;
  const batch = start.run.options.batchSize;
  const places = createTrainingPlaces(session);
  for (let place = await places.best(); ; place = await places.best()) {
    await progress({ phase: `Measuring a few iterations${place.isInPage ? ` on ${place.brief}` : ''}` });
    try {
      const measured = await measureAt(place, start, pictures, signal);
      const seconds = (iterations * measured.msPerIteration * BESIDES) / 1000;
      return { iterations, batch, seconds, ...measured };
    } catch (failure) {
      // A page that goes away is not where it will run.
      if (signal.aborted || places.whyLeft(place, failure) === null) throw failure;
    }
  }
}

/** Of a page, whose memory nobody can ask for, the memory is this process's share of the work. */
async function measureAt(
  place: TrainingPlace,
  start: RunStart,
  pictures: Dataset,
  signal: AbortSignal,
): Promise<{ msPerIteration: number; peakBytes: number; freeBytes: number }> {
  const { heap } = place;
  const { rss } = process.memoryUsage();
  const freeBytes = process.availableMemory() + rss;
  const largestRss = { bytes: rss };
  heap?.startPeak();
  const some = somePictures(start, pictures);
  const measure = async (everyCellLives: boolean): Promise<number> => {
    const training = await place.open({ ...start, ...some, everyCellLives }, signal);
    try {
      return await msPerStep(training, signal, largestRss);
    } finally {
      training.dispose();
    }
  };
  const newbornMs = await measure(false);
  const denseMs = await measure(true);
  // What a larger run left in the heap is not this one's.
  const peakBytes =
    heap === null ? largestRss.bytes : Math.max(0, largestRss.bytes - heap.totalBytes) + heap.peakBytes;
  const msPerIteration = newbornMs + Math.max(0, denseMs - newbornMs) * livingShare(start, pictures);
  return { msPerIteration, peakBytes, freeBytes };
}

/** As many as the measured iterations see: a page need not be sent all. */
function somePictures(
  { spec, seed, run }: RunStart,
  { count, images }: Dataset,
): Pick<PlacedSetup, 'pictures' | 'training' | 'validation'> {
  const size = spec.grid.height * spec.grid.width * 4;
  const seen = splitPictures(spec, { count, seed }).training.slice(
    0,
    run.options.batchSize * (WARM_UP + MEASURED),
  );
  const bytes = new Uint8Array(seen.length * size);
  for (const [i, index] of seen.entries())
    bytes.set(images.subarray(index * size, (index + 1) * size), i * size);
  return {
    pictures: {
      images: bytes,
      count: seen.length,
      batch: (indices) => pictureBatch(bytes, size, indices),
    },
    training: Uint32Array.from(seen, (_, i) => i),
    validation: spec.network === null ? Uint32Array.of(0) : new Uint32Array(),
  };
}

/** Of a few iterations, the mean. */
async function msPerStep(
  training: TrainingSession,
  signal: AbortSignal,
  largestRss: { bytes: number },
): Promise<number> {
  const times: number[] = [];
  const beginMs = performance.now();
  for (let made = 0; made < WARM_UP + MEASURED; made++) {
    if (signal.aborted) throw new AppError('cancelled', 'Measuring was cancelled.');
    if (made > WARM_UP && performance.now() - beginMs > MEASURE_AT_MOST_MS) break;
    const startMs = performance.now();
    await training.step();
    if (made >= WARM_UP) times.push(performance.now() - startMs);
    largestRss.bytes = Math.max(largestRss.bytes, process.memoryUsage.rss());
    await immediately();
  }
  return times.reduce((sum, ms) => sum + ms, 0) / times.length;
}

/**
 * The share of the cells that live in an average step once the model can draw these pictures: what is visible of them
 * and the cells next to it, less the time that a growth takes to get there. Only living cells cost time, and a model
 * that has learned nothing yet has hardly any.
 */
function livingShare({ spec, run }: RunStart, pictures: Dataset): number {
  const { height: H, width: W } = spec.grid;
  const count = Math.min(pictures.count, LOOKED_AT);
  const rgba = pictures.batch(
    Uint32Array.from({ length: count }, (_, i) => Math.floor((i * pictures.count) / count)),
  );
  const isVisible = (sample: number, y: number, x: number): boolean =>
    y >= 0 &&
    y < H &&
    x >= 0 &&
    x < W &&
    rgba[((sample * H + y) * W + x) * 4 + 3] > spec.automaton.aliveThreshold;
  const nearby = [-1, 0, 1];
  let living = 0;
  for (let sample = 0; sample < count; sample++)
    for (let y = 0; y < H; y++)
      for (let x = 0; x < W; x++)
        if (nearby.some((dy) => nearby.some((dx) => isVisible(sample, y + dy, x + dx)))) living++;
  const share = living / (count * H * W);
  // A run with a pool goes on from pictures that are grown.
  if (run.kind === 'single' && run.mode !== 'grow') return share;
  const stepsToEdge = Math.min(spec.steps, Math.max(H, W) / 2 / EDGE_SPEED);
  // The area grows with the square of the time until it is there.
  return share * (1 - ((2 / 3) * stepsToEdge) / spec.steps);
}
