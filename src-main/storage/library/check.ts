/** Whether a library is sound: its pages, what refers to what, and the files beside it. */
import type Database from 'better-sqlite3';
import { createContentStore, hashFile, type ContentFiles } from '../content-store.ts';
import { openReadOnly, quickCheck, requireLibrary } from './backups.ts';
import { FILE_FOLDER, libraryPath } from './database-file.ts';
import { refuseLaterSchema } from './migrate.ts';
import { neededFiles } from './references.ts';
import { libraryError } from './sqlite-errors.ts';
import { AppError } from '#domain/errors.ts';
import { join } from 'node:path';

export interface CheckReport {
  readonly isSound: boolean;
  /** Sentences. */
  readonly problems: string[];
}

/** Of a library that may be in use by another process. @throws AppError not-found, busy, unsupported, io */
export async function checkLibrary(dataFolder: string): Promise<CheckReport> {
  const path = libraryPath(dataFolder);
  try {
    await requireLibrary(path);
    const database = openReadOnly(path);
    try {
      refuseLaterSchema(database, path);
      return await checkDatabase(database, createContentStore(join(dataFolder, FILE_FOLDER)));
    } finally {
      database.close();
    }
  } catch (error) {
    const told = libraryError(error, path);
    if (told instanceof AppError && told.code === 'bad-file')
      return { isSound: false, problems: [told.message] };
    throw told;
  }
}

export async function checkDatabase(database: Database.Database, files: ContentFiles): Promise<CheckReport> {
  const problems = quickCheck(database).map((found) => `The database is damaged: ${found}.`);
  // A damaged page may stop any further reading.
  if (problems.length > 0) return { isSound: false, problems };
  for (const stray of database.pragma('foreign_key_check') as { table: string; parent: string }[])
    problems.push(`A row of ${stray.table} refers to one of ${stray.parent} that is missing.`);
  for (const { hash, owner } of neededFiles(database)) {
    if (!(await files.has(hash))) {
      problems.push(`The file of ${owner} is missing (${hash}): import it again.`);
    } else if ((await hashFile(files.path(hash))) !== hash) {
      problems.push(`The file of ${owner} is damaged (${files.path(hash)}): import it again.`);
    }
  }
  return { isSound: problems.length === 0, problems };
}
