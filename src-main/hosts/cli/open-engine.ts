/**
 * One way for every command to start the engine: the options --backend and --threads, one line on stderr that says
 * what runs and why nothing better does, and the model and style files that it works on. What is opened is closed by
 * whoever opened it: `withEngine` at the end of its work, `dispose` of a model.
 */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { ModelSpec } from '#domain/model-spec.ts';
import { AppError } from '#domain/errors.ts';
import { readModelFile, type ModelCard, type ModelFile } from '#engine/files/model-file.ts';
import { readStyleFile, type Source, type StyleFile } from '#engine/files/style-file.ts';
import { registerReferenceKernels } from '#engine/kernels/reference/register.ts';
import { useWasmBackend } from '#engine/kernels/wasm/register.ts';
import { disposeWeights, networkOf, weightShapes, type Weights } from '#engine/network/weights.ts';
import type { RolloutImplementation } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';
import { tensorsOf } from '#engine/training/tensor-values.ts';
import { createKernels } from '#hosts/engine/kernel-threads.ts';
import { readFileBytes } from '#storage/atomic-file.ts';
import type { Output } from './command.ts';

const backends = ['auto', 'wasm', 'reference', 'composed'] as const;
export type BackendChoice = (typeof backends)[number];
export type BackendName = Exclude<BackendChoice, 'auto'>;

/** For the table of options of a command that runs the engine. */
export const engineOptions = {
  backend: {
    type: 'string',
    choices: backends,
    default: 'auto',
    help: 'what computes: wasm (fast), reference or composed (slow); auto takes the fastest that works',
  },
  threads: {
    type: 'integer',
    placeholder: 'N',
    min: 1,
    max: 256,
    help: 'threads of the backend wasm; all cores if left out',
  },
} as const;

export interface EngineChoice {
  readonly backend: BackendChoice;
  readonly threads: number | undefined;
}

export interface Engine {
  readonly backend: BackendName;
  readonly threads: number;
  /** For rollouts: which one belongs to the backend. */
  readonly implementation: RolloutImplementation;
  /** What runs, and why nothing better. */
  readonly description: string;
  /** Stops the threads and frees every tensor of theirs. */
  dispose(): void;
}

export interface OpenModel {
  readonly spec: ModelSpec;
  readonly card: ModelCard;
  /** As tensors; those of a model of one image are w0, b0, w1. */
  readonly weights: Weights;
  /** The file's name and hash, for the styles made with it. */
  readonly source: Source;
  dispose(): void;
}

/** Runs `work` with an engine, which it closes whatever happens. */
export async function withEngine<T>(
  choice: EngineChoice,
  err: Output,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = await openEngine(choice, err);
  try {
    return await work(engine);
  } finally {
    engine.dispose();
  }
}

/**
 * Makes the backend the one that tfjs uses, and says so in a line on stderr.
 * @throws AppError if a backend was asked for that does not work here
 */
export async function openEngine(choice: EngineChoice, err: Output): Promise<Engine> {
  const { backend, threads } = choice;
  const isPlain = backend === 'reference' || backend === 'composed';
  if (isPlain && threads !== undefined && threads > 1) {
    throw new AppError(
      'bad-argument',
      `The backend ${backend} runs on one thread, so it cannot have ${threads}: leave --threads out.`,
    );
  }
  const engine = await (backend === 'auto' ? openBest(threads) : openBackend(backend, threads));
  err.line(`Backend ${engine.description}`);
  return engine;
}

/** A model as plain values. @throws AppError not-found, bad-file, bad-spec or mismatch */
export async function readModel(path: string): Promise<ModelFile & { readonly source: Source }> {
  const bytes = await readFileBytes(path);
  const name = basename(path);
  return { ...readModelFile(bytes, { name, expected: weightShapes }), source: sourceOf(name, bytes) };
}

/** @throws AppError not-found, bad-file, bad-spec or mismatch, with nothing loaded */
export async function openModel(path: string): Promise<OpenModel> {
  const { weights: values, ...model } = await readModel(path);
  const weights = tensorsOf(values);
  return { ...model, weights, dispose: () => disposeWeights(weights) };
}

/** A model with an encoder. @throws AppError mismatch for a model of one image, which has none */
export async function openEncoderModel(path: string): Promise<OpenModel> {
  const model = await openModel(path);
  try {
    networkOf(model.spec);
    return model;
  } catch (failure) {
    model.dispose();
    throw failure;
  }
}

/** @throws AppError not-found, bad-file, bad-spec or mismatch */
export async function openStyle(path: string): Promise<StyleFile> {
  return readStyleFile(await readFileBytes(path), { name: basename(path) });
}

/** A file by its name and a hash of its bytes. */
export function sourceOf(name: string, bytes: Uint8Array): Source {
  return { name: basename(name), hash: createHash('sha256').update(bytes).digest('hex') };
}

async function openBest(threads: number | undefined): Promise<Engine> {
  try {
    return await openBackend('wasm', threads);
  } catch (failure) {
    if (!(failure instanceof Error)) throw failure;
    const slow = await openBackend('reference', undefined);
    return { ...slow, description: `${slow.description}; wasm does not work here: ${failure.message}` };
  }
}

async function openBackend(backend: BackendName, threads: number | undefined): Promise<Engine> {
  switch (backend) {
    case 'wasm': {
      const kernels = await createKernels(threads === undefined ? {} : { threads });
      await useWasmBackend(kernels);
      return {
        backend,
        threads: kernels.threads,
        implementation: 'auto',
        description: kernels.description,
        dispose: () => {
          if (tf.findBackend('wasm')) tf.removeBackend('wasm');
        },
      };
    }
    case 'reference':
      registerReferenceKernels();
      await tf.setBackend('cpu');
      return onPlainTfjs(backend, 'auto', 'reference: plain loops on one thread');
    case 'composed':
      await tf.setBackend('cpu');
      return onPlainTfjs(backend, 'composed', 'composed: one tfjs operation after another on one thread');
  }
}

function onPlainTfjs(
  backend: BackendName,
  implementation: RolloutImplementation,
  description: string,
): Engine {
  return { backend, threads: 1, implementation, description, dispose: () => undefined };
}
