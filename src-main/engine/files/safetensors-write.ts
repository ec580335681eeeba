/**
 * Writes safetensors files: whole, or as chunks that are views of the tensors, so that a checkpoint of 2 GB goes to
 * disk without a second copy of it in memory. The same tensors and metadata give the same bytes, whatever the order
 * of the maps: widest dtype first and then by name, as the format's own writer does; so every tensor is aligned.
 */
import { AppError } from '#domain/errors.ts';
import { quote } from './safetensors-header.ts';
import { DTYPE_BYTES, findNotFinite, type Dtype, type TensorData } from './safetensors.ts';

export interface TensorToWrite {
  readonly shape: readonly number[];
  readonly data: TensorData;
  /** Default: the data's own type. Float32Array may be F32, F16 or BF16; Uint8Array U8 or BOOL. */
  readonly dtype?: Dtype;
}

export interface WriteOptions {
  /** Of all Float32Arrays that do not name their own; default F32. */
  readonly dtype?: 'F32' | 'F16';
  /** Writes NaN and infinities too, which the reader then refuses unless it is told the same. */
  readonly allowNotFinite?: boolean;
}

/** A file that is still to be written; it can be iterated more than once. The tensors must not change meanwhile. */
export interface FileChunks extends Iterable<Uint8Array> {
  readonly byteLength: number;
}

interface PlannedTensor extends TensorToWrite {
  readonly name: string;
  readonly dtype: Dtype;
  readonly bytes: number;
}

/** Values converted at a time where the dtype in the file is not the one in memory. */
const CONVERTED_AT_ONCE = 1 << 20;

/**
 * Bytes of the whole file.
 * @throws AppError not-finite for a value that the reader would refuse (or that F16 cannot hold).
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, TensorToWrite>,
  metadata: ReadonlyMap<string, string>,
  options: WriteOptions = {},
): Uint8Array<ArrayBuffer> {
  const chunks = safetensorsChunks(tensors, metadata, options);
  const bytes = new Uint8Array(chunks.byteLength);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

/** The same as chunks. Values are checked when this is called, not while the chunks are taken. */
export function safetensorsChunks(
  tensors: ReadonlyMap<string, TensorToWrite>,
  metadata: ReadonlyMap<string, string>,
  options: WriteOptions = {},
): FileChunks {
  const planned = [...tensors].map(([name, tensor]) => plan(name, tensor, options)).sort(inFileOrder);
  const header = encodeHeader(planned, metadata);
  return {
    byteLength: planned.reduce((sum, tensor) => sum + tensor.bytes, header.byteLength),
    *[Symbol.iterator]() {
      yield header;
      for (const tensor of planned) yield* encode(tensor);
    },
  };
}

function plan(name: string, tensor: TensorToWrite, options: WriteOptions): PlannedTensor {
  const own = ownDtype(tensor.data);
  const dtype = tensor.dtype ?? (own === 'F32' ? (options.dtype ?? 'F32') : own);
  const fits = dtype === own || (own === 'F32' && isHalf(dtype)) || (own === 'U8' && dtype === 'BOOL');
  const length = tensor.shape.reduce((product, value) => product * value, 1);
  if (!fits) throw new TypeError(`tensor ${quote(name)}: ${own} values cannot be written as ${dtype}`);
  if (length !== tensor.data.length || length === 0) {
    throw new RangeError(
      `tensor ${quote(name)}: shape [${tensor.shape.join(', ')}] for ${tensor.data.length} values`,
    );
  }
  requireName(name);
  if (options.allowNotFinite !== true) requireWritable(name, tensor.data, dtype);
  return { name, shape: tensor.shape, data: tensor.data, dtype, bytes: length * DTYPE_BYTES[dtype] };
}

function requireName(name: string): void {
  if (name === '' || name === '__proto__' || name === '__metadata__' || !name.isWellFormed()) {
    throw new RangeError(`${quote(name)} cannot be a name in a safetensors file`);
  }
}

function requireWritable(name: string, data: TensorData, dtype: Dtype): void {
  let at = findNotFinite(data);
  if (at < 0 && data instanceof Float32Array && isHalf(dtype)) at = findOverflow(data, dtype);
  if (at < 0) return;
  throw new AppError(
    'not-finite',
    `Value ${at} of the tensor ${quote(name)} is ${String(data[at])}, which ${dtype} does not hold as a finite number, so nothing was written.`,
  );
}

/** Numbers from here on round to infinity: half a step above the largest finite number. */
function findOverflow(data: Float32Array, dtype: 'F16' | 'BF16'): number {
  const limit = dtype === 'F16' ? 65520 : (2 - 2 ** -8) * 2 ** 127;
  return data.findIndex((value) => Math.abs(value) >= limit);
}

function isHalf(dtype: Dtype): dtype is 'F16' | 'BF16' {
  return dtype === 'F16' || dtype === 'BF16';
}

function ownDtype(data: TensorData): Dtype {
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Float64Array) return 'F64';
  if (data instanceof BigInt64Array) return 'I64';
  if (data instanceof BigUint64Array) return 'U64';
  if (data instanceof Int32Array) return 'I32';
  if (data instanceof Uint32Array) return 'U32';
  if (data instanceof Int16Array) return 'I16';
  if (data instanceof Uint16Array) return 'U16';
  if (data instanceof Int8Array) return 'I8';
  return 'U8';
}

function inFileOrder(a: PlannedTensor, b: PlannedTensor): number {
  return DTYPE_BYTES[b.dtype] - DTYPE_BYTES[a.dtype] || byCodeUnits(a.name, b.name);
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Length and JSON, padded with spaces to a multiple of 8. Put together by hand: objects would reorder names like "1". */
function encodeHeader(planned: readonly PlannedTensor[], metadata: ReadonlyMap<string, string>): Uint8Array {
  const members: string[] = [];
  if (metadata.size > 0) {
    const pairs = [...metadata].sort(([a], [b]) => byCodeUnits(a, b));
    for (const [key] of pairs) requireName(key);
    const lines = pairs.map(
      ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value.toWellFormed())}`,
    );
    members.push(`"__metadata__":{${lines.join(',')}}`);
  }
  let begin = 0;
  for (const { name, dtype, shape, bytes } of planned) {
    const end = begin + bytes;
    members.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`);
    begin = end;
  }
  const json = new TextEncoder().encode(`{${members.join(',')}}`);
  const length = Math.ceil(json.byteLength / 8) * 8;
  const header = new Uint8Array(8 + length).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, 8);
  return header;
}

function* encode({ data, dtype }: PlannedTensor): Generator<Uint8Array> {
  if (!(data instanceof Float32Array) || !isHalf(dtype)) {
    yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return;
  }
  for (let at = 0; at < data.length; at += CONVERTED_AT_ONCE) {
    const values = data.subarray(at, at + CONVERTED_AT_ONCE);
    yield new Uint8Array((dtype === 'F16' ? new Float16Array(values) : toBfloat16(values)).buffer);
  }
}

/** Upper halves, rounded to nearest, ties to even. */
function toBfloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const words = new Uint32Array(Float32Array.from(values).buffer);
  return Uint16Array.from(words, (word) => (word + 0x7fff + ((word >>> 16) & 1)) >>> 16);
}
