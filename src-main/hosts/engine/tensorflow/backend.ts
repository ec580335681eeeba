/**
 * tfjs-node-gpu's backend `tensorflow`, loaded from where it was set up: its kernels and its compiled binding, nothing
 * else of it. Its code asks for the package `@tensorflow/tfjs`; what stands there in its stead hands on this program's
 * own tfjs-core (SHARED_TFJS), for two copies would not know each other's tensors.
 */
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import util from 'node:util';
import { AppError } from '#domain/errors.ts';
import { registerTensorflowKernels, TENSORFLOW_BACKEND } from '#engine/kernels/tensorflow/register.ts';
import type { RolloutSettings } from '#engine/kernels/tensorflow/rollout.ts';
import { tf } from '#engine/tf.ts';
import { BINDING_FILE, readSetUp, tensorflowFolder, type TensorflowSetUp } from './place.ts';

export const TENSORFLOW_PACKAGE = '@tensorflow/tfjs-node-gpu';

/** Under this key of globalThis the stand-in for @tensorflow/tfjs finds tfjs-core. */
export const SHARED_TFJS = 'morphogen.tfjs-core';

export interface TensorflowBackend {
  readonly setUp: TensorflowSetUp;
  readonly threads: number;
  /** Whether it computes on a graphics processor. */
  readonly onGpu: boolean;
  /** Tensors of the native library. */
  tensorCount(): number;
}

/** How it rolls out; left out, as the device asks for. */
export interface TensorflowOptions extends Partial<RolloutSettings> {
  readonly folder?: string;
}

interface NativeBackend extends tf.KernelBackend {
  readonly isUsingGpuDevice: boolean;
  getNumOfTFTensors(): number;
}

interface Loaded {
  readonly make: () => NativeBackend;
  readonly setUp: TensorflowSetUp;
  readonly threads: number;
}

/** The library and its kernels stay for as long as the process does. */
let loaded: Loaded | undefined;

/**
 * Registers the backend and selects it. The number of threads is fixed by the first call in a process.
 * @throws AppError unsupported if nothing is set up, or what is set up does not load
 */
export async function useTensorflowBackend(
  threads: number = availableParallelism(),
  { folder = tensorflowFolder(), ...settings }: TensorflowOptions = {},
): Promise<TensorflowBackend> {
  const { make, setUp, threads: own } = (loaded ??= load(folder, threads));
  if (tf.findBackend(TENSORFLOW_BACKEND)) tf.removeBackend(TENSORFLOW_BACKEND);
  const backend = make();
  tf.registerBackend(TENSORFLOW_BACKEND, () => backend);
  registerTensorflowKernels(backend, settings);
  await tf.setBackend(TENSORFLOW_BACKEND);
  const tensorCount = (): number => backend.getNumOfTFTensors();
  return { setUp, threads: own, onGpu: backend.isUsingGpuDevice, tensorCount };
}

/** What computes, in a few words. */
export function describeTensorflow({ setUp, threads, onGpu }: TensorflowBackend): string {
  const where = onGpu ? 'the graphics processor' : `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return `TensorFlow ${setUp.version} on ${where}`;
}

function load(folder: string, threads: number): Loaded {
  const setUp = readSetUp(folder);
  if (setUp === null) {
    throw new AppError(
      'unsupported',
      'TensorFlow is not set up on this machine; run `npm run setup:tensorflow` once, or choose another backend.',
    );
  }
  prepareProcess(threads);
  const fromThere = createRequire(join(folder, 'node_modules', 'from-here.js'));
  try {
    const binding: unknown = fromThere(join(folder, BINDING_FILE));
    fromThere(`${TENSORFLOW_PACKAGE}/dist/register_all_kernels.js`);
    const { NodeJSKernelBackend: Backend } = fromThere(
      `${TENSORFLOW_PACKAGE}/dist/nodejs_kernel_backend.js`,
    ) as { NodeJSKernelBackend: new (binding: unknown, name: string) => NativeBackend };
    return { make: () => new Backend(binding, TENSORFLOW_PACKAGE), setUp, threads };
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message.split('\n', 1)[0] : String(cause);
    throw new AppError(
      'unsupported',
      `TensorFlow is set up in ${folder} but does not load (${detail}); run \`npm run setup:tensorflow\` again.`,
      { cause },
    );
  }
}

/** What the library reads from the environment when it starts, and what its JavaScript expects of Node. */
function prepareProcess(threads: number): void {
  const { env } = process;
  env['TF_NUM_INTRAOP_THREADS'] ??= String(threads);
  env['TF_NUM_INTEROP_THREADS'] ??= '1';
  // Errors only; else it tells of itself on stderr.
  env['TF_CPP_MIN_LOG_LEVEL'] ??= '2';
  // As memory is needed, not all of the processor's at once.
  env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true';
  // Gone or to go since Node 23, and the package's last version asks for them.
  const old: Record<string, (value: unknown) => boolean> = {
    isNullOrUndefined: (value) => value === null || value === undefined,
    isArray: Array.isArray,
  };
  for (const [name, value] of Object.entries(old)) {
    Object.defineProperty(util, name, { value, configurable: true, writable: true });
  }
  const value = { ...tf, KernelBackend: callableKernelBackend };
  Object.defineProperty(globalThis, Symbol.for(SHARED_TFJS), { value, configurable: true });
}

/**
 * tf.KernelBackend to inherit from in the old way, by calling it: tfjs-node-gpu is compiled to ES5, and in the desktop's
 * bundles tfjs-core has real classes, which refuse that.
 */
function callableKernelBackend(this: unknown): unknown {
  return this;
}
callableKernelBackend.prototype = tf.KernelBackend.prototype;
