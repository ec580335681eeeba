/**
 * One Morphogen at a time owns a data folder. The lock is a transaction on a small database of its own, so that the
 * operating system gives it back when the owner dies, however it dies.
 */
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { AppError } from '#domain/errors.ts';
import { libraryError } from './sqlite-errors.ts';

export interface LibraryLock {
  release(): void;
}

/**
 * @param waitMs How long to wait for another owner.
 * @throws AppError busy; AppError io
 */
export function lockLibrary(dataFolder: string, waitMs: number): LibraryLock {
  const path = join(dataFolder, 'library.lock');
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { timeout: waitMs });
    // Nothing is ever written, so neither a journal nor a sync is needed.
    database.pragma('journal_mode = MEMORY');
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database?.close();
    const told = libraryError(error, path);
    if (!(told instanceof AppError) || told.code !== 'busy') throw told;
    throw new AppError(
      'busy',
      `The library in ${dataFolder} is open elsewhere: use that window, or close the other Morphogen and try again.`,
      { cause: error },
    );
  }
  const held = database;
  return {
    release: () => {
      held.close();
    },
  };
}
