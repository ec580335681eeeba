/** Node's worker threads and files, handed to the engine's kernels, which know neither. */
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { AppError } from '#domain/errors.ts';
import { KernelRuntime, type KernelBinaries, type ThreadHost } from '#engine/kernels/wasm/runtime.ts';

const entry = new URL('./kernel-thread.ts', import.meta.url);
const build = new URL('../../engine/kernels/wasm/build/', import.meta.url);

export const nodeThreads: ThreadHost = {
  start(start, ended) {
    const worker = new Worker(entry, { workerData: start });
    return new Promise((resolve, reject) => {
      let stopped = false;
      const stop = (): void => {
        stopped = true;
        void worker.terminate();
      };
      worker.once('message', () => {
        // Only now, or a process that waits for nothing else would end before its threads are there.
        worker.unref();
        resolve({ stop });
      });
      worker.on('error', reject);
      worker.once('exit', (code) => {
        reject(new Error(`A thread of the engine ended before it began, with code ${code}.`));
        if (!stopped) ended();
      });
    });
  },
};

export async function readKernels(): Promise<KernelBinaries> {
  try {
    const [relaxed, simd] = await Promise.all([
      readFile(new URL('relaxed.wasm', build)),
      readFile(new URL('simd.wasm', build)),
    ]);
    return { relaxed, simd };
  } catch (cause) {
    throw new AppError('not-found', 'The compiled kernels are missing; run `npm run build` once.', { cause });
  }
}

/** The kernels on this machine, on all its cores unless told otherwise. */
export async function createKernels(
  options: { threads?: number; plain?: boolean } = {},
): Promise<KernelRuntime> {
  return KernelRuntime.create({
    binaries: await readKernels(),
    threads: options.threads ?? availableParallelism(),
    host: nodeThreads,
    plain: options.plain ?? false,
  });
}
