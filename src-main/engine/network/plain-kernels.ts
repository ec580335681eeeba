/**
 * Kernels of our own for the network and the optimiser, as plain loops over the typed arrays of tfjs' CPU backend, and
 * of any backend that keeps its tensors as its subclass does. tfjs' own ops would do the same work through broadcasting
 * and transposing; a backend may register faster ones under the same names, and is then expected to match these.
 */
import { tf } from '#engine/tf.ts';

/** What the plain kernels need of a backend: tfjs' MathBackendCPU and its subclasses have it. */
export interface PlainBackend {
  readonly data: { get(id: object): { values: Float32Array } };
  makeTensorInfo(shape: number[], dtype: 'float32', values: Float32Array): tf.TensorInfo;
}

export interface PlainCall {
  readonly inputs: Readonly<Record<string, tf.TensorInfo | undefined>>;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly backend: PlainBackend;
}

/** The array behind a tensor, to read or to change in place. */
export function valuesOf(call: PlainCall, name: string): Float32Array {
  return call.backend.data.get(inputOf(call, name).dataId).values;
}

export function shapeOf(call: PlainCall, name: string): readonly number[] {
  return inputOf(call, name).shape;
}

/** Registers the loops for the `cpu` backend, once. */
export function registerPlainKernel(
  kernelName: string,
  run: (call: PlainCall) => tf.TensorInfo | tf.TensorInfo[],
): void {
  if (tf.getKernel(kernelName, 'cpu')) return;
  tf.registerKernel({
    kernelName,
    backendName: 'cpu',
    kernelFunc: ({ inputs, attrs, backend }) =>
      run({ inputs, attrs: attrs ?? {}, backend: backend as PlainBackend }),
  });
}

/** Whether the active backend has the kernel. */
export function hasKernel(kernelName: string): boolean {
  return tf.getKernel(kernelName, tf.getBackend()) !== undefined;
}

/** Runs a registered kernel that gives one tensor. */
export function runKernel(
  kernelName: string,
  inputs: Record<string, tf.Tensor>,
  attrs: Record<string, unknown> = {},
): tf.Tensor {
  return tf.engine().runKernel<tf.Tensor>(kernelName, inputs, attrs as unknown as tf.NamedAttrMap);
}

function inputOf({ inputs }: PlainCall, name: string): tf.TensorInfo {
  const info = inputs[name];
  if (!info) throw new Error(`kernel input ${name} is missing`);
  return info;
}
