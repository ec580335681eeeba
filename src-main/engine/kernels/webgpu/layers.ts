/**
 * Gradients of a network's layers on the graphics processor, in place of tfjs's own where those are slow or lay out copies:
 * of a convolution's filter, of biases (the sum over all but the last axis), and of ReLU.
 */
import { BIAS_GRADIENT, RELU_MASK } from '#engine/network/layers.ts';
import { tf } from '#engine/tf.ts';
import { groupsOf } from './adam.ts';
import { gpuBackend, type GpuBackend } from './backend.ts';
import { ORIGIN_BYTES } from './code/automaton-code.ts';
import {
  columnSumsCode,
  filterGradientCode,
  filterGradientPlan,
  maskCode,
  ROWS,
  type FilterGradientShape,
} from './code/layer-code.ts';
import type { KernelCode } from './code/kernel-code.ts';
import { Slices } from './slices.ts';
import { Submission } from './submission.ts';

export const layerKernels: Readonly<Record<string, tf.KernelFunc>> = {
  [tf.Conv2DBackpropFilter]({ inputs, backend, attrs }) {
    const own = gpuBackend(backend);
    const { x, dy } = inputs;
    const { strides, pad, filterShape } = attrs as unknown as tf.Conv2DBackpropFilterAttrs;
    const shape = filterGradientShape(x!, strides, pad, filterShape);
    const { M, N, positions, tiles, parts } = filterGradientPlan(shape);
    const gradient = own.output(filterShape);
    const operands = [own.buffer(x!), own.buffer(dy!)];
    if (parts === 1) {
      const run = new LayerRun(own);
      run.dispatch(
        'filter gradient',
        shape,
        filterGradientCode,
        [...operands, gradient.buffer],
        [tiles, 1],
        M * N * positions,
      );
      run.end();
      return gradient;
    }
    const sums = own.output([parts, M * N]);
    const run = new LayerRun(own);
    run.dispatch(
      'filter gradient',
      shape,
      filterGradientCode,
      [...operands, sums.buffer],
      [tiles, parts],
      M * N * positions,
    );
    sumColumns(own, run, sums, parts, M * N, gradient);
    run.end();
    own.disposeData(sums.dataId);
    return gradient;
  },

  [BIAS_GRADIENT]({ inputs, backend }) {
    const own = gpuBackend(backend);
    const dy = inputs['dy']!;
    const columns = dy.shape[dy.shape.length - 1];
    const gradient = own.output([columns]);
    const given = { ...dy, buffer: own.buffer(dy) };
    const run = new LayerRun(own);
    sumColumns(own, run, given, sizeOf(dy.shape) / columns, columns, gradient);
    run.end();
    return gradient;
  },

  [RELU_MASK]({ inputs, backend }) {
    const own = gpuBackend(backend);
    const { dy, y } = inputs;
    const masked = own.output(dy!.shape);
    const buffers = [own.buffer(dy!), own.buffer(y!), masked.buffer];
    const size = sizeOf(dy!.shape);
    const groups = groupsOf(size, own.gpu.device.limits);
    const run = new LayerRun(own);
    run.dispatch('mask', { size, across: groups[0] }, maskCode, buffers, groups, 3 * size);
    run.end();
    return masked;
  },
};

type Buffered = tf.TensorInfo & { readonly buffer: GPUBuffer };

/** Sums of all rows of x [rows, columns] into `total`, ROWS at a time. */
function sumColumns(
  own: GpuBackend,
  run: LayerRun,
  x: Buffered,
  rows: number,
  columns: number,
  total: Buffered,
): void {
  const made: tf.TensorInfo[] = [];
  let [from, left] = [x, rows];
  for (;;) {
    const parts = Math.ceil(left / ROWS);
    const to = parts === 1 ? total : own.output([parts, columns]);
    const groups = [Math.ceil(columns / 16), parts] as const;
    run.dispatch(
      'column sums',
      { rows: left, columns },
      columnSumsCode,
      [from.buffer, to.buffer],
      groups,
      4 * left * columns,
    );
    if (parts === 1) break;
    made.push(to);
    [from, left] = [to, parts];
  }
  for (const { dataId } of made) run.disposeAtEnd(dataId);
}

/** Dispatches in their order, cut where they are long. */
class LayerRun {
  readonly #own: GpuBackend;
  readonly #slices: Slices;
  readonly #work: Submission;
  readonly #made: object[] = [];

  constructor(own: GpuBackend) {
    this.#own = own;
    own.submitCollected();
    const { gpu } = own;
    this.#slices = new Slices(gpu, Math.max(ORIGIN_BYTES, gpu.device.limits.minUniformBufferOffsetAlignment));
    this.#work = new Submission(gpu);
  }

  dispatch<S>(
    name: string,
    shape: S,
    build: (shape: S) => KernelCode,
    buffers: readonly GPUBuffer[],
    groups: readonly [x: number, y: number],
    units: number,
  ): void {
    const { gpu } = this.#own;
    const kernel = gpu.compiled(gpu.code(name, shape, build)!);
    const group = gpu.bindGroup(kernel, [this.#slices.bound, ...buffers]);
    for (const slice of this.#slices.of(groups, { kind: kernel.label, units })) {
      this.#work.dispatch(kernel, group, [slice.origin], slice.extent, slice.units);
    }
  }

  /** What lies between two dispatches is free for others when both are handed over. */
  disposeAtEnd(dataId: object): void {
    this.#made.push(dataId);
  }

  end(): void {
    this.#work.submit();
    for (const dataId of this.#made) this.#own.disposeData(dataId);
  }
}

function filterGradientShape(
  x: tf.TensorInfo,
  strides: tf.Conv2DBackpropFilterAttrs['strides'],
  pad: tf.Conv2DBackpropFilterAttrs['pad'],
  filterShape: [number, number, number, number],
): FilterGradientShape {
  const info = tf.backend_util.computeConv2DInfo(
    x.shape as [number, number, number, number],
    filterShape,
    strides,
    1,
    pad,
  );
  if (info.strideHeight !== info.strideWidth) throw new Error('Strides must be the same both ways.');
  return {
    ...{ height: info.inHeight, width: info.inWidth, inputs: info.inChannels, batch: info.batchSize },
    ...{ outHeight: info.outHeight, outWidth: info.outWidth, outputs: info.outChannels },
    ...{ filterHeight: info.filterHeight, filterWidth: info.filterWidth, stride: info.strideHeight },
    ...{ top: info.padInfo.top, left: info.padInfo.left },
  };
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
