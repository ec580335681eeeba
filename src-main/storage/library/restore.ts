/**
 * Puts a backup in the place of the library. What was there, sound or damaged, is moved aside as it is, with its WAL,
 * and never deleted. The backup is first copied beside the library; from the moment that copy has its name the
 * restoration happens, even if the program is killed then: the next start finishes it.
 */
import { mkdirSync, renameSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileError } from '../file-errors.ts';
import { checkBackup, copyDatabase, openReadOnly } from './backups.ts';
import { libraryPath, syncFolderNow } from './database-file.ts';
import { lockLibrary } from './library-lock.ts';

export interface Restored {
  /** Where what was there before lies now; null if there was nothing. */
  readonly setAside: string | null;
}

const ASIDE_FOLDER = 'set-aside';
/** What belongs to a database; the WAL and its index go with it, for on another database they would destroy it. */
const PARTS = ['', '-wal', '-shm', '-journal'];

/**
 * Of a library that nobody has open; also where there is none yet.
 * @throws AppError busy where someone has; not-found, bad-file, unsupported for a backup that is none, and then nothing
 *   was changed; io
 */
export async function restoreLibrary(dataFolder: string, backupPath: string): Promise<Restored> {
  await checkBackup(backupPath);
  await mkdir(dataFolder, { recursive: true }).catch((error: unknown) => {
    throw fileError(error, { path: dataFolder, doing: 'written' });
  });
  const lock = lockLibrary(dataFolder, 0);
  try {
    await prepareRestoration(dataFolder, backupPath);
    return finishRestoration(dataFolder) ?? { setAside: null };
  } finally {
    lock.release();
  }
}

/**
 * The first half, for whoever has the lock: a copy of the backup beside the library, which may be in use.
 * @param backupPath A backup that was checked.
 */
export async function prepareRestoration(dataFolder: string, backupPath: string): Promise<void> {
  const backup = openReadOnly(backupPath);
  try {
    await copyDatabase(backup, readyPath(dataFolder));
  } finally {
    backup.close();
  }
}

/**
 * The second half, with the database closed; also of a restoration that was interrupted. Null where none was prepared.
 * Nothing else happens between its steps, so nobody meets a library that is closed.
 * @throws AppError io
 */
export function finishRestoration(dataFolder: string): Restored | null {
  const ready = readyPath(dataFolder);
  const path = libraryPath(dataFolder);
  try {
    const prepared = statSync(ready, { throwIfNoEntry: false });
    if (prepared === undefined) return null;
    // Named after the copy, so that an interrupted move goes on into the same folder.
    const stamp = prepared.mtime.toISOString().replaceAll(/[:.]/g, '-');
    const aside = join(dataFolder, ASIDE_FOLDER, stamp);
    for (const part of PARTS) {
      if (!isThere(path + part)) continue;
      mkdirSync(aside, { recursive: true });
      renameSync(path + part, join(aside, `library.sqlite${part}`));
    }
    const isAside = isThere(aside);
    if (isAside) for (const folder of [aside, dirname(aside)]) syncFolderNow(folder);
    syncFolderNow(dataFolder);
    renameSync(ready, path);
    syncFolderNow(dataFolder);
    return { setAside: isAside ? aside : null };
  } catch (error) {
    throw fileError(error, { path, doing: 'written' });
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function readyPath(dataFolder: string): string {
  return join(dataFolder, 'library.sqlite.restored');
}
