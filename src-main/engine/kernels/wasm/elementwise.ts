/** Passes over whole arrays: the network's ReLU masks and bias gradients, equal-shaped sums and products, Adam. */
import { BIAS_GRADIENT, RELU_MASK } from '#engine/network/layers.ts';
import { tf } from '#engine/tf.ts';
import { ADAM_UPDATE, type AdamUpdateAttrs } from '#engine/training/adam.ts';
import { SUM_OF_SQUARES } from '#engine/training/gradients.ts';
import { wasmBackend } from './backend.ts';
import { operations } from './runtime.ts';

const RUN = 16384;
const codes = { multiply: 0, add: 1, mask: 2 } as const;

function binary(
  call: Parameters<tf.KernelFunc>[0],
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  code: number,
): tf.TensorInfo {
  const wasm = wasmBackend(call.backend);
  const out = wasm.output(a.shape);
  const size = a.shape.reduce((x, y) => x * y, 1);
  const words = [wasm.address(a), wasm.address(b), out.address, size, code];
  wasm.runtime.runWords(operations.binary, words, Math.ceil(size / RUN));
  return out;
}

/** Worth the heap only for arrays of some length and equal shape; the rest stays with the plain loops. */
function worthwhile(a: tf.TensorInfo, b: tf.TensorInfo): boolean {
  const size = a.shape.reduce((x, y) => x * y, 1);
  return size >= 4096 && a.dtype === 'float32' && b.dtype === 'float32' && a.shape.join() === b.shape.join();
}

export const elementwiseKernels: Readonly<Record<string, (plain: tf.KernelFunc) => tf.KernelFunc>> = {
  [tf.Multiply]: (plain) => (call) => {
    const { a, b } = call.inputs;
    return worthwhile(a!, b!) ? binary(call, a!, b!, codes.multiply) : plain(call);
  },
  [tf.Add]: (plain) => (call) => {
    const { a, b } = call.inputs;
    return worthwhile(a!, b!) ? binary(call, a!, b!, codes.add) : plain(call);
  },
  [RELU_MASK]: () => (call) => binary(call, call.inputs['dy']!, call.inputs['y']!, codes.mask),
  [BIAS_GRADIENT]: () => (call) => {
    const wasm = wasmBackend(call.backend);
    const dy = call.inputs['dy']!;
    const columns = dy.shape.at(-1)!;
    const rows = dy.shape.slice(0, -1).reduce((x, y) => x * y, 1);
    const out = wasm.output([columns]);
    wasm.runtime.runWords(
      operations.columnSum,
      [wasm.address(dy), 0, out.address, rows, columns],
      Math.ceil(columns / 16),
    );
    return out;
  },
  [SUM_OF_SQUARES]: () => (call) => {
    const wasm = wasmBackend(call.backend);
    const { heap } = wasm.runtime;
    const x = call.inputs['x']!;
    const size = x.shape.reduce((a, b) => a * b, 1);
    const runs = Math.ceil(size / RUN);
    const sums = heap.allocate(runs * 8);
    wasm.runtime.runWords(operations.squareSum, [wasm.address(x), 0, sums, size], runs);
    const total = new Float64Array(heap.memory.buffer, sums, runs).reduce((a, b) => a + b, 0);
    heap.release(sums);
    return wasm.makeTensorInfo([], 'float32', Float32Array.of(total));
  },
  [ADAM_UPDATE]: () => (call) => {
    const wasm = wasmBackend(call.backend);
    const { weight, m, v, gradient, average } = call.inputs;
    const a = call.attrs as unknown as AdamUpdateAttrs;
    const size = weight!.shape.reduce((x, y) => x * y, 1);
    const float = (value: number) => ({ float: value });
    const words = [
      wasm.address(weight!),
      wasm.address(m!),
      wasm.address(v!),
      size,
      wasm.address(gradient!),
      average ? wasm.address(average) : 0,
      float(a.learningRate),
      float(1 - a.beta1),
      float(1 - a.beta2),
      float(a.epsilon),
      float(1 / a.biasCorrection1),
      float(1 / a.biasCorrection2),
      float(a.gradientScale),
      float(1 - a.averageDecay),
    ];
    wasm.runtime.runWords(operations.adam, words, Math.ceil(size / RUN));
    return [];
  },
};
