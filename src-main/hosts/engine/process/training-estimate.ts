/** What a training would cost here: a few iterations of it, with its pictures, on this engine. */
import { rmdir } from 'node:fs/promises';
import process from 'node:process';
import { setImmediate as immediately } from 'node:timers/promises';
import type { Params, ResultIn } from '#contract/contract.ts';
import type { EngineContract } from '#contract/engine-contract.ts';
import type { CallContext } from '#contract/rpc.ts';
import { AppError } from '#domain/errors.ts';
import type { Engine } from '../open-engine.ts';
import { createTrainingJob } from '../training-job.ts';
import { splitPictures } from '../training-start.ts';
import { loadPictures } from './training-pictures.ts';
import { freshStart, pathsIn } from './training-run-start.ts';

type Estimate = Params<EngineContract, 'training.estimate'>;

/** The first one also makes room for all that it needs, so it is not counted. */
const WARM_UP = 1;
const MEASURED = 4;
const MEASURE_AT_MOST_MS = 8000;
/** Judging, previews and saving take their time, too. */
const BESIDES = 1.05;

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
  const job = await createTrainingJob({
    ...start,
    ...splitPictures(start.spec, { count: pictures.count, seed: start.seed }),
    ...{ pictures, implementation, backend: description, data: '', dtype: 'F16' },
    paths: pathsIn(params.folder),
  });
  const times: number[] = [];
  let largestRss = rss;
  heap?.startPeak();
  try {
    const beginMs = performance.now();
    for (let made = 0; made < WARM_UP + MEASURED; made++) {
      if (signal.aborted) throw new AppError('cancelled', 'Measuring was cancelled.');
      if (made > WARM_UP && performance.now() - beginMs > MEASURE_AT_MOST_MS) break;
      const startMs = performance.now();
      await job.trainer.step();
      if (made >= WARM_UP) times.push(performance.now() - startMs);
      largestRss = Math.max(largestRss, process.memoryUsage.rss());
      await immediately();
    }
  } finally {
    job.dispose();
    // It was made for files that a run would write; a run's own has some.
    await rmdir(params.folder).catch(() => undefined);
  }
  // What a larger run left in the heap is not this one's.
  const peakBytes = heap === null ? largestRss : Math.max(0, largestRss - heap.totalBytes) + heap.peakBytes;
  const msPerIteration = times.reduce((sum, ms) => sum + ms, 0) / times.length;
  const { iterations } = start;
  return {
    ...{ iterations, msPerIteration, peakBytes, freeBytes },
    batch: start.run.options.batchSize,
    seconds: (iterations * msPerIteration * BESIDES) / 1000,
  };
}
