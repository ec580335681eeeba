/**
 * Files that are there as a whole or not at all: written under a temporary name in the same folder, synced, renamed
 * over the target, and the folder synced. A file of any size can be written as chunks, also one whose size is not known
 * beforehand (createAtomicFile). A process that is killed leaves a `.part` file behind, which sweepPartFiles removes at the next start; its name holds the process's number, so that
 * what another Morphogen is writing, or someone else's `.part` file, stays.
 */
import { constants } from 'node:fs';
import * as nodeFs from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '#domain/errors.ts';
import { fileError } from './file-errors.ts';

/** What is used of node:fs/promises; handed in by tests that play a full disk. */
export type FileSystem = Pick<typeof nodeFs, 'open' | 'rename' | 'unlink' | 'readdir' | 'mkdir'>;

/** A file as it will be, in pieces; those of engine/files/safetensors-write.ts fit. */
export interface FileContents extends Iterable<Uint8Array> {
  readonly byteLength: number;
}

export interface FileOptions {
  readonly fs?: FileSystem;
  readonly signal?: AbortSignal;
  /** Makes the folder, and those above it, where they are missing; otherwise a missing folder is an error. */
  readonly makeFolder?: boolean;
}

/** A file on its way: whoever opens one calls `abort` at the end, whatever happens. Every method throws as writeFileAtomic. */
export interface AtomicFile {
  write(bytes: Uint8Array): Promise<void>;
  /** In place of what was written at `at`, e.g. a length that was not known before. */
  rewrite(bytes: Uint8Array, at: number): Promise<void>;
  /** The file is there after this. */
  commit(): Promise<void>;
  /** Removes what was written; does nothing after `commit`. */
  abort(): Promise<void>;
}

const PART = /\.morphogen-(\d+)-\d+\.part$/;
/** Written at once; between two writes the signal is looked at. */
const WRITE_BYTES = 1 << 26;
/** A named pipe would block the opening until someone writes to it; Windows has no such flag. */
const READ_WITHOUT_WAITING = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0);
let partsMade = 0;

/**
 * Whoever reads `path` sees the old contents or the new ones, also after a loss of power.
 * @throws AppError io, with the bytes needed where the disk is full; AppError cancelled
 */
export async function writeFileAtomic(
  path: string,
  contents: Uint8Array | FileContents,
  options: FileOptions = {},
): Promise<void> {
  const file = await openPart(path, options, contents.byteLength);
  try {
    let written = 0;
    for (const chunk of contents instanceof Uint8Array ? [contents] : contents) {
      await file.write(chunk);
      written += chunk.byteLength;
    }
    if (written !== contents.byteLength) {
      throw new RangeError(`${path}: ${contents.byteLength} bytes were announced and ${written} came`);
    }
    await file.commit();
  } finally {
    await file.abort();
  }
}

/** A file to be written piece by piece. @throws AppError io */
export function createAtomicFile(path: string, options: FileOptions = {}): Promise<AtomicFile> {
  return openPart(path, options, undefined);
}

/**
 * A whole file in memory of its own, also beyond the 2 GiB that Node's readFile takes.
 * @throws AppError not-found, io, bad-file (over maxBytes), out-of-memory
 */
export async function readFileBytes(
  path: string,
  { fs = nodeFs, maxBytes = Infinity }: { readonly fs?: FileSystem; readonly maxBytes?: number } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  try {
    const file = await fs.open(path, READ_WITHOUT_WAITING);
    try {
      const stat = await file.stat();
      if (!stat.isFile()) throw new AppError('io', `${path} is not a regular file: give the name of a file.`);
      if (stat.size > maxBytes) {
        throw new AppError(
          'bad-file',
          `${path} has ${stat.size} bytes, over the limit of ${maxBytes}: choose a smaller file.`,
        );
      }
      const bytes = allocate(stat.size, path);
      let at = 0;
      while (at < bytes.length) {
        const { bytesRead } = await file.read(bytes, at, Math.min(WRITE_BYTES, bytes.length - at), at);
        if (bytesRead === 0) throw new AppError('io', `${path} became shorter while it was read: try again.`);
        at += bytesRead;
      }
      return bytes;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(error, { path, doing: 'read' });
  }
}

/** Removes what killed processes left in a folder; returns the names. A folder that is not there has nothing. */
export async function sweepPartFiles(folder: string, fs: FileSystem = nodeFs): Promise<string[]> {
  const names = await fs.readdir(folder).catch(() => [] as string[]);
  const swept: string[] = [];
  for (const name of names) {
    const owner = PART.exec(name)?.[1];
    if (owner === undefined || isRunning(Number(owner))) continue;
    await fs.unlink(join(folder, name)).then(
      () => swept.push(name),
      () => undefined,
    );
  }
  return swept;
}

/** @param bytes Of the whole file, to be named where the disk is full; undefined where it is not known. */
async function openPart(
  path: string,
  { fs = nodeFs, signal, makeFolder = false }: FileOptions,
  bytes: number | undefined,
): Promise<AtomicFile> {
  const folder = dirname(path);
  const part = join(folder, `${shortened(basename(path))}.morphogen-${process.pid}-${++partsMade}.part`);
  const attempt = async <T>(action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      throw fileError(error, { path, doing: 'written', ...(bytes === undefined ? {} : { bytes }) });
    }
  };
  const handle = await attempt(async () => {
    if (makeFolder) await fs.mkdir(folder, { recursive: true });
    return fs.open(part, 'wx');
  });
  let isOpen = true;
  let isDone = false;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await handle.close();
  };
  return {
    write: (chunk) =>
      attempt(async () => {
        for (let at = 0; at < chunk.byteLength;) {
          if (signal?.aborted === true)
            throw new AppError('cancelled', `${path} was not written: it was cancelled.`);
          const length = Math.min(WRITE_BYTES, chunk.byteLength - at);
          at += (await handle.write(chunk, at, length)).bytesWritten;
        }
      }),
    rewrite: (chunk, position) =>
      attempt(async () => {
        for (let at = 0; at < chunk.byteLength;) {
          at += (await handle.write(chunk, at, chunk.byteLength - at, position + at)).bytesWritten;
        }
      }),
    commit: () =>
      attempt(async () => {
        await handle.sync();
        await close();
        await fs.rename(part, path);
        isDone = true;
        await syncFolder(folder, fs);
      }),
    async abort() {
      if (isDone) return;
      isDone = true;
      await close().catch(() => undefined);
      await fs.unlink(part).catch(() => undefined);
    },
  };
}

/** Leaves the part's ending room within a name's 255 bytes; the target's own length is judged by the rename. */
function shortened(name: string): string {
  return [...name].slice(0, 40).join('');
}

/** So that the new name survives a loss of power. Windows cannot open a folder, and needs none of it. */
async function syncFolder(folder: string, fs: FileSystem): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await fs.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function allocate(length: number, path: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new AppError(
      'out-of-memory',
      `There is no memory for the ${length} bytes of ${path}: close other programs.`,
      {
        cause: error,
      },
    );
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Someone else's process is one that runs, too.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
