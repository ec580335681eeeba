/**
 * Safetensors, the only file of weights that Morphogen reads (https://github.com/huggingface/safetensors): 8 bytes of
 * header length, a JSON header, then the tensors' bytes, little-endian. Read at least as strictly as by the format's
 * own reader: offsets without holes, overlap or rest, sizes that agree with the shapes, known dtypes, no name twice.
 * Beyond it, tensors without values and values that are not finite are refused (`allowNotFinite` lets the latter in).
 * Nothing is allocated before the header agrees with the bytes that are there, and aligned tensors are views of them:
 * a model of 600 MB is in memory once. All machines that Morphogen runs on are little-endian, and so are the views.
 */
import { AppError } from '#domain/errors.ts';
import { HeaderFault, parseHeader, quote, type TensorEntry } from './safetensors-header.ts';

export type Dtype =
  'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U64' | 'U32' | 'U16' | 'U8' | 'BOOL';

export type TensorData =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | BigUint64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint32Array
  | Uint16Array
  | Uint8Array;

/** F16 and BF16 are Float32Array in memory; BOOL is Uint8Array of 0 and 1. */
export interface FileTensor {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface Safetensors {
  readonly tensors: Map<string, FileTensor>;
  readonly metadata: Map<string, string>;
}

export interface ParseOptions {
  /** The file's name, for sentences. */
  readonly name: string;
  readonly maxTensors?: number;
  readonly allowNotFinite?: boolean;
}

/** Bytes of one value. */
export const DTYPE_BYTES: Readonly<Record<Dtype, 1 | 2 | 4 | 8>> = {
  F64: 8,
  I64: 8,
  U64: 8,
  F32: 4,
  I32: 4,
  U32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  U16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** The format's own limit. */
export const MAX_HEADER_BYTES = 100_000_000;
const DEFAULT_MAX_TENSORS = 100_000;

/**
 * The tensors are views of `bytes` where the alignment allows it: leave `bytes` as they are while these are in use.
 * @throws AppError bad-file for whatever is not a whole, finite safetensors file.
 */
export function parseSafetensors(bytes: Uint8Array, options: ParseOptions): Safetensors {
  try {
    // Plain, for Node's Buffer is a Uint8Array whose views and copies differ.
    return parse(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength), options);
  } catch (error) {
    if (!(error instanceof HeaderFault)) throw error;
    throw new AppError(
      'bad-file',
      `${options.name} is not a sound safetensors file: ${error.message}; get it again or choose another file.`,
    );
  }
}

/** Index of the first value that is NaN or infinite, or −1. One pass without branches where all is well. */
export function findNotFinite(data: TensorData): number {
  if (!(data instanceof Float32Array) && !(data instanceof Float64Array)) return -1;
  let zero = 0;
  for (let i = 0; i < data.length; i++) zero += data[i] * 0;
  return zero === 0 ? -1 : data.findIndex((value) => !Number.isFinite(value));
}

function parse(bytes: Uint8Array, options: ParseOptions): Safetensors {
  const headerEnd = 8 + headerLength(bytes, options.name);
  const { tensors: entries, metadata } = parseHeader(headerText(bytes.subarray(8, headerEnd)), {
    maxTensors: options.maxTensors ?? DEFAULT_MAX_TENSORS,
  });
  checkOffsets(entries, bytes.byteLength - headerEnd);
  const tensors = new Map<string, FileTensor>();
  for (const [name, entry] of entries) {
    const dtype = entry.dtype as Dtype;
    const data = decode(bytes.subarray(headerEnd + entry.begin, headerEnd + entry.end), dtype, name);
    if (options.allowNotFinite !== true) {
      const at = findNotFinite(data);
      if (at >= 0) {
        throw new HeaderFault(
          `value ${at} of the tensor ${quote(name)} is ${String(data[at])}, not a finite number`,
        );
      }
    }
    tensors.set(name, { dtype, shape: entry.shape, data });
  }
  return { tensors, metadata };
}

/** Length of the header, known to lie inside the file. */
function headerLength(bytes: Uint8Array, name: string): number {
  if (bytes.byteLength === 0) throw new HeaderFault('it is empty');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.byteLength < 8 ? -1n : view.getBigUint64(0, true);
  const fits = length >= 2n && length <= BigInt(Math.min(bytes.byteLength - 8, MAX_HEADER_BYTES));
  if (fits && bytes[8] === 0x7b) return Number(length);
  const other = otherFormat(bytes);
  if (other !== null) {
    throw new AppError(
      'bad-file',
      `${name} is ${other}, not a safetensors file; Morphogen reads weights from safetensors files only, for these cannot run code: save it as .safetensors first.`,
    );
  }
  if (length < 0n)
    throw new HeaderFault(`it has ${bytes.byteLength} bytes, fewer than the 8 that come first`);
  if (length > BigInt(MAX_HEADER_BYTES))
    throw new HeaderFault(`its header would be ${length} bytes, over the limit of 100 MB`);
  if (!fits)
    throw new HeaderFault(
      `its header would be ${length} bytes, but the file has ${bytes.byteLength} bytes in all`,
    );
  throw new HeaderFault('its header does not begin with “{”');
}

/** What the first bytes say the file is, where it is something that people take for a model. */
function otherFormat(bytes: Uint8Array): string | null {
  const begins = (...values: number[]): boolean => values.every((value, i) => bytes[i] === value);
  if (begins(0x50, 0x4b, 0x03, 0x04)) return 'a zip archive (PyTorch saves its .pt and .pth pickles so)';
  // Protocol 2 and later open with PROTO n; older ones with “(dp”, “(lp” or a name (“ccopy_reg”).
  if (begins(0x80) && bytes[1] >= 2 && bytes[1] <= 5) return 'a Python pickle (.pt, .pth, .ckpt, .pkl)';
  if (begins(0x28, 0x64, 0x70) || begins(0x28, 0x6c, 0x70) || begins(0x63, 0x63, 0x6f))
    return 'a Python pickle';
  if (begins(0x89, 0x48, 0x44, 0x46)) return 'an HDF5 file (Keras)';
  if (begins(0x93, 0x4e, 0x55, 0x4d)) return 'a NumPy file';
  if (begins(0x47, 0x47, 0x55, 0x46)) return 'a GGUF file';
  if (begins(0x1f, 0x8b)) return 'a gzip archive';
  if (begins(0x23, 0x21)) return 'a script';
  return null;
}

function headerText(bytes: Uint8Array): string {
  // A copy where the memory is shared: decoders refuse shared memory.
  const own = bytes.buffer instanceof ArrayBuffer ? bytes : new Uint8Array(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(own);
  } catch {
    throw new HeaderFault('its header is not valid UTF-8');
  }
}

/** Every tensor as large as its shape says, and all of them together exactly the file's rest. */
function checkOffsets(entries: ReadonlyMap<string, TensorEntry>, dataBytes: number): void {
  for (const [name, entry] of entries) {
    const label = `the tensor ${quote(name)}`;
    if (!isDtype(entry.dtype)) throw new HeaderFault(`${label} has the unknown dtype ${quote(entry.dtype)}`);
    if (entry.end < entry.begin) throw new HeaderFault(`${label} ends before it begins`);
    if (entry.end > dataBytes)
      throw new HeaderFault(`${label} ends at byte ${entry.end}, but there are only ${dataBytes}`);
    let size: number = DTYPE_BYTES[entry.dtype];
    for (const length of entry.shape) {
      if (length === 0) throw new HeaderFault(`${label} has no values (shape [${entry.shape.join(', ')}])`);
      size *= length;
      // No file is that large, and past it products would be rounded.
      if (!Number.isSafeInteger(size))
        throw new HeaderFault(`the shape of ${label} has more values than can be counted`);
    }
    if (size !== entry.end - entry.begin) {
      throw new HeaderFault(
        `${label} needs ${size} bytes for its shape [${entry.shape.join(', ')}] of ${entry.dtype}, but has ${entry.end - entry.begin}`,
      );
    }
  }
  const inOrder = [...entries].sort(([, a], [, b]) => a.begin - b.begin);
  let end = 0;
  for (const [name, entry] of inOrder) {
    if (entry.begin < end) throw new HeaderFault(`the tensor ${quote(name)} overlaps another one`);
    if (entry.begin > end)
      throw new HeaderFault(`there is a hole of ${entry.begin - end} bytes before the tensor ${quote(name)}`);
    end = entry.end;
  }
  if (end !== dataBytes) throw new HeaderFault(`${dataBytes - end} bytes follow its last tensor`);
}

function isDtype(text: string): text is Dtype {
  return Object.hasOwn(DTYPE_BYTES, text);
}

/** Values of one tensor: a view where the alignment allows it. */
function decode(bytes: Uint8Array, dtype: Dtype, name: string): TensorData {
  const width = DTYPE_BYTES[dtype];
  const aligned = bytes.byteOffset % width === 0 ? bytes : new Uint8Array(bytes);
  const { buffer, byteOffset } = aligned;
  const length = aligned.byteLength / width;
  switch (dtype) {
    case 'F64':
      return new Float64Array(buffer, byteOffset, length);
    case 'F32':
      return new Float32Array(buffer, byteOffset, length);
    case 'F16':
      return new Float32Array(new Float16Array(buffer, byteOffset, length));
    case 'BF16': {
      const words = new Uint32Array(length);
      const halves = new Uint16Array(buffer, byteOffset, length);
      for (let i = 0; i < length; i++) words[i] = halves[i] << 16;
      return new Float32Array(words.buffer);
    }
    case 'I64':
      return new BigInt64Array(buffer, byteOffset, length);
    case 'U64':
      return new BigUint64Array(buffer, byteOffset, length);
    case 'I32':
      return new Int32Array(buffer, byteOffset, length);
    case 'U32':
      return new Uint32Array(buffer, byteOffset, length);
    case 'I16':
      return new Int16Array(buffer, byteOffset, length);
    case 'U16':
      return new Uint16Array(buffer, byteOffset, length);
    case 'I8':
      return new Int8Array(buffer, byteOffset, length);
    case 'U8':
      return aligned;
    case 'BOOL': {
      const other = aligned.findIndex((value) => value > 1);
      if (other >= 0)
        throw new HeaderFault(`value ${other} of the tensor ${quote(name)} is neither 0 nor 1 (BOOL)`);
      return aligned;
    }
  }
}
