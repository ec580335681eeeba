/**
 * Frames coded by threads, a run at a time each, and given out in their order. Runs are made as threads become free, so
 * that memory does not grow with the animation; the file does not depend on how many threads there are.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { AppError } from '#domain/errors.ts';
import type { CodedMoment, FrameToCode } from './code-in-order.ts';
import type { Follower, FramePlan } from './frame-coder.ts';
import { runsOf, type Run } from './runs.ts';

const entry = new URL('./coder-thread.ts', import.meta.url);
const MOST_THREADS = 8;

export interface ThreadOptions {
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** @throws AppError cancelled, at once */
export async function* codeInThreads(
  plan: FramePlan,
  frames: AsyncIterable<FrameToCode>,
  follows: Follower,
  { threads = Math.min(MOST_THREADS, availableParallelism()), signal }: ThreadOptions,
): AsyncGenerator<CodedMoment, void, undefined> {
  const workers: CoderThread[] = [];
  const waiting: Promise<readonly CodedMoment[]>[] = [];
  let cancel = (): void => undefined;
  const cancelled = new Promise<never>((_, reject) => {
    cancel = () => reject(new AppError('cancelled', 'The animation was cancelled.'));
  });
  cancelled.catch(() => undefined);
  signal?.addEventListener('abort', cancel, { once: true });
  if (signal?.aborted === true) cancel();
  try {
    for await (const run of runsOf(frames, follows)) {
      // One more than there are threads: none waits for the next run to be made.
      if (waiting.length > threads) yield* await Promise.race([waiting[0], cancelled]);
      if (waiting.length > threads) void waiting.shift();
      if (workers.length < threads) workers.push(new CoderThread(plan));
      workers.sort((a, b) => a.load - b.load);
      const coded = workers[0].code(run);
      coded.catch(() => undefined);
      waiting.push(coded);
    }
    for (const coded of waiting) yield* await Promise.race([coded, cancelled]);
  } finally {
    signal?.removeEventListener('abort', cancel);
    for (const worker of workers) worker.end();
  }
}

class CoderThread {
  readonly #worker: Worker;
  readonly #asked: {
    resolve: (moments: readonly CodedMoment[]) => void;
    reject: (reason: unknown) => void;
  }[] = [];

  constructor(plan: FramePlan) {
    this.#worker = new Worker(entry, { workerData: plan });
    this.#worker.on('message', (moments: readonly CodedMoment[]) => this.#asked.shift()?.resolve(moments));
    this.#worker.on('error', (failure) => this.#fail(failure));
    this.#worker.on('exit', () => this.#fail(new Error('A thread that codes frames ended.')));
  }

  /** Runs that it has yet to do. */
  get load(): number {
    return this.#asked.length;
  }

  code(run: Run): Promise<readonly CodedMoment[]> {
    return new Promise((resolve, reject) => {
      this.#asked.push({ resolve, reject });
      this.#worker.postMessage(run);
    });
  }

  end(): void {
    void this.#worker.terminate();
  }

  #fail(reason: unknown): void {
    for (const { reject } of this.#asked.splice(0)) reject(reason);
  }
}
