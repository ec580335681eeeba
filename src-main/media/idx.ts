/**
 * Reads image files of the IDX format (MNIST and its relatives), plain or gzipped: two zero bytes, a type (only unsigned
 * bytes here), the number of dimensions (images, height, width), each as a big-endian uint32, then exactly the values.
 * Label files are recognised and left aside. Format: LeCun, Cortes, Burges, “The MNIST database”.
 */
import fs from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { AppError } from '#domain/errors.ts';
import { readRegularFile } from './image-file.ts';

export interface IdxImages {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** [count, height, width] */
  readonly values: Uint8Array;
}

/** Which of a folder's files to take where it holds both. */
export type IdxPart = 'train' | 'test';

const gunzipBytes = promisify(gunzip);
const maxBytes = 2 ** 31;
const imageName = /idx3-ubyte(\.gz)?$|\.idx3?(\.gz)?$/i;
const testName = /^(t10k|test)/i;

/** @throws AppError `bad-file`; the message has no path. */
export function parseIdx(bytes: Uint8Array): IdxImages {
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== 0)
    throw new AppError('bad-file', 'not an IDX file: it does not begin with two zero bytes');
  if (bytes[2] !== 8)
    throw new AppError('bad-file', `IDX values of type ${bytes[2]}, expected 8 (unsigned bytes)`);
  if (bytes[3] === 1) throw new AppError('bad-file', 'an IDX file of labels, expected images (idx3-ubyte)');
  if (bytes[3] !== 3)
    throw new AppError('bad-file', `an IDX file of ${bytes[3]} dimensions, expected 3 (images)`);
  if (bytes.length < 16) throw new AppError('bad-file', 'an IDX file cut short in its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(4);
  const height = view.getUint32(8);
  const width = view.getUint32(12);
  const expected = 16n + BigInt(count) * BigInt(height) * BigInt(width);
  if (expected !== BigInt(bytes.length))
    throw new AppError(
      'bad-file',
      `an IDX file of ${count} images of ${width}×${height} has ${expected} bytes, this one has ${bytes.length}`,
    );
  if (count === 0 || height === 0 || width === 0)
    throw new AppError('bad-file', `an IDX file of ${count} images of ${width}×${height} holds nothing`);
  return { count, height, width, values: bytes.subarray(16) };
}

/** @throws AppError with the file's name. */
export async function readIdxFile(path: string): Promise<IdxImages> {
  try {
    const bytes = await readRegularFile(path, { followLink: true, maxBytes });
    return parseIdx(isGzip(bytes) ? await decompress(bytes) : bytes);
  } catch (error) {
    if (error instanceof AppError)
      throw new AppError(error.code, `${path}: ${error.message}.`, { cause: error });
    throw error;
  }
}

/**
 * The file of images that `source` stands for, or null when it is not IDX: a file named like one, or a folder with one
 * directly inside. Where a folder has both halves of MNIST, `part` chooses.
 * @throws AppError `bad-argument` when a folder holds several that cannot be told apart.
 */
export async function findIdxFile(source: string, part: IdxPart = 'train'): Promise<string | null> {
  const stats = await fs.stat(source).catch(() => null);
  if (stats?.isFile()) return imageName.test(basename(source)) ? source : null;
  if (!stats?.isDirectory()) return null;
  const found: string[] = [];
  for await (const entry of await fs.opendir(source)) {
    if (entry.isFile() && !entry.name.startsWith('.') && imageName.test(entry.name)) found.push(entry.name);
  }
  const candidates = withoutGzipTwins(found.sort());
  if (candidates.length === 0) return null;
  if (candidates.length === 1) return join(source, candidates[0]);
  const chosen = candidates.filter((name) => testName.test(name) === (part === 'test'));
  if (chosen.length === 1) return join(source, chosen[0]);
  throw new AppError(
    'bad-argument',
    `${source} holds several IDX files (${candidates.join(', ')}): name the one to read.`,
  );
}

/** `a.gz` beside `a` is the same data. */
function withoutGzipTwins(names: readonly string[]): string[] {
  return names.filter((name) => !(name.endsWith('.gz') && names.includes(name.slice(0, -3))));
}

async function decompress(bytes: Uint8Array): Promise<Uint8Array> {
  try {
    return await gunzipBytes(bytes, { maxOutputLength: maxBytes });
  } catch (error) {
    throw new AppError('bad-file', 'its compression (gzip) is damaged or cut short', { cause: error });
  }
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}
