/**
 * A structured value as one binary message, for a WebSocket: JSON for what JSON can say, and the bytes of typed arrays
 * behind it as they are, so a frame costs its own size and no base64.
 *
 *   u32 length of the JSON · the JSON in UTF-8 · for each typed array, in the order of the JSON: zeros up to a multiple
 *   of 4 bytes, its bytes (little-endian, as on every machine that runs this)
 *
 * What JSON cannot say is an object with the one key `$`: `{"$":["bytes",12]}`, `{"$":["floats",3]}` (elements),
 * `{"$":["number","NaN"]}`, `{"$":["undefined"]}`; an object that itself has a key `$` is `{"$":["object",{…}]}`.
 */
import { AppError } from '#domain/errors.ts';

/** Of objects and arrays in each other. */
const maxDepth = 64;
const headerBytes = 4;
const alignment = 4;
const mark = '$';

type Attachment = Uint8Array | Float32Array;

const oddNumbers: ReadonlyMap<string, number> = new Map([
  ['NaN', NaN],
  ['Infinity', Infinity],
  ['-Infinity', -Infinity],
  ['-0', -0],
]);

/**
 * @param value of plain objects, arrays, strings, numbers, booleans, null, undefined, Uint8Arrays and Float32Arrays.
 * @param limit bytes of the message.
 * @throws AppError bad-argument where it would be longer; TypeError for values of other kinds.
 */
export function encodeMessage(value: unknown, limit = Infinity): Uint8Array<ArrayBuffer> {
  const attachments: Attachment[] = [];
  const header = new TextEncoder().encode(JSON.stringify(toJson(value, attachments, 0)));
  let end = headerBytes + header.length;
  for (const attachment of attachments) end = aligned(end) + attachment.byteLength;
  if (end > limit) throw tooLong(end, limit);

  const message = new Uint8Array(end);
  new DataView(message.buffer).setUint32(0, header.length, true);
  message.set(header, headerBytes);
  let offset = headerBytes + header.length;
  for (const { buffer, byteOffset, byteLength } of attachments) {
    offset = aligned(offset);
    message.set(new Uint8Array(buffer, byteOffset, byteLength), offset);
    offset += byteLength;
  }
  return message;
}

/**
 * The value that `encodeMessage` was given. Its typed arrays are views of `message`, but for floats that lie unaligned.
 *
 * @throws AppError bad-argument for anything that `encodeMessage` does not make, and for more than `limit` bytes.
 */
export function decodeMessage(message: Uint8Array, limit = Infinity): unknown {
  if (message.length > limit) throw tooLong(message.length, limit);
  if (message.length < headerBytes) throw malformed('it ends before its header');
  const length = new DataView(message.buffer, message.byteOffset).getUint32(0, true);
  if (length > message.length - headerBytes) throw malformed('it ends before its header does');
  let header: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    header = JSON.parse(text.decode(message.subarray(headerBytes, headerBytes + length)));
  } catch {
    throw malformed('its header is no JSON');
  }
  const reader: Reader = { message, offset: headerBytes + length };
  const value = fromJson(header, reader, 0);
  if (reader.offset !== message.length) throw malformed('it goes on after its end');
  return value;
}

interface Reader {
  readonly message: Uint8Array;
  offset: number;
}

function toJson(value: unknown, attachments: Attachment[], depth: number): unknown {
  if (depth > maxDepth) throw new TypeError('A message is nested too deeply, or contains itself.');
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { [mark]: ['number', Object.is(value, -0) ? '-0' : String(value)] };
    case 'undefined':
      return { [mark]: ['undefined'] };
    case 'object':
      break;
    default:
      throw new TypeError(`A message cannot carry a ${typeof value}.`);
  }
  if (value === null) return null;
  if (value instanceof Uint8Array || value instanceof Float32Array) {
    attachments.push(value);
    return { [mark]: [value instanceof Uint8Array ? 'bytes' : 'floats', value.length] };
  }
  if (Array.isArray(value)) return value.map((element) => toJson(element, attachments, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    throw new TypeError(`A message cannot carry a ${value.constructor.name}.`);
  }
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  const object = Object.fromEntries(
    entries.map(([key, inner]) => [key, toJson(inner, attachments, depth + 1)]),
  );
  return Object.hasOwn(object, mark) ? { [mark]: ['object', object] } : object;
}

function fromJson(value: unknown, reader: Reader, depth: number): unknown {
  if (depth > maxDepth) throw malformed('it is nested too deeply');
  if (typeof value === 'number' && !Number.isFinite(value)) throw malformed('a number is too large');
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((element) => fromJson(element, reader, depth + 1));
  if (Object.hasOwn(value, mark)) return fromMark(value as Record<string, unknown>, reader, depth);
  return objectFromJson(value, reader, depth);
}

function objectFromJson(value: object, reader: Reader, depth: number): object {
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, fromJson(inner, reader, depth + 1)]),
  );
}

function fromMark(value: Record<string, unknown>, reader: Reader, depth: number): unknown {
  const marked = value[mark];
  if (Object.keys(value).length !== 1 || !Array.isArray(marked)) throw malformed('a mark is none');
  const [kind, content, ...rest] = marked as unknown[];
  if (rest.length > 0) throw malformed('a mark is none');
  switch (kind) {
    case 'bytes':
      return take(reader, content, 1).slice;
    case 'floats': {
      const { slice, length } = take(reader, content, Float32Array.BYTES_PER_ELEMENT);
      return slice.byteOffset % alignment === 0
        ? new Float32Array(slice.buffer, slice.byteOffset, length)
        : new Float32Array(new Uint8Array(slice).buffer);
    }
    case 'number': {
      const number = typeof content === 'string' ? oddNumbers.get(content) : undefined;
      if (number === undefined) throw malformed('a number is none');
      return number;
    }
    case 'undefined':
      return undefined;
    case 'object':
      if (typeof content !== 'object' || content === null || Array.isArray(content)) {
        throw malformed('an object is none');
      }
      return objectFromJson(content, reader, depth);
    default:
      throw malformed('a mark is none');
  }
}

/** The next typed array's bytes: always a plain Uint8Array, whatever holds the message. */
function take(
  reader: Reader,
  length: unknown,
  elementBytes: number,
): { readonly slice: Uint8Array; readonly length: number } {
  if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0) {
    throw malformed('a length is none');
  }
  const { message } = reader;
  const start = aligned(reader.offset);
  const end = start + length * elementBytes;
  if (end > message.length) throw malformed('it ends within its bytes');
  reader.offset = end;
  return { slice: new Uint8Array(message.buffer, message.byteOffset + start, end - start), length };
}

function aligned(offset: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

function tooLong(length: number, limit: number): AppError {
  return new AppError(
    'bad-argument',
    `A message of ${length} bytes is longer than the ${limit} that are allowed.`,
  );
}

function malformed(why: string): AppError {
  return new AppError('bad-argument', `A message is not one of Morphogen's: ${why}.`);
}
