/**
 * The database file of a library: made whole before it gets its name, recognised before it is opened, and opened with
 * what keeps a commit through a loss of power (synchronous FULL; SQLite's own default for a WAL may lose the last).
 */
import Database from 'better-sqlite3';
import { closeSync, constants, fsyncSync, openSync } from 'node:fs';
import { mkdir, open, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '#domain/errors.ts';
import { fileError } from '../file-errors.ts';
import { APPLICATION_ID, migrate, migrations, type Migration } from './migrate.ts';
import { BUSY_TIMEOUT_MS, damaged, libraryError } from './sqlite-errors.ts';

export const LIBRARY_FILE = 'library.sqlite';
export const BACKUP_FOLDER = 'backups';
export const FILE_FOLDER = 'files';

export function libraryPath(dataFolder: string): string {
  return join(dataFolder, LIBRARY_FILE);
}

const MAGIC = 'SQLite format 3\0';
const HEADER_BYTES = 100;
/** Of the header: where the page size (1 stands for 65,536) and the application_id stand, big-endian. */
const PAGE_SIZE_AT = 16;
const APPLICATION_ID_AT = 68;
let partsMade = 0;

/** A name beside `path` for what is not whole yet; sweepPartFiles (storage/atomic-file.ts) knows it. */
export function partPath(path: string): string {
  return `${path}.morphogen-${process.pid}-${++partsMade}.part`;
}

/**
 * Whether there is a database, by its first bytes.
 * @throws AppError bad-file for anything else under its name; nothing is ever overwritten
 */
export async function recogniseLibrary(path: string): Promise<'library' | 'missing'> {
  const size = await sizeOf(path);
  if (size === null) {
    if (((await sizeOf(`${path}-wal`)) ?? 0) === 0) return 'missing';
    throw new AppError(
      'bad-file',
      `${path} is missing while ${path}-wal, which belongs to it, is there: put the file back, or move the other away to start anew.`,
    );
  }
  if (size === 0)
    throw new AppError(
      'bad-file',
      `The library ${path} is empty (zero bytes), which Morphogen never leaves behind: restore a backup (library restore), or move the file away to start anew.`,
    );
  const header = await firstBytes(path);
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new AppError(
      'bad-file',
      `${path} is not a library of Morphogen (no SQLite database): choose another data folder, or move the file away.`,
    );
  }
  if (header.length < HEADER_BYTES)
    throw new AppError('bad-file', damaged(path, `it ends after ${header.length} bytes`));
  if (header.readUInt32BE(APPLICATION_ID_AT) !== APPLICATION_ID) {
    throw new AppError(
      'bad-file',
      `${path} is a database of another program, not a library of Morphogen: choose another data folder, or move the file away.`,
    );
  }
  const pageSize = header.readUInt16BE(PAGE_SIZE_AT);
  // SQLite fills up the last page with zeros and finds nothing wrong with it. A WAL may yet make it whole.
  const isCutOff = size % (pageSize === 1 ? 65_536 : pageSize) !== 0;
  if (isCutOff && !(await hasUnfinishedWrites(path)))
    throw new AppError('bad-file', damaged(path, `it ends within a page, after ${size} bytes`));
  return 'library';
}

/** Whether there are writes beside the database that belong into it: it was not closed in order, or is open. */
export async function hasUnfinishedWrites(path: string): Promise<boolean> {
  for (const part of ['-wal', '-journal']) if (((await sizeOf(path + part)) ?? 0) > 0) return true;
  return false;
}

/** A new, empty library under its name, whole or not at all. @throws AppError io */
export async function createLibraryFile(
  path: string,
  appVersion: string,
  steps: readonly Migration[] = migrations,
): Promise<void> {
  const part = partPath(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    const database = new Database(part);
    try {
      // Before the first table: pages that become free can be given back later.
      database.pragma('auto_vacuum = INCREMENTAL');
      await migrate(database, path, appVersion, () => Promise.resolve(), steps);
    } finally {
      database.close();
    }
    await syncFile(part);
    await rename(part, path);
    syncFolderNow(dirname(path));
  } catch (error) {
    await unlink(part).catch(() => undefined);
    throw fileError(libraryError(error, path), { path, doing: 'written' });
  }
}

/**
 * @param useWal Not on a network drive: a WAL needs memory shared by all that have the file open.
 * @throws AppError busy, bad-file, io
 */
export function openDatabase(
  path: string,
  { useWal, timeoutMs = BUSY_TIMEOUT_MS }: { readonly useWal: boolean; readonly timeoutMs?: number },
): Database.Database {
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { fileMustExist: true, timeout: timeoutMs });
    database.pragma(`journal_mode = ${useWal ? 'WAL' : 'DELETE'}`);
    database.pragma('synchronous = FULL');
    // On macOS a sync alone leaves the data in the drive's cache.
    database.pragma('fullfsync = ON');
    database.pragma('foreign_keys = ON');
    // What the file says about itself is not run: views and triggers of a library from elsewhere stay inert.
    database.pragma('trusted_schema = OFF');
    return database;
  } catch (error) {
    database?.close();
    throw libraryError(error, path);
  }
}

export async function sizeOf(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw fileError(error, { path, doing: 'read' });
  }
}

export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

/** So that a new name survives a loss of power. Windows cannot open a folder, and needs none of it. */
export function syncFolderNow(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

async function firstBytes(path: string): Promise<Buffer> {
  // A named pipe would block the opening until someone writes to it; Windows has no such flag.
  const flags = constants.O_RDONLY | ((constants.O_NONBLOCK as number | undefined) ?? 0);
  try {
    const file = await open(path, flags);
    try {
      const bytes = Buffer.alloc(HEADER_BYTES);
      const { bytesRead } = await file.read(bytes, 0, HEADER_BYTES, 0);
      return bytes.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(error, { path, doing: 'read' });
  }
}
