/** Adam's update as one pass over each weight, in place, on the graphics processor: see engine/training/adam.ts. */
import { ADAM_UPDATE, type AdamUpdateAttrs } from '#engine/training/adam.ts';
import type { tf } from '#engine/tf.ts';
import { gpuBackend } from './backend.ts';
import { ADAM_BYTES, adamCode, adamParameters } from './code/adam-code.ts';
import { THREADS } from './code/automaton-code.ts';

export const adamKernels: Readonly<Record<string, tf.KernelFunc>> = {
  [ADAM_UPDATE]({ inputs, backend, attrs }) {
    const own = gpuBackend(backend);
    const { gpu } = own;
    const { weight, m, v, gradient, average } = inputs;
    const size = weight!.shape.reduce((product, length) => product * length, 1);
    const buffers = [
      ...[weight!, m!, v!].map((tensor) => own.changedBuffer(tensor)),
      own.buffer(gradient!),
      ...(average === undefined ? [] : [own.changedBuffer(average)]),
    ];
    const options = own.slots.put(valuesOf(attrs as unknown as AdamUpdateAttrs));
    const { maxStorageBufferBindingSize } = gpu.device.limits;
    for (const [first, count] of partsOf(size, gpu.pace.unitsOf('adam'), maxStorageBufferBindingSize)) {
      const kernel = gpu.compiled(gpu.code('adam', [count, average !== undefined], codeOf)!);
      const group = gpu.bindGroup(kernel, [
        { buffer: own.slots.buffer, size: ADAM_BYTES },
        ...buffers.map((buffer) => ({ buffer, offset: 4 * first, size: 4 * count })),
      ]);
      own.record(kernel, group, [options], groupsOf(count, gpu.device.limits), UNITS * count);
    }
    return [];
  },
};

/** Values read and written. */
const UNITS = 7;
/** No part of a weight has fewer values, but the last. A kernel is made for each size, so sizes are powers of two. */
const LEAST = 2 ** 16;

/**
 * Ranges of a weight's values, each for a dispatch: no longer than the pace allows, and than a kernel can see.
 * @param units that fit one submission
 */
export function partsOf(size: number, units: number, mostBytes: number): [first: number, count: number][] {
  const fitting = Math.min(Math.max(LEAST, units / UNITS), mostBytes / 4);
  const count = size <= fitting ? size : 2 ** Math.floor(Math.log2(fitting));
  return Array.from({ length: Math.ceil(size / count) }, (_, i) => [
    i * count,
    Math.min(count, size - i * count),
  ]);
}

const codeOf = ([size, averaged]: readonly [number, boolean]) => adamCode(size, averaged);

/** Workgroups for that many values, in two dimensions where one is not enough. */
export function groupsOf(
  size: number,
  { maxComputeWorkgroupsPerDimension: most }: Pick<GPUSupportedLimits, 'maxComputeWorkgroupsPerDimension'>,
): [x: number, y: number] {
  const groups = Math.ceil(size / THREADS);
  const y = Math.ceil(groups / most);
  return [Math.ceil(groups / y), y];
}

function valuesOf(attrs: AdamUpdateAttrs): Float32Array<ArrayBuffer> {
  const { beta1, beta2, epsilon, gradientScale, averageDecay } = attrs;
  const values: Record<(typeof adamParameters)[number], number> = {
    ...{ beta1, beta2, epsilon, gradientScale, averageDecay },
    rate: attrs.learningRate / attrs.biasCorrection1,
    inverse2: 1 / attrs.biasCorrection2,
    rest1: 1 - beta1,
    rest2: 1 - beta2,
  };
  return Float32Array.from(adamParameters, (name) => values[name]);
}
