/**
 * Puts a backup in the place of the library. What was there, sound or damaged, is moved aside as it is, with its WAL,
 * and never deleted. The backup is first copied beside the library; from the moment that copy has its name the
 * restoration happens, even if the program is killed then: the next start finishes it.
 */
import { mkdir, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileError } from '../file-errors.ts';
import { checkBackup, copyDatabase, openReadOnly } from './backups.ts';
import { libraryPath, sizeOf, syncFolder } from './database-file.ts';
import { lockLibrary } from './library-lock.ts';

export interface Restored {
  /** Where what was there before lies now; null if there was nothing. */
  readonly setAside: string | null;
}

const ASIDE_FOLDER = 'set-aside';
/** What belongs to a database; the WAL and its index go with it, for on another database they would destroy it. */
const PARTS = ['', '-wal', '-shm', '-journal'];

/**
 * Of a library that nobody has open.
 * @throws AppError busy where someone has; not-found, bad-file, unsupported for a backup that is none, and then nothing
 *   was changed; io
 */
export async function restoreLibrary(dataFolder: string, backupPath: string): Promise<Restored> {
  await checkBackup(backupPath);
  const lock = lockLibrary(dataFolder, 0);
  try {
    return await swapIn(dataFolder, backupPath);
  } finally {
    lock.release();
  }
}

/** For whoever has the lock, with the database closed. @param backupPath A backup that was checked. */
export async function swapIn(dataFolder: string, backupPath: string): Promise<Restored> {
  const backup = openReadOnly(backupPath);
  try {
    await copyDatabase(backup, readyPath(dataFolder));
  } finally {
    backup.close();
  }
  return (await finishRestoration(dataFolder)) ?? { setAside: null };
}

/** Goes on with a restoration that was interrupted; null where there is none. @throws AppError io */
export async function finishRestoration(dataFolder: string): Promise<Restored | null> {
  const ready = readyPath(dataFolder);
  const path = libraryPath(dataFolder);
  if ((await sizeOf(ready)) === null) return null;
  try {
    // Named after the copy, so that an interrupted move goes on into the same folder.
    const { mtimeMs } = await stat(ready);
    const stamp = new Date(mtimeMs).toISOString().replaceAll(/[:.]/g, '-');
    const aside = join(dataFolder, ASIDE_FOLDER, stamp);
    for (const part of PARTS) {
      if ((await sizeOf(path + part)) === null) continue;
      await mkdir(aside, { recursive: true });
      await rename(path + part, join(aside, `library.sqlite${part}`));
    }
    const isAside = (await sizeOf(join(aside, 'library.sqlite'))) !== null;
    if (isAside) {
      await syncFolder(aside);
      await syncFolder(dirname(aside));
    }
    await syncFolder(dataFolder);
    await rename(ready, path);
    await syncFolder(dataFolder);
    return { setAside: isAside ? aside : null };
  } catch (error) {
    throw fileError(error, { path, doing: 'written' });
  }
}

function readyPath(dataFolder: string): string {
  return join(dataFolder, 'library.sqlite.restored');
}
