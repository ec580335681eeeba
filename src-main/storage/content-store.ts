/**
 * Files by the hash of their bytes: FOLDER/ab/cdef…, so that the same content lies there once, whatever it was called.
 * A file is there as a whole or not at all. What nothing refers to any more is removed by storage/library/collect.ts,
 * which spares young files: whoever adds one refers to it afterwards.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import * as nodeFs from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ContentStore } from '#contract/library-store.ts';
import { AppError } from '#domain/errors.ts';
import { createAtomicFile, sweepPartFiles, writeFileAtomic, type FileSystem } from './atomic-file.ts';
import { fileError } from './file-errors.ts';

export interface StoredFile {
  readonly hash: string;
  readonly path: string;
  readonly bytes: number;
  /** When it was last put in, in milliseconds since 1970. */
  readonly touchedMs: number;
}

/** As the application uses it, and what storage itself needs. */
export interface ContentFiles extends ContentStore {
  readonly folder: string;
  has(hash: string): Promise<boolean>;
  /** As `put`, for use within a transaction. */
  putNow(bytes: Uint8Array): string;
  list(): AsyncIterable<StoredFile>;
  /** Removes what killed processes left. */
  sweep(): Promise<void>;
}

const HASH = /^[0-9a-f]{64}$/;
const FOLDER_NAME = /^[0-9a-f]{2}$/;
const CHUNK_BYTES = 1 << 20;

/** @param fs Handed in by tests that play a full disk. */
export function createContentStore(folder: string, fs: FileSystem = nodeFs): ContentFiles {
  const place = (hash: string): string => contentPath(folder, hash);

  /** Whether the content is there already; then it counts as young again. */
  const touched = async (hash: string): Promise<boolean> => {
    const now = new Date();
    return nodeFs.utimes(place(hash), now, now).then(
      () => true,
      () => false,
    );
  };

  return {
    folder,
    path(hash) {
      const path = place(hash);
      if (existsSync(path)) return path;
      throw new AppError(
        'not-found',
        `The file ${hash} is missing in ${folder}: put it back, or delete what needs it.`,
      );
    },
    has: (hash) =>
      nodeFs.access(place(hash)).then(
        () => true,
        () => false,
      ),
    async put(bytes) {
      const hash = sha256(bytes);
      if (!(await touched(hash))) await writeFileAtomic(place(hash), bytes, { fs, makeFolder: true });
      return hash;
    },
    putNow(bytes) {
      const hash = sha256(bytes);
      if (!existsSync(place(hash))) writeNow(place(hash), bytes);
      return hash;
    },
    async adopt(path) {
      const hash = await hashFile(path);
      if (await touched(hash)) return hash;
      await copyChecked(path, place(hash), hash, fs);
      return hash;
    },
    async *list() {
      for (const name of await namesIn(folder)) {
        if (!FOLDER_NAME.test(name)) continue;
        for (const rest of await namesIn(join(folder, name))) {
          const hash = name + rest;
          if (!HASH.test(hash)) continue;
          const stat = await nodeFs.stat(place(hash)).catch(() => null);
          if (stat?.isFile() === true)
            yield { hash, path: place(hash), bytes: stat.size, touchedMs: stat.mtimeMs };
        }
      }
    },
    async sweep() {
      for (const name of await namesIn(folder)) {
        if (FOLDER_NAME.test(name)) await sweepPartFiles(join(folder, name), fs);
      }
    },
  };
}

/** @throws AppError bad-argument for what is no hash, so that no name leads out of the folder */
export function contentPath(folder: string, hash: string): string {
  if (!HASH.test(hash))
    throw new AppError('bad-argument', `${JSON.stringify(hash)} is not the sha256 of a file.`);
  return join(folder, hash.slice(0, 2), hash.slice(2));
}

/** sha256, hex. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** sha256, hex. @throws AppError not-found, io */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunksOf(path)) hash.update(chunk);
  return hash.digest('hex');
}

/** Copies what had a hash when it was read first; a file that changed meanwhile is not kept under a wrong name. */
async function copyChecked(from: string, to: string, expected: string, fs: FileSystem): Promise<void> {
  const hash = createHash('sha256');
  const file = await createAtomicFile(to, { fs, makeFolder: true });
  try {
    for await (const chunk of chunksOf(from)) {
      hash.update(chunk);
      await file.write(chunk);
    }
    if (hash.digest('hex') !== expected)
      throw new AppError('io', `${from} changed while it was copied: try again when it is complete.`);
    await file.commit();
  } finally {
    await file.abort();
  }
}

/** As writeFileAtomic, without waiting for anything. */
function writeNow(path: string, bytes: Uint8Array): void {
  const folder = dirname(path);
  const part = `${path}.morphogen-${process.pid}-0.part`;
  try {
    mkdirSync(folder, { recursive: true });
    const file = openSync(part, 'w');
    try {
      writeFileSync(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(part, path);
    if (process.platform === 'win32') return;
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    if (existsSync(part)) unlinkSync(part);
    throw fileError(error, { path, doing: 'written', bytes: bytes.byteLength });
  }
}

async function* chunksOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    if (!(await nodeFs.stat(path)).isFile())
      throw new AppError('io', `${path} is not a regular file: give the name of a file.`);
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }))
      yield chunk as Uint8Array;
  } catch (error) {
    throw fileError(error, { path, doing: 'read' });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await nodeFs.readdir(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return [];
    throw fileError(error, { path: dirname(folder), doing: 'read' });
  }
}
