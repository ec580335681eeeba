/**
 * The tfjs backend `wasm`: tensors on the kernels' heap, hot operations on the threaded kernels, everything else as
 * tfjs' plain CPU kernels, whose backend this extends. In place of tfjs-backend-wasm, which is single-threaded in Node
 * and keeps its tensors where threads cannot see them.
 *
 * A tensor's values are a plain array until a kernel wants them on the heap; from then on they stay there, and the block
 * is freed with the tensor. Large ones go there at once: their arrays would only wait for a collection that the heap's
 * growth does not hasten. Values read by the caller are copies, for a block may be used again.
 */
import type { tf } from '#engine/tf.ts';
import { MathBackendCPU } from '#engine/tf.ts';
import type { KernelRuntime } from './runtime.ts';

export const WASM_BACKEND = 'wasm';

export interface WasmOptions {
  /** Bytes of features and hidden values that a thread may keep for a rollout's backward pass; the rest is recomputed. */
  readonly keepBytes: number;
}

/** Values that a caller hands in go to the heap at once from this size on. */
const LARGE_BYTES = 1024 * 1024;

const defaultOptions: WasmOptions = { keepBytes: 64 * 1024 * 1024 };

export class WasmBackend extends MathBackendCPU {
  readonly runtime: KernelRuntime;
  readonly options: WasmOptions;
  readonly #blocks = new WeakMap<object, number>();

  constructor(runtime: KernelRuntime, options: WasmOptions = defaultOptions) {
    super();
    this.runtime = runtime;
    this.options = options;
    // The parent would advise every user in Node to install another backend.
    (this as unknown as { firstUse: boolean }).firstUse = false;
  }

  /** Address of a float32 tensor's values, moved to the heap if they are not there yet. */
  address(tensor: tf.TensorInfo): number {
    const known = this.#blocks.get(tensor.dataId);
    if (known !== undefined) return known;
    const entry = this.data.get(tensor.dataId);
    const values = entry.values as Float32Array;
    const block = this.runtime.heap.allocate(values.byteLength);
    const view = this.runtime.heap.floats(block, values.length);
    view.set(values);
    entry.values = view;
    this.#blocks.set(tensor.dataId, block);
    return block;
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): object {
    const dataId = super.write(values, shape, dtype);
    const isLarge = values instanceof Float32Array && values.byteLength >= LARGE_BYTES;
    if (isLarge && dtype === 'float32') this.address({ dataId, shape, dtype });
    return dataId;
  }

  /** Results of kernels; a plain one may still be filling the array that it hands in, so that stays where it is. */
  override makeTensorInfo(
    shape: number[],
    dtype: tf.DataType,
    values?: tf.BackendValues | string[],
  ): tf.TensorInfo {
    if (!(values instanceof Float32Array)) return super.makeTensorInfo(shape, dtype, values);
    return { dataId: super.write(values, shape, dtype), shape, dtype };
  }

  /** A float32 tensor on the heap whose values are not set yet. */
  output(shape: readonly number[]): tf.TensorInfo & { address: number } {
    const size = shape.reduce((a, b) => a * b, 1);
    const block = this.runtime.heap.allocate(size * 4);
    const info = this.makeTensorInfo([...shape], 'float32', this.runtime.heap.floats(block, size));
    this.#blocks.set(info.dataId, block);
    return { ...info, address: block };
  }

  /** Gives a result of a plain kernel an array of its own where it is a window on a heap block. */
  detach(info: tf.TensorInfo): void {
    if (this.#blocks.has(info.dataId)) return;
    const entry = this.data.get(info.dataId);
    const values = entry.values;
    if (values instanceof Float32Array && this.#isOnHeap(values)) entry.values = values.slice();
  }

  override disposeData(dataId: object, force = false): boolean {
    const block = this.#blocks.get(dataId);
    const done = super.disposeData(dataId, force);
    if (block !== undefined && !this.data.has(dataId)) {
      this.#blocks.delete(dataId);
      this.runtime.heap.release(block);
    }
    return done;
  }

  override readSync(dataId: object): tf.BackendValues {
    const values = super.readSync(dataId);
    return values instanceof Float32Array && this.#isOnHeap(values) ? values.slice() : values;
  }

  override read(dataId: object): Promise<tf.BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }

  override dispose(): void {
    this.runtime.dispose();
  }

  /** Memory that grew has several buffer objects over the same bytes; plain arrays are never shared. */
  #isOnHeap(values: Float32Array): boolean {
    if (typeof SharedArrayBuffer !== 'undefined' && values.buffer instanceof SharedArrayBuffer) return true;
    return values.buffer === this.runtime.heap.memory.buffer;
  }
}

/** The backend that a kernel was called with. */
export function wasmBackend(backend: unknown): WasmBackend {
  if (!(backend instanceof WasmBackend)) throw new Error('The wasm kernels need the wasm backend.');
  return backend;
}
