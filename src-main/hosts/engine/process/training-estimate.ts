/**
 * What a training would cost here: a few iterations of it, with its pictures, on this engine. Newborn models are fast, for
 * their cells die early; what a trained one takes is put together from that and from iterations with every cell alive.
 */
import { rmdir } from 'node:fs/promises';
import process from 'node:process';
import { setImmediate as immediately } from 'node:timers/promises';
import type { Params, ResultIn } from '#contract/contract.ts';
import type { EngineContract } from '#contract/engine-contract.ts';
import type { CallContext } from '#contract/rpc.ts';
import { AppError } from '#domain/errors.ts';
import type { Engine } from '../open-engine.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import type { Dataset } from '#media/dataset.ts';
import { createTrainingJob, type TrainingJob } from '../training-job.ts';
import { splitPictures } from '../training-start.ts';
import { loadPictures } from './training-pictures.ts';
import { freshStart, pathsIn, type RunStart } from './training-run-start.ts';

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
/** A threshold that every value is above. */
const EVERY_CELL = -1e30;

/** @throws AppError cancelled, out-of-memory and what reading the pictures throws */
export async function estimateTraining(
  { implementation, description, heap }: Engine,
  params: Estimate,
  { signal, progress }: CallContext<{ phase: string }>,
): Promise<ResultIn<EngineContract, 'training.estimate'>> {
  const start = await freshStart(params);
  await progress({ phase: 'Reading the pictures' });
  const pictures = await loadPictures(params, start.spec, { signal, progress: () => Promise.resolve() });
  await progress({ phase: 'Measuring a few iterations' });
  const { rss } = process.memoryUsage();
  const freeBytes = process.availableMemory() + rss;
  const largestRss = { bytes: rss };
  heap?.startPeak();
  const measure = async (spec: ModelSpec): Promise<number> => {
    const job = await createTrainingJob({
      ...start,
      spec,
      ...splitPictures(spec, { count: pictures.count, seed: start.seed }),
      ...{ pictures, implementation, backend: description, data: '', dtype: 'F16' },
      paths: pathsIn(params.folder),
    });
    try {
      return await msPerStep(job.trainer, signal, largestRss);
    } finally {
      job.dispose();
    }
  };
  const { spec } = start;
  let newbornMs: number;
  let denseMs: number;
  try {
    newbornMs = await measure(spec);
    denseMs = await measure({ ...spec, automaton: { ...spec.automaton, aliveThreshold: EVERY_CELL } });
  } finally {
    // It was made for files that a run would write; a run's own has some.
    await rmdir(params.folder).catch(() => undefined);
  }
  const msPerIteration = newbornMs + Math.max(0, denseMs - newbornMs) * livingShare(start, pictures);
  // What a larger run left in the heap is not this one's.
  const peakBytes =
    heap === null ? largestRss.bytes : Math.max(0, largestRss.bytes - heap.totalBytes) + heap.peakBytes;
  const { iterations } = start;
  return {
    ...{ iterations, msPerIteration, peakBytes, freeBytes },
    batch: start.run.options.batchSize,
    seconds: (iterations * msPerIteration * BESIDES) / 1000,
  };
}

/** Of a few iterations, the mean. */
async function msPerStep(
  trainer: TrainingJob['trainer'],
  signal: AbortSignal,
  largestRss: { bytes: number },
): Promise<number> {
  const times: number[] = [];
  const beginMs = performance.now();
  for (let made = 0; made < WARM_UP + MEASURED; made++) {
    if (signal.aborted) throw new AppError('cancelled', 'Measuring was cancelled.');
    if (made > WARM_UP && performance.now() - beginMs > MEASURE_AT_MOST_MS) break;
    const startMs = performance.now();
    await trainer.step();
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
