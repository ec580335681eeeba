/**
 * Backups of the database: copied by SQLite itself, so that what lies in the WAL is in them, checked, and given their
 * name only when they are whole. Files beside the database are not copied: they never change, and none that a backup
 * refers to is collected. Backups are never deleted by the program.
 */
import Database from 'better-sqlite3';
import { mkdir, readdir, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '#domain/errors.ts';
import { fileError } from '../file-errors.ts';
import {
  BACKUP_FOLDER,
  libraryPath,
  partPath,
  recogniseLibrary,
  syncFile,
  syncFolderNow,
} from './database-file.ts';
import { refuseLaterSchema } from './migrate.ts';
import { BUSY_TIMEOUT_MS, libraryError } from './sqlite-errors.ts';

export interface Backup {
  readonly path: string;
  /** From its name; of the file where the name says nothing. */
  readonly createdMs: number;
  readonly bytes: number;
}

const NAME = /^library-(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z)(?:-[a-z0-9-]+)?\.sqlite$/;

/**
 * @param occasion Ends the name, e.g. "before-version-20".
 * @throws AppError io; nothing half-done stays
 */
export async function backUpDatabase(
  database: Database.Database,
  dataFolder: string,
  nowMs: number,
  occasion?: string,
): Promise<Backup> {
  const folder = join(dataFolder, BACKUP_FOLDER);
  const stamp = new Date(nowMs).toISOString().replaceAll(/[:.]/g, '-');
  const path = await freeName(join(folder, `library-${stamp}`), occasion);
  await copyDatabase(database, path);
  const { size } = await stat(path);
  return { path, createdMs: nowMs, bytes: size };
}

/** Of a library that may be in use by another process. @throws AppError not-found, bad-file, busy, io */
export async function backUpLibrary(dataFolder: string, nowMs = Date.now()): Promise<Backup> {
  const path = libraryPath(dataFolder);
  await requireLibrary(path);
  const database = openReadOnly(path);
  try {
    return await backUpDatabase(database, dataFolder, nowMs);
  } finally {
    database.close();
  }
}

/** Newest first. @throws AppError io */
export async function listBackups(dataFolder: string): Promise<Backup[]> {
  const folder = join(dataFolder, BACKUP_FOLDER);
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [] as string[];
    throw fileError(error, { path: folder, doing: 'read' });
  });
  const backups: Backup[] = [];
  for (const name of names.filter((one) => one.endsWith('.sqlite'))) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (found?.isFile() !== true) continue;
    backups.push({ path, createdMs: timeOf(name) ?? found.mtimeMs, bytes: found.size });
  }
  return backups.sort((a, b) => b.createdMs - a.createdMs || (a.path < b.path ? 1 : -1));
}

/** The newest that can be restored; null if there is none. */
export async function newestGoodBackup(dataFolder: string): Promise<Backup | null> {
  for (const backup of await listBackups(dataFolder)) {
    try {
      await checkBackup(backup.path);
      return backup;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
    }
  }
  return null;
}

/** @throws AppError for what is no sound library, or one of a later version */
export async function checkBackup(path: string): Promise<void> {
  await requireLibrary(path);
  const database = openReadOnly(path);
  try {
    refuseLaterSchema(database, path);
    const problems = quickCheck(database);
    if (problems.length > 0) {
      throw new AppError('bad-file', `The backup ${path} is damaged (${problems[0]}): choose another one.`);
    }
  } catch (error) {
    throw libraryError(error, path);
  } finally {
    database.close();
  }
}

/** Copies a database that may be in use to a file that is there whole and sound, or not at all. @throws AppError io */
export async function copyDatabase(database: Database.Database, path: string): Promise<void> {
  const part = partPath(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    await database.backup(part);
    const copy = new Database(part);
    try {
      // One file, which can be carried elsewhere: the copy says that it has a WAL, as its source did.
      copy.pragma('journal_mode = DELETE');
      const problems = quickCheck(copy);
      if (problems.length > 0) {
        throw new AppError(
          'bad-file',
          `No copy of the library was made, for it is damaged (${problems[0]}): check it (library check).`,
        );
      }
    } finally {
      copy.close();
    }
    await syncFile(part);
    await rename(part, path);
    syncFolderNow(dirname(path));
  } catch (error) {
    await unlink(part).catch(() => undefined);
    throw fileError(libraryError(error, path), { path, doing: 'written' });
  }
}

/** What is wrong with the database's pages; nothing if it is sound. What stops the check is a problem, too. */
export function quickCheck(database: Database.Database): string[] {
  try {
    const rows = database.pragma('quick_check(20)') as { quick_check: string }[];
    return rows.map((row) => row.quick_check).filter((text) => text !== 'ok');
  } catch (error) {
    if (!(error instanceof Database.SqliteError) || !/CORRUPT|NOTADB/.test(error.code)) throw error;
    return [error.message];
  }
}

/** @throws AppError busy, bad-file, io */
export function openReadOnly(path: string): Database.Database {
  try {
    return new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
  } catch (error) {
    throw libraryError(error, path);
  }
}

export async function requireLibrary(path: string): Promise<void> {
  if ((await recogniseLibrary(path)) === 'library') return;
  throw new AppError('not-found', `There is no library ${path}: check the name of the folder and the file.`);
}

function timeOf(name: string): number | null {
  const stamp = NAME.exec(basename(name))?.[1];
  if (stamp === undefined) return null;
  const [day, time] = stamp.split('T');
  const [hours, minutes, seconds, ms] = time.slice(0, -1).split('-');
  return Date.parse(`${day}T${hours}:${minutes}:${seconds}.${ms}Z`);
}

/** Two backups within a millisecond, or after the clock was set back. */
async function freeName(start: string, occasion = ''): Promise<string> {
  for (let number = 0; ; number++) {
    const ending = [occasion, number === 0 ? '' : String(number)].filter((part) => part !== '');
    const path = `${[start, ...ending].join('-')}.sqlite`;
    if ((await stat(path).catch(() => null)) === null) return path;
  }
}
