/**
 * Decoded datasets kept on the disk, so that the second start of a training run reads one file instead of ten thousand.
 * A cache is only ever a copy: one that is missing, damaged or of another version is rebuilt, and failing to write one is
 * no failure. File: 8 bytes of magic, uint32 length of the JSON, the JSON, the pixels.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { createAtomicFile, sweepPartFiles } from '#storage/atomic-file.ts';

export interface CachedDataset {
  readonly names: readonly string[];
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
  readonly warnings: readonly { readonly path: string; readonly message: string }[];
  readonly duplicates: number;
  readonly pixels: Uint8Array;
}

const magic = Buffer.from('MGDATA01', 'latin1');
const ending = '.decoded';
/** So many datasets are kept; the least recently used go. */
const kept = 8;

/** @param identity Everything that decides the pixels: files with sizes and times, grid, kind. */
export function cachePath(folder: string, identity: readonly string[]): string {
  const hash = createHash('sha256');
  for (const part of identity) hash.update(part).update('\0');
  return join(folder, hash.digest('hex').slice(0, 32) + ending);
}

/** null when there is none that can be trusted. */
export async function readCache(path: string, bytesAnImage: number): Promise<CachedDataset | null> {
  try {
    const bytes = await fs.readFile(path);
    if (!bytes.subarray(0, 8).equals(magic)) return null;
    const textEnd = 12 + bytes.readUInt32LE(8);
    const { digest, ...rest } = JSON.parse(bytes.toString('utf8', 12, textEnd)) as CachedDataset & {
      digest: string;
    };
    const pixels = new Uint8Array(bytes.buffer, bytes.byteOffset + textEnd, bytes.length - textEnd);
    if (rest.names.length * bytesAnImage !== pixels.length || digestOf(rest, pixels) !== digest) return null;
    const now = new Date();
    await fs.utimes(path, now, now).catch(() => undefined);
    return { ...rest, pixels };
  } catch {
    return null;
  }
}

/** @returns whether it was written; a full disk or a read-only folder is no reason to stop. */
export async function writeCache(folder: string, path: string, dataset: CachedDataset): Promise<boolean> {
  const { pixels, ...rest } = dataset;
  const text = Buffer.from(JSON.stringify({ ...rest, digest: digestOf(rest, pixels) }));
  const head = Buffer.alloc(12);
  magic.copy(head);
  head.writeUInt32LE(text.length, 8);
  try {
    const file = await createAtomicFile(path, { makeFolder: true });
    try {
      for (const bytes of [head, text, pixels]) await file.write(bytes);
      await file.commit();
    } finally {
      await file.abort();
    }
    await sweepPartFiles(folder);
    await sweep(folder);
    return true;
  } catch {
    return false;
  }
}

function digestOf(rest: Omit<CachedDataset, 'pixels'>, pixels: Uint8Array): string {
  const text = JSON.stringify([rest.names, rest.skipped, rest.warnings, rest.duplicates]);
  return createHash('sha256').update(text).update(pixels).digest('hex');
}

async function sweep(folder: string): Promise<void> {
  const files: { path: string; usedMs: number }[] = [];
  for (const name of await fs.readdir(folder)) {
    const path = join(folder, name);
    if (name.endsWith(ending)) files.push({ path, usedMs: (await fs.stat(path)).mtimeMs });
  }
  files.sort((a, b) => b.usedMs - a.usedMs);
  for (const { path } of files.slice(kept)) await fs.rm(path, { force: true });
}
