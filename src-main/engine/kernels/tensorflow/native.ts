/**
 * What the kernels here need of tfjs-node-gpu's backend, which runs any operation of TensorFlow by its name, and those
 * operations that tfjs has no name for, or wraps in checks that read every index back.
 */
import { tf } from '#engine/tf.ts';

/** The part of NodeJSKernelBackend that is used; the engine never sees the package itself. */
export interface NativeBackend {
  readonly isUsingGpuDevice: boolean;
  readonly binding: {
    readonly TF_ATTR_TYPE: number;
    readonly TF_ATTR_INT: number;
    readonly TF_ATTR_BOOL: number;
    readonly TF_ATTR_STRING: number;
    readonly TF_ATTR_SHAPE: number;
    readonly TF_FLOAT: number;
    readonly TF_INT32: number;
    executeOp(name: string, attrs: readonly OpAttr[], inputs: readonly number[], outputs: number): OpResult[];
    createTensor(shape: readonly number[], type: number, values: Float32Array): number;
    deleteTensor(id: number): void;
  };
  executeSingleOutput(name: string, attrs: readonly OpAttr[], inputs: readonly tf.TensorInfo[]): tf.Tensor;
  /** Numbers of the native tensors behind tfjs' ones, which it makes where they are not there yet. */
  getInputTensorIds(tensors: readonly tf.TensorInfo[]): number[];
  readonly tensorMap: { get(dataId: tf.DataId): { id: number; values: tf.BackendValues | null } };
}

export interface OpAttr {
  readonly name: string;
  readonly type: number;
  readonly value: number | boolean | string | readonly number[];
}

export interface OpResult {
  readonly id: number;
}

/** A kernel's backend; kernels of this folder are registered for that one only. */
export function nativeBackend(backend: unknown): NativeBackend {
  return backend as NativeBackend;
}

export type KernelCall = Parameters<tf.KernelFunc>[0];

/** A kernel's input, which may not be left out. */
export function inputOf({ inputs }: KernelCall, name: string): tf.Tensor {
  const input = inputs[name];
  if (input instanceof tf.Tensor) return input as tf.Tensor;
  throw new Error(`a kernel of TensorFlow lacks its input ${name}`);
}

/** The operations, on the backend that is active. */
export function nativeOps(backend: NativeBackend) {
  const { TF_ATTR_TYPE: TYPE, TF_ATTR_INT: INT, TF_FLOAT: FLOAT, TF_INT32: INT32 } = backend.binding;
  const T: OpAttr = { name: 'T', type: TYPE, value: FLOAT };
  const indices = (name: string): OpAttr => ({ name, type: TYPE, value: INT32 });
  const run = (name: string, attrs: readonly OpAttr[], inputs: readonly tf.TensorInfo[]): unknown =>
    backend.executeSingleOutput(name, attrs, inputs);
  return {
    /** Rows of values [N, n] → [rows, n]. */
    gather(values: tf.Tensor2D, rows: tf.Tensor1D): tf.Tensor2D {
      const axis = tf.scalar(0, 'int32');
      const gathered = run(
        'GatherV2',
        [
          { name: 'batch_dims', type: INT, value: 0 },
          { name: 'Tparams', type: TYPE, value: FLOAT },
          indices('Tindices'),
          indices('Taxis'),
        ],
        [values, rows, axis],
      );
      axis.dispose();
      return gathered as tf.Tensor2D;
    },
    /** Sums of values [n], each into its place of [size]. */
    segmentSum(values: tf.Tensor1D, places: tf.Tensor1D, size: number): tf.Tensor1D {
      const count = tf.scalar(size, 'int32');
      const sums = run(
        'UnsortedSegmentSum',
        [T, indices('Tindices'), indices('Tnumsegments')],
        [values, places, count],
      );
      count.dispose();
      return sums as tf.Tensor1D;
    },
    /** dy where y > 0, else 0. */
    reluGradient: <R extends tf.Tensor>(dy: R, y: R): R => run('ReluGrad', [T], [dy, y]) as R,
    /** Sum over all but the last axis. */
    biasGradient: (dy: tf.TensorInfo): tf.Tensor1D =>
      run(
        'BiasAddGrad',
        [T, { name: 'data_format', type: backend.binding.TF_ATTR_STRING, value: 'NHWC' }],
        [dy],
      ) as tf.Tensor1D,
    /** Half of the sum of the squares. */
    l2Loss: (x: tf.TensorInfo): tf.Scalar => run('L2Loss', [T], [x]) as tf.Scalar,
  };
}

export type NativeOps = ReturnType<typeof nativeOps>;
