/** Matrix products on the threaded micro-kernel: tfjs' BatchMatMul and _FusedMatMul. */
import { tf } from '#engine/tf.ts';
import { wasmBackend, type WasmBackend } from './backend.ts';
import { operations, type KernelRuntime } from './runtime.ts';

export interface Product {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  /** Address of [n], or 0. */
  readonly bias: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly relu: boolean;
}

/** Bytes that assembly/matmul.ts uses: two panels 256 deep, six rows, one block. */
const SCRATCH_BYTES = 2 * 256 * 32 + 6 * 256 * 4 + 192 + 64;
/** Rows of an item where columns alone would not give every thread work; a multiple of 6. */
const SPLIT_ROWS = 96;

/** c[m, n] = op(a)·op(b) + bias, all row-major addresses on the heap. */
export function multiply(runtime: KernelRuntime, product: Product): void {
  const { a, b, c, bias, m, n, k, transposeA, transposeB, relu } = product;
  const flags = [transposeA ? 1 : 0, transposeB ? 1 : 0, relu ? 1 : 0];
  if (m <= 2 && !transposeA && !transposeB) {
    runtime.runWords(operations.matvec, [a, b, c, bias, m, n, k, ...flags], Math.ceil(n / 32));
    return;
  }
  const columnItems = Math.ceil(n / 16);
  const height = columnItems >= 4 * runtime.threads ? Math.ceil(m / 6) * 6 : SPLIT_ROWS;
  const rowBlocks = Math.ceil(m / height);
  const words = [a, b, c, bias, m, n, k, ...flags, height, rowBlocks];
  runtime.runWords(operations.matmul, words, rowBlocks * columnItems, SCRATCH_BYTES);
}

type MatMulAttributes = { transposeA?: boolean; transposeB?: boolean; activation?: string };

/** [..., M, K] · [..., K, N]; leading axes may be 1 on one side. */
function batchMatMul(
  wasm: WasmBackend,
  inputs: tf.NamedTensorInfoMap,
  attributes: MatMulAttributes,
): tf.TensorInfo {
  const a = inputs['a']!;
  const b = inputs['b']!;
  const bias = inputs['bias'];
  const { transposeA = false, transposeB = false, activation = 'linear' } = attributes;
  const [aRows, aColumns] = a.shape.slice(-2) as [number, number];
  const [bRows, bColumns] = b.shape.slice(-2) as [number, number];
  const m = transposeA ? aColumns : aRows;
  const k = transposeA ? aRows : aColumns;
  const n = transposeB ? bRows : bColumns;
  const batchA = a.shape.slice(0, -2).reduce((x, y) => x * y, 1);
  const batchB = b.shape.slice(0, -2).reduce((x, y) => x * y, 1);
  const batch = Math.max(batchA, batchB);
  const lead = batchA >= batchB ? a.shape.slice(0, -2) : b.shape.slice(0, -2);
  const out = wasm.output([...lead, m, n]);
  const { heap } = wasm.runtime;
  const from = wasm.address(a);
  const by = wasm.address(b);
  if (m === 1 && k === 1 && bias === undefined) {
    const scale = heap.floats(from, batchA);
    const rows = heap.floats(by, batchB * n);
    const to = heap.floats(out.address, batch * n);
    for (let i = 0; i < batch; i++) {
      const factor = scale[batchA === 1 ? 0 : i];
      const row = batchB === 1 ? 0 : i * n;
      for (let j = 0; j < n; j++) to[i * n + j] = factor * rows[row + j];
    }
    return out;
  }
  for (let i = 0; i < batch; i++) {
    multiply(wasm.runtime, {
      a: from + (batchA === 1 ? 0 : i * m * k * 4),
      b: by + (batchB === 1 ? 0 : i * k * n * 4),
      c: out.address + i * m * n * 4,
      bias: bias ? wasm.address(bias) : 0,
      m,
      n,
      k,
      transposeA,
      transposeB,
      relu: activation === 'relu',
    });
  }
  return out;
}

/** Leaves what the kernels do not know to tfjs' plain loops. */
export const matmulKernels: Readonly<Record<string, (plain: tf.KernelFunc) => tf.KernelFunc>> = {
  [tf.BatchMatMul]: (plain) => (call) =>
    isFloat(call.inputs) && sameBatch(call.inputs)
      ? batchMatMul(wasmBackend(call.backend), call.inputs, call.attrs as MatMulAttributes)
      : plain(call),
  [tf._FusedMatMul]: (plain) => (call) => {
    const attributes = call.attrs as MatMulAttributes;
    const { bias, preluActivationWeights } = call.inputs;
    const known = attributes.activation === 'linear' || attributes.activation === 'relu';
    const width = call.inputs['b']!.shape.at(attributes.transposeB ? -2 : -1);
    const fits = bias === undefined || (bias.shape.length <= 1 && bias.shape[0] === width);
    return known && fits && !preluActivationWeights && isFloat(call.inputs) && sameBatch(call.inputs)
      ? batchMatMul(wasmBackend(call.backend), call.inputs, attributes)
      : plain(call);
  },
};

function isFloat(inputs: tf.NamedTensorInfoMap): boolean {
  return Object.values(inputs).every((input) => input === undefined || input.dtype === 'float32');
}

function sameBatch({ a, b }: tf.NamedTensorInfoMap): boolean {
  const lead = (t: tf.TensorInfo) => t.shape.slice(0, -2);
  const size = (t: tf.TensorInfo) => lead(t).reduce((x, y) => x * y, 1);
  return size(a!) === 1 || size(b!) === 1 || lead(a!).join() === lead(b!).join();
}
