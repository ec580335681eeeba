/**
 * The rollouts that the parity suite holds against the reference: a tfjs backend, and how it runs. Those that this
 * machine lacks say why, and the suite prints it.
 */
import { registerReferenceKernels } from '#engine/kernels/reference/register.ts';
import type { WasmOptions } from '#engine/kernels/wasm/backend.ts';
import { TENSORFLOW_BACKEND } from '#engine/kernels/tensorflow/register.ts';
import { useWasmBackend } from '#engine/kernels/wasm/register.ts';
import type { ComposedMemory } from '#engine/rollout/composed.ts';
import type { RolloutImplementation } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';
import { createKernels } from '#hosts/engine/kernel-threads.ts';
import { useTensorflowBackend, type TensorflowOptions } from '#hosts/engine/tensorflow/backend.ts';
import { readSetUp } from '#hosts/engine/tensorflow/place.ts';

export interface Implementation {
  readonly name: string;
  readonly implementation: RolloutImplementation;
  readonly memory?: ComposedMemory;
  /**
   * How much of the suite runs, for a slow implementation would take minutes: `all`; `part`: the first sample of all
   * but the largest fixtures, and fewer random cases; `least`: of the smallest fixtures only.
   */
  readonly extent: 'all' | 'part' | 'least';
  /** null, or why it cannot run here. */
  available(): Promise<string | null>;
  /** Makes its tfjs backend the active one. */
  setUp(): Promise<void>;
  tearDown(): Promise<void>;
}

export const implementations: readonly Implementation[] = [
  onCpu('reference', { implementation: 'auto', extent: 'all' }),
  onCpu('composed, √T states', { implementation: 'composed', memory: 'sqrt', extent: 'part' }),
  onCpu('composed, every state', { implementation: 'composed', memory: 'every', extent: 'least' }),
  onWasm('wasm, two threads', { threads: 2 }),
  onWasm('wasm, one thread', { threads: 1 }),
  onWasm('wasm, plain SIMD', { threads: 1, plain: true }),
  // Some steps of most cases fit, the others keep their state and compute it again.
  onWasm('wasm, little memory', { threads: 2 }, { keepBytes: 15_000 }),
  onWasm('wasm, no memory', { threads: 1 }, { keepBytes: 0 }),
  onTensorflow('tensorflow', 'all'),
  // As on graphics processors.
  onTensorflow('tensorflow, every cell', 'part', { chooses: false }),
  onTensorflow('tensorflow, little memory', 'part', { keepBytes: 15_000 }),
  onTensorflow('tensorflow, no memory, every cell', 'least', { chooses: false, keepBytes: 0 }),
];

function onCpu(
  name: string,
  how: Pick<Implementation, 'implementation' | 'memory' | 'extent'>,
): Implementation {
  return {
    name,
    ...how,
    available: async () => null,
    async setUp() {
      registerReferenceKernels();
      await tf.setBackend('cpu');
    },
    async tearDown() {},
  };
}

/** Where it was set up: `npm run setup:tensorflow`. */
function onTensorflow(
  name: string,
  extent: Implementation['extent'],
  options: TensorflowOptions = {},
): Implementation {
  return {
    name,
    implementation: 'auto',
    extent,
    async available() {
      return readSetUp() === null ? 'TensorFlow is not set up' : null;
    },
    async setUp() {
      await useTensorflowBackend(2, options);
    },
    async tearDown() {
      tf.removeBackend(TENSORFLOW_BACKEND);
    },
  };
}

function onWasm(
  name: string,
  { threads, plain = false }: { threads: number; plain?: boolean },
  options?: WasmOptions,
): Implementation {
  return {
    name,
    implementation: 'auto',
    extent: 'all',
    async available() {
      const kernels = await createKernels({ threads: 1 });
      const { relaxed, description } = kernels;
      kernels.dispose();
      return plain || relaxed ? null : description;
    },
    async setUp() {
      await useWasmBackend(await createKernels({ threads, plain }), options);
    },
    async tearDown() {
      tf.removeBackend('wasm');
    },
  };
}
