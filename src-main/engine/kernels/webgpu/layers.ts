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

export const layerKernels: Readonly<Record<string, tf.KernelFunc>> = {
  [tf.Conv2DBackpropFilter]({ inputs, backend, attrs }) {
    const own = gpuBackend(backend);
    const { x, dy } = inputs;
    const { strides, pad, filterShape } = attrs as unknown as tf.Conv2DBackpropFilterAttrs;
    const shape = filterGradientShape(x!, strides, pad, filterShape);
    const { M, N, positions, tiles, parts } = filterGradientPlan(shape);
    const gradient = own.output(filterShape);
    const operands = [own.buffer(x!), own.buffer(dy!)];
    const kernel = ['filter gradient', shape, filterGradientCode] as const;
    const sums = parts === 1 ? gradient : own.output([parts, M * N]);
    dispatch(own, kernel, [...operands, sums.buffer], [tiles, parts], M * N * positions);
    if (parts === 1) return gradient;
    sumColumns(own, sums, parts, M * N, gradient);
    own.disposeData(sums.dataId);
    return gradient;
  },

  [BIAS_GRADIENT]({ inputs, backend }) {
    const own = gpuBackend(backend);
    const dy = inputs['dy']!;
    const columns = dy.shape[dy.shape.length - 1];
    const gradient = own.output([columns]);
    const given = { ...dy, buffer: own.buffer(dy) };
    sumColumns(own, given, sizeOf(dy.shape) / columns, columns, gradient);
    return gradient;
  },

  [RELU_MASK]({ inputs, backend }) {
    const own = gpuBackend(backend);
    const { dy, y } = inputs;
    const masked = own.output(dy!.shape);
    const buffers = [own.buffer(dy!), own.buffer(y!), masked.buffer];
    const size = sizeOf(dy!.shape);
    const groups = groupsOf(size, own.gpu.device.limits);
    dispatch(own, ['mask', { size, across: groups[0] }, maskCode], buffers, groups, 3 * size);
    return masked;
  },
};

type Buffered = tf.TensorInfo & { readonly buffer: GPUBuffer };

/** Sums of all rows of x [rows, columns] into `total`, ROWS at a time. */
function sumColumns(own: GpuBackend, x: Buffered, rows: number, columns: number, total: Buffered): void {
  const made: Buffered[] = [];
  let [from, left] = [x, rows];
  for (;;) {
    const parts = Math.ceil(left / ROWS);
    const to = parts === 1 ? total : own.output([parts, columns]);
    const kernel = ['column sums', { rows: left, columns }, columnSumsCode] as const;
    const groups = [Math.ceil(columns / 16), parts] as const;
    dispatch(own, kernel, [from.buffer, to.buffer], groups, 4 * left * columns);
    if (parts === 1) break;
    made.push(to);
    [from, left] = [to, parts];
  }
  for (const { dataId } of made) own.disposeData(dataId);
}

function dispatch<S>(
  own: GpuBackend,
  [name, shape, build]: readonly [name: string, shape: S, build: (shape: S) => KernelCode],
  buffers: readonly GPUBuffer[],
  groups: readonly [x: number, y: number],
  units: number,
): void {
  const { gpu, slots } = own;
  const kernel = gpu.compiled(gpu.code(name, shape, build)!);
  const group = gpu.bindGroup(kernel, [{ buffer: slots.buffer, size: ORIGIN_BYTES }, ...buffers]);
  own.recordInParts(kernel, group, groups, units);
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
