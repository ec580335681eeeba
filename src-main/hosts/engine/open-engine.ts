/**
 * The engine in this process: the backend that tfjs computes with, its threads, and a line that says what runs and why
 * nothing better does.
 */
import type { BackendChoice, EngineInfo } from '#contract/shapes/engine-state.ts';
import { AppError } from '#domain/errors.ts';
import { registerReferenceKernels } from '#engine/kernels/reference/register.ts';
import type { Heap } from '#engine/kernels/wasm/heap.ts';
import { TENSORFLOW_BACKEND } from '#engine/kernels/tensorflow/register.ts';
import { UNWATCHED_MS, WATCHED_MS } from '#engine/kernels/webgpu/submission-pace.ts';
import { useWasmBackend } from '#engine/kernels/wasm/register.ts';
import type { RolloutImplementation } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';
import { createKernels } from './kernel-threads.ts';
import { describeTensorflow, useTensorflowBackend } from './tensorflow/backend.ts';
import { NoProcessorError } from './webgpu/dawn.ts';
import { openWebgpu } from './webgpu/open-webgpu.ts';

export type BackendName = EngineInfo['backend'];

export interface EngineChoice {
  readonly backend: BackendChoice;
  /** All cores if left out. */
  readonly threads?: number | undefined;
  /** A window is live beside it: a graphics processor draws that, too, and must find the time to. */
  readonly isWatched?: boolean;
}

export interface Engine {
  readonly backend: BackendName;
  readonly threads: number;
  /** A graphics processor that the main processor plays. */
  readonly isSoftware: boolean;
  /** The graphics processor's name; null where none computes. */
  readonly graphics: string | null;
  /** For rollouts: which one belongs to the backend. */
  readonly implementation: RolloutImplementation;
  /** What runs. */
  readonly brief: string;
  /** What runs, and why nothing better. */
  readonly description: string;
  /** Where tensors lie and what is left of it stays; null where JavaScript has them. */
  readonly heap: Pick<Heap, 'totalBytes' | 'peakBytes' | 'startPeak'> | null;
  /** Whether a thread, or the graphics processor, was lost, after which nothing works any more. */
  isBroken(): boolean;
  /** Stops the threads and frees every tensor of theirs. */
  dispose(): void;
}

/**
 * Makes the backend the one that tfjs uses.
 * @throws AppError if a backend was asked for that does not work here
 */
export async function openEngine({ backend, threads, isWatched = false }: EngineChoice): Promise<Engine> {
  const isPlain = backend === 'reference' || backend === 'composed';
  if (isPlain && threads !== undefined && threads > 1) {
    throw new AppError(
      'bad-argument',
      `The backend ${backend} runs on one thread, so it cannot have ${threads}: leave the number of threads out.`,
    );
  }
  if (backend === 'auto') return openBest(threads, isWatched);
  return openBackend(backend, threads, isWatched);
}

/** A graphics processor, unless the number of threads was asked for; then wasm; then what works anywhere. */
async function openBest(threads: number | undefined, isWatched: boolean): Promise<Engine> {
  let why = '';
  if (threads === undefined) {
    try {
      return await openGpu({ softwareToo: false, isWatched });
    } catch (failure) {
      if (!(failure instanceof Error)) throw failure;
      // `doctor` tells the whole.
      why = `; ${failure instanceof NoProcessorError ? failure.brief : failure.message.replace(/\.$/, '')}`;
    }
  }
  const engine = await openBestOfProcessor(threads);
  return { ...engine, description: engine.description + why };
}

async function openBestOfProcessor(threads: number | undefined): Promise<Engine> {
  try {
    return await openBackend('wasm', threads);
  } catch (failure) {
    if (!(failure instanceof Error)) throw failure;
    const slow = await openBackend('reference', undefined);
    return { ...slow, description: `${slow.description}; wasm does not work here: ${failure.message}` };
  }
}

async function openBackend(
  backend: BackendName,
  threads: number | undefined,
  isWatched = false,
): Promise<Engine> {
  switch (backend) {
    case 'wasm': {
      const kernels = await createKernels(threads === undefined ? {} : { threads });
      await useWasmBackend(kernels);
      return {
        backend,
        threads: kernels.threads,
        isSoftware: false,
        graphics: null,
        implementation: 'auto',
        brief: kernels.description,
        description: kernels.description,
        heap: kernels.heap,
        isBroken: () => kernels.isBroken,
        dispose: () => {
          if (tf.findBackend('wasm')) tf.removeBackend('wasm');
        },
      };
    }
    case 'tensorflow': {
      const native = await useTensorflowBackend(threads);
      return {
        ...onPlainTfjs(backend, 'auto', `tensorflow: ${describeTensorflow(native)}`),
        threads: native.threads,
        dispose: () => {
          if (tf.findBackend(TENSORFLOW_BACKEND)) tf.removeBackend(TENSORFLOW_BACKEND);
        },
      };
    }
    case 'webgpu':
      return openGpu({ softwareToo: true, isWatched });
    case 'reference':
      registerReferenceKernels();
      await tf.setBackend('cpu');
      return onPlainTfjs(backend, 'auto', 'reference: plain loops on one thread');
    case 'composed':
      await tf.setBackend('cpu');
      return onPlainTfjs(backend, 'composed', 'composed: one tfjs operation after another on one thread');
  }
}

async function openGpu({
  softwareToo,
  isWatched,
}: {
  softwareToo: boolean;
  isWatched: boolean;
}): Promise<Engine> {
  const gpu = await openWebgpu({ softwareToo, submissionMs: isWatched ? WATCHED_MS : UNWATCHED_MS });
  const what = gpu.isSoftware ? `${gpu.name}, software: slower than wasm` : gpu.name;
  const others = gpu.passedOver.map(({ why }) => `; ${why.replace(/\.$/, '')}`).join('');
  return {
    ...onPlainTfjs('webgpu', 'auto', `webgpu: ${what}`),
    description: `webgpu: ${what}${others}`,
    isSoftware: gpu.isSoftware,
    graphics: gpu.name,
    isBroken: () => gpu.backend.gpu.isLost,
    dispose: () => gpu.close(),
  };
}

function onPlainTfjs(
  backend: BackendName,
  implementation: RolloutImplementation,
  description: string,
): Engine {
  return {
    backend,
    threads: 1,
    isSoftware: false,
    graphics: null,
    implementation,
    brief: description,
    description,
    heap: null,
    isBroken: () => false,
    dispose: () => undefined,
  };
}
