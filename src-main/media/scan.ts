/**
 * Walks a folder as a stream: one open folder a level, nothing collected, so that a hundred thousand files take no more
 * memory than ten. Yields regular files and, with a reason, what a person may miss: links, pipes, unreadable folders.
 * Hidden files and the droppings of file managers are passed over in silence. Names are handed on exactly as they lie
 * on the disk: normalise them for showing only.
 */
import type { Dirent, Dir } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#domain/errors.ts';
import { ioReason } from './image-file.ts';

export type ScanEntry =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'skipped'; readonly path: string; readonly reason: string };

export interface ScanOptions {
  readonly signal?: AbortSignal;
  /** Folders below the root are entered to this depth. */
  readonly maxDepth?: number;
}

const ignoredNames = new Set([
  'thumbs.db',
  'ehthumbs.db',
  'desktop.ini',
  '__macosx',
  '$recycle.bin',
  'icon\r',
]);

/**
 * Every file below `root`, in the file system's own order.
 * @throws AppError `not-found` or `io` when the root itself cannot be read; `cancelled` when the signal fires.
 */
export async function* scanFolder(root: string, options: ScanOptions = {}): AsyncGenerator<ScanEntry> {
  let start: string;
  try {
    start = await fs.realpath(root);
    await (await fs.opendir(start)).close();
  } catch (error) {
    const code = error instanceof Error && 'code' in error && error.code === 'ENOENT' ? 'not-found' : 'io';
    throw new AppError(code, `The folder ${root} cannot be read: ${ioReason(error)}.`, { cause: error });
  }
  yield* walk(start, root, 0, new Set(), options);
}

/** Whether a scan passes over a file or folder of this name. */
export function isIgnoredName(name: string): boolean {
  return name.startsWith('.') || ignoredNames.has(name.toLowerCase());
}

/** @param seen Device and inode of every folder entered: a folder mounted into itself ends here. */
async function* walk(
  folder: string,
  shown: string,
  depth: number,
  seen: Set<string>,
  options: ScanOptions,
): AsyncGenerator<ScanEntry> {
  refuseCancelled(options.signal);
  let directory: Dir;
  try {
    const { dev, ino } = await fs.stat(folder, { bigint: true });
    if (seen.has(`${dev}:${ino}`)) {
      yield { kind: 'skipped', path: shown, reason: 'a folder inside itself, not entered again' };
      return;
    }
    seen.add(`${dev}:${ino}`);
    directory = await fs.opendir(folder, { bufferSize: 256 });
  } catch (error) {
    yield { kind: 'skipped', path: shown, reason: `folder cannot be read: ${ioReason(error)}` };
    return;
  }
  const folders: string[] = [];
  try {
    for await (const entry of directory) {
      refuseCancelled(options.signal);
      if (isIgnoredName(entry.name)) continue;
      const found = await classify(entry, folder, shown);
      if (found === 'folder') folders.push(entry.name);
      else yield found;
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    yield { kind: 'skipped', path: shown, reason: `folder cannot be read to its end: ${ioReason(error)}` };
  }
  const maxDepth = options.maxDepth ?? 64;
  for (const name of folders) {
    if (depth < maxDepth) yield* walk(join(folder, name), join(shown, name), depth + 1, seen, options);
    else yield { kind: 'skipped', path: join(shown, name), reason: `more than ${maxDepth} folders deep` };
  }
}

async function classify(entry: Dirent, folder: string, shown: string): Promise<ScanEntry | 'folder'> {
  const path = join(shown, entry.name);
  let kind: Pick<Dirent, 'isFile' | 'isDirectory' | 'isSymbolicLink'> = entry;
  try {
    // Some file systems do not tell the kind while listing.
    if (isUnknown(entry)) kind = await fs.lstat(join(folder, entry.name));
  } catch (error) {
    return { kind: 'skipped', path, reason: ioReason(error) };
  }
  if (kind.isDirectory()) return 'folder';
  if (kind.isFile()) return { kind: 'file', path };
  if (kind.isSymbolicLink()) return { kind: 'skipped', path, reason: 'a symbolic link, not followed' };
  return { kind: 'skipped', path, reason: 'not a regular file' };
}

function isUnknown(entry: Dirent): boolean {
  return !(
    entry.isFile() ||
    entry.isDirectory() ||
    entry.isSymbolicLink() ||
    entry.isFIFO() ||
    entry.isSocket() ||
    entry.isBlockDevice() ||
    entry.isCharacterDevice()
  );
}

function refuseCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new AppError('cancelled', 'The scan was cancelled.');
}
