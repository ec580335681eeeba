/**
 * Opens the library of a data folder, whatever state its last user left it in: finishes an interrupted restoration,
 * sweeps what killed processes left, refuses what is not a library of this version or older, brings the schema up to
 * date after a backup, and says what the user should know. Nothing is ever deleted to get on.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContentStore, LibraryStore } from '#contract/library-store.ts';
import { AppError } from '#domain/errors.ts';
import { sweepPartFiles } from '../atomic-file.ts';
import { createContentStore } from '../content-store.ts';
import { fileError } from '../file-errors.ts';
import {
  backUpDatabase,
  checkBackup,
  listBackups,
  newestGoodBackup,
  quickCheck,
  requireLibrary,
  type Backup,
} from './backups.ts';
import { checkDatabase, type CheckReport } from './check.ts';
import { collect, type Collected } from './collect.ts';
import { Connection } from './connection.ts';
import {
  BACKUP_FOLDER,
  createLibraryFile,
  FILE_FOLDER,
  hasUnfinishedWrites,
  libraryPath,
  openDatabase,
  recogniseLibrary,
  sizeOf,
} from './database-file.ts';
import { folderKind, folderNotice } from './folder-kind.ts';
import { lockLibrary } from './library-lock.ts';
import { migrate, migrations, refuseLaterSchema, type Migration } from './migrate.ts';
import { finishRestoration, prepareRestoration, type Restored } from './restore.ts';
import { BUSY_TIMEOUT_MS, damaged, libraryError } from './sqlite-errors.ts';
import { createLibraryStore } from './store.ts';

export interface LibraryOptions {
  /** Of the program; a library of a later schema names the one that it needs. */
  readonly version: string;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** How long to wait for another process that has the library. */
  readonly waitMs?: number;
  /** The number of the folder's file system; handed in by tests. */
  readonly fileSystemType?: (path: string) => Promise<number>;
  /** Handed in by tests of the steps between versions. */
  readonly migrations?: readonly Migration[];
}

export interface Library {
  readonly store: LibraryStore;
  readonly files: ContentStore;
  /** Sentences for the user. */
  readonly notices: readonly string[];
  backUp(): Promise<Backup>;
  backups(): Promise<Backup[]>;
  check(): Promise<CheckReport>;
  /** `store` goes on with what was restored. @throws AppError as restoreLibrary; nothing was changed then */
  restore(path: string): Promise<Restored>;
  collect(): Promise<Collected>;
  /** Also by `store.close`. */
  close(): void;
}

/** Looked through in 50 ms or so. */
const ALWAYS_CHECKED_BYTES = 32e6;

/**
 * For one owner at a time; makes the folder and the library where there is none.
 * @throws AppError busy: open elsewhere; unsupported: a later schema; bad-file: damaged, or not a library; io
 */
export async function openLibrary(dataFolder: string, options: LibraryOptions): Promise<Library> {
  const { version, now = Date.now, waitMs = BUSY_TIMEOUT_MS, migrations: steps = migrations } = options;
  const path = libraryPath(dataFolder);
  await mkdir(dataFolder, { recursive: true }).catch((error: unknown) => {
    throw fileError(error, { path: dataFolder, doing: 'written' });
  });
  const lock = lockLibrary(dataFolder, waitMs);
  try {
    const notices: string[] = [];
    const kind = await folderKind(dataFolder, options.fileSystemType);
    const warning = folderNotice(dataFolder, kind);
    if (warning !== null) notices.push(warning);
    const restored = finishRestoration(dataFolder);
    if (restored !== null) notices.push(restoredNotice(restored));
    const files = createContentStore(join(dataFolder, FILE_FOLDER));
    await files.sweep();
    for (const folder of [dataFolder, join(dataFolder, BACKUP_FOLDER)]) await sweepPartFiles(folder);

    const openings = { useWal: kind.kind === 'local', timeoutMs: waitMs };
    const connection = await offeringBackup(dataFolder, async () => {
      // What was not closed in order is looked through before anything is written; what is small, always.
      const isSmall = ((await sizeOf(path)) ?? 0) <= ALWAYS_CHECKED_BYTES;
      const isChecked = isSmall || (await hasUnfinishedWrites(path));
      if ((await recogniseLibrary(path)) === 'missing') await createLibraryFile(path, version, steps);
      const database = openDatabase(path, openings);
      try {
        refuseLaterSchema(database, path, steps);
        const [problem] = isChecked ? quickCheck(database) : [];
        if (problem !== undefined) throw new AppError('bad-file', damaged(path, problem));
        await migrate(
          database,
          path,
          version,
          () => backUpDatabase(database, dataFolder, now(), `before-version-${steps.at(-1)?.version ?? 0}`),
          steps,
        );
      } catch (error) {
        database.close();
        throw libraryError(error, path);
      }
      return new Connection(path, database);
    });

    let isOpen = true;
    const close = (): void => {
      if (!isOpen) return;
      isOpen = false;
      connection.close();
      lock.release();
    };
    const context = { connection, files, now };
    const { store, similar } = createLibraryStore(context, close);
    return {
      store,
      files,
      notices,
      backUp: () => backUpDatabase(connection.database, dataFolder, now()),
      backups: () => listBackups(dataFolder),
      check: () => checkDatabase(connection.database, files),
      async restore(backupPath) {
        await checkBackup(backupPath);
        await prepareRestoration(dataFolder, backupPath);
        let restoredHere: Restored = { setAside: null };
        connection.replace(
          () => {
            restoredHere = finishRestoration(dataFolder) ?? restoredHere;
          },
          () => openDatabase(path, openings),
        );
        similar.forget();
        // A backup may be of an earlier version.
        const { database } = connection;
        await migrate(database, path, version, () => Promise.resolve(), steps);
        return restoredHere;
      },
      async collect() {
        const collected = await collect(context, dataFolder);
        similar.forget();
        return collected;
      },
      close,
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/** Throws away what nothing refers to, in a library that nobody has open. @throws AppError as openLibrary; not-found */
export async function collectGarbage(dataFolder: string, options: LibraryOptions): Promise<Collected> {
  await requireLibrary(libraryPath(dataFolder));
  const library = await openLibrary(dataFolder, { waitMs: 0, ...options });
  try {
    return await library.collect();
  } finally {
    library.close();
  }
}

/** Says which backup to restore where the library cannot be opened any more. */
async function offeringBackup<T>(dataFolder: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'bad-file') throw error;
    const backup = await newestGoodBackup(dataFolder);
    const offer =
      backup === null
        ? 'There is no sound backup: to start anew, move the file away.'
        : `The newest sound backup is ${backup.path}, of ${new Date(backup.createdMs).toLocaleString('en')}.`;
    throw new AppError('bad-file', `${error.message} ${offer}`, { cause: error });
  }
}

function restoredNotice({ setAside }: Restored): string {
  const before = setAside === null ? '' : ` What was there before lies in ${setAside}.`;
  return `The restoration of a backup was interrupted and has been finished.${before}`;
}
