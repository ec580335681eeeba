/** Adam's update as one pass over each weight, in place, on the graphics processor: see engine/training/adam.ts. */
import { ADAM_UPDATE, type AdamUpdateAttrs } from '#engine/training/adam.ts';
import type { tf } from '#engine/tf.ts';
import { gpuBackend } from './backend.ts';
import { ADAM_BYTES, adamCode, adamParameters } from './code/adam-code.ts';
import { THREADS } from './code/automaton-code.ts';
import { BUFFER_UNIFORM } from './gpu.ts';
import { Submission } from './submission.ts';

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
    own.submitCollected();
    const kernel = gpu.compiled(gpu.code('adam', [size, average !== undefined], codeOf)!);
    const options = gpu.scratch('adam', 256, BUFFER_UNIFORM);
    gpu.device.queue.writeBuffer(options, 0, valuesOf(attrs as unknown as AdamUpdateAttrs));
    const group = gpu.bindGroup(kernel, [{ buffer: options, size: ADAM_BYTES }, ...buffers]);
    const work = new Submission(gpu);
    work.dispatch(kernel, group, [0], groupsOf(size, gpu.device.limits), 4 * size);
    work.submit();
    return [];
  },
};

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
