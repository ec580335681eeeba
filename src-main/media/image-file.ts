/**
 * Reads one whole picture file, safely: only regular files (a pipe or device never blocks), only what is a picture by
 * its first bytes, and the same bytes from beginning to end: a file that changed while it was read is read once more,
 * then refused. Small files are read synchronously: handing each call to another thread takes ten times as long as the
 * call, and they are read by the ten thousand.
 */
import fs, { constants, type BigIntStats } from 'node:fs';
import { promisify } from 'node:util';
import { AppError } from '#domain/errors.ts';
import { sniffFormat, sniffLength, type SniffedFormat } from './image-format.ts';

export interface ReadOptions {
  /** Follow a symbolic link at the end of the path: for a path that a person named, not for one found by a scan. */
  readonly followLink?: boolean;
  /** Refuse files of more bytes than this. */
  readonly maxBytes?: number;
}

const defaultMaxBytes = 512 * 2 ** 20;
/** Files up to this are read whole at once: judging their beginning first would cost more than it saves. */
const smallBytes = 65536;

const read = promisify(fs.read);

/**
 * The bytes of a picture file.
 * @throws AppError whose message is the reason alone, without the path: empty, not a picture, not a file, unreadable.
 */
export async function readImageFile(path: string, options: ReadOptions = {}): Promise<Uint8Array> {
  return readStable(path, sniffFormat, options);
}

/** The bytes of any regular file, read under the same guards. */
export async function readRegularFile(path: string, options: ReadOptions = {}): Promise<Uint8Array> {
  return readStable(path, null, options);
}

/** Why a file could not be read or written, in words. */
export function ioReason(error: unknown): string {
  if (error instanceof AppError) return error.message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'ENOENT':
      return 'no such file';
    case 'ENOTDIR':
      return 'a part of its path is not a folder';
    case 'EISDIR':
      return 'a folder, not a file';
    case 'ELOOP':
      return 'a symbolic link, not followed';
    case 'ENAMETOOLONG':
      return 'the name is too long for this file system: give a shorter one';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'no space left on the disk: free some and try again';
    case 'EROFS':
      return 'the disk is read-only';
    case 'ENXIO':
      return 'not a regular file';
    case 'EMFILE':
    case 'ENFILE':
      return 'too many open files';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

async function readStable(
  path: string,
  sniff: ((head: Uint8Array) => SniffedFormat) | null,
  options: ReadOptions,
): Promise<Uint8Array> {
  for (let attempt = 0; attempt < 2; attempt++) {
    const bytes = await readOnce(path, sniff, options);
    if (bytes) return bytes;
  }
  throw new AppError('io', 'changed while it was read, twice: try again when nothing writes to it');
}

/** null: the file changed meanwhile. */
async function readOnce(
  path: string,
  sniff: ((head: Uint8Array) => SniffedFormat) | null,
  options: ReadOptions,
): Promise<Uint8Array | null> {
  let file: number | null = null;
  try {
    file = openRegular(path, options.followLink ?? false);
    const before = fs.fstatSync(file, { bigint: true });
    if (!before.isFile()) throw new AppError('bad-file', 'not a regular file');
    if (before.size === 0n) throw new AppError('bad-image', 'empty file');
    const size = Number(before.size);
    if (sniff && size > smallBytes) refuseUnreadable(file, sniff);
    const maxBytes = options.maxBytes ?? defaultMaxBytes;
    if (size > maxBytes)
      throw new AppError(
        'bad-image',
        `larger than ${Math.round(maxBytes / 2 ** 20)} MB: save a smaller copy`,
      );
    const bytes = await readAll(file, size);
    const after = fs.fstatSync(file, { bigint: true });
    return bytes && unchanged(before, after) ? bytes : null;
  } catch (error) {
    throw error instanceof AppError ? error : new AppError('io', ioReason(error), { cause: error });
  } finally {
    if (file !== null) fs.closeSync(file);
  }
}

/** Opening a pipe without O_NONBLOCK would wait for its writer; the flags are undefined, and not needed, on Windows. */
function openRegular(path: string, followLink: boolean): number {
  const nonBlocking = constants.O_NONBLOCK ?? 0;
  const noLink = followLink ? 0 : (constants.O_NOFOLLOW ?? 0);
  return fs.openSync(path, constants.O_RDONLY | nonBlocking | noLink);
}

function refuseUnreadable(file: number, sniff: (head: Uint8Array) => SniffedFormat): void {
  const head = Buffer.alloc(sniffLength);
  const sniffed = sniff(head.subarray(0, fs.readSync(file, head, 0, head.length, 0)));
  if (!sniffed.readable) throw new AppError('bad-image', sniffed.reason);
}

/** null when the file is shorter than it was. */
async function readAll(file: number, size: number): Promise<Uint8Array | null> {
  const bytes = Buffer.alloc(size);
  let filled = 0;
  while (filled < size) {
    const count =
      size <= smallBytes
        ? fs.readSync(file, bytes, filled, size - filled, filled)
        : (await read(file, bytes, filled, size - filled, filled)).bytesRead;
    if (count === 0) return null;
    filled += count;
  }
  return bytes;
}

function unchanged(before: BigIntStats, after: BigIntStats): boolean {
  return before.size === after.size && before.mtimeNs === after.mtimeNs;
}
