/**
 * The same operation on the wasm backend and on tfjs' plain CPU backend, with the same random values, and how far the
 * results are apart.
 */
import assert from 'node:assert/strict';
import { after, before, describe } from 'node:test';
import fc from 'fast-check';
import { createRandom } from '#domain/random.ts';
import { WASM_BACKEND, wasmBackend } from '#engine/kernels/wasm/backend.ts';
import { useWasmBackend } from '#engine/kernels/wasm/register.ts';
import type { KernelRuntime } from '#engine/kernels/wasm/runtime.ts';
import { tf } from '#engine/tf.ts';
import { createKernels } from '#hosts/engine/kernel-threads.ts';

/** Of the largest expected value: sums of a few thousand float32 products in another order. */
const BOUND = 1e-5;

const builds = [
  ['relaxed SIMD, two threads', { threads: 2 }],
  ['plain SIMD', { threads: 1, plain: true }],
] as const;

/** A suite for each build of the kernels, which must leave no tensor behind. */
export function describeBuilds(what: string, tests: () => void): void {
  for (const [name, options] of builds) {
    describe(`${what}, ${name}`, () => {
      let tensors = 0;
      before(async () => {
        await useWasmBackend(await createKernels(options));
        tensors = tf.memory().numTensors;
      });
      after(async () => {
        const left = tf.memory().numTensors - tensors;
        tf.removeBackend(WASM_BACKEND);
        await tf.setBackend('cpu');
        assert.equal(left, 0, 'tensors left behind');
      });
      tests();
    });
  }
}

/** Makes the wasm backend the active one; its runtime. */
export async function onWasm(): Promise<KernelRuntime> {
  await tf.setBackend(WASM_BACKEND);
  return wasmBackend(tf.backend()).runtime;
}

/** Holds what `compute` gives on one backend against what it gives on the other. */
export async function check(compute: () => tf.Tensor[]): Promise<void> {
  await tf.setBackend('cpu');
  const expected = valuesOf(compute);
  await onWasm();
  const actual = valuesOf(compute);
  assert.deepEqual(
    actual.map(({ shape }) => shape),
    expected.map(({ shape }) => shape),
  );
  for (const [i, { values }] of expected.entries()) {
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    values.forEach((value, j) => {
      const found = actual[i].values[j];
      assert.ok(Math.abs(found - value) <= BOUND * largest, `result ${i}, value ${j}: ${found} for ${value}`);
    });
  }
}

/** The same for random shapes, of which it must hold for all. */
export async function checkRandom<T>(
  shapes: fc.Arbitrary<T>,
  compute: (shape: T) => tf.Tensor[],
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(shapes, (shape) => check(() => compute(shape))),
    { numRuns: 40, seed: 11 },
  );
}

/** Standard normal values; the same for the same size and seed. */
export function noise(shape: number[], seed: number): tf.Tensor {
  const random = createRandom(seed);
  const size = shape.reduce((product, n) => product * n, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => random.normal()),
    shape,
  );
}

/** Runs a registered kernel of one result. */
export function run(
  name: string,
  inputs: Record<string, tf.Tensor>,
  attrs: Record<string, unknown> = {},
): tf.Tensor {
  return tf.engine().runKernel<tf.Tensor>(name, inputs, attrs as unknown as tf.NamedAttrMap);
}

function valuesOf(compute: () => tf.Tensor[]): { shape: number[]; values: Float32Array }[] {
  tf.engine().startScope();
  try {
    return compute().map((tensor) => ({ shape: tensor.shape, values: tensor.dataSync<'float32'>() }));
  } finally {
    tf.engine().endScope();
  }
}
