/** What SQLite says, as one sentence for people; what only a bug can cause stays as it is. */
import Database from 'better-sqlite3';
import { AppError } from '#domain/errors.ts';

/** How long a call waits for another process that writes. */
export const BUSY_TIMEOUT_MS = 5000;

/** @param path Of the database. */
export function libraryError(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const said = `${error.code}: ${error.message}`;
  const sentence = (code: AppError['code'], text: string): AppError =>
    new AppError(code, text, { cause: error });
  // Extended codes add an ending to these: SQLITE_BUSY_SNAPSHOT, SQLITE_CORRUPT_INDEX.
  const kind = /^SQLITE_([A-Z]+)/.exec(error.code)?.[1];
  switch (kind) {
    case 'BUSY':
    case 'LOCKED':
      return sentence(
        'busy',
        `The library ${path} is open elsewhere and was not free within ${BUSY_TIMEOUT_MS / 1000} seconds: close the other Morphogen, or wait until it is done.`,
      );
    case 'FULL':
      return sentence(
        'disk-full',
        `There is no room left on the disk for the library ${path}: free some space and try again; what was there before is unharmed.`,
      );
    case 'CORRUPT':
    case 'NOTADB':
      return sentence('bad-file', damaged(path, said));
    case 'READONLY':
    case 'PERM':
    case 'CANTOPEN':
      return sentence(
        'disk-full',
        `The library ${path} may not be opened or written by you (${said}): change the permissions of its folder or choose another one.`,
      );
    case 'IOERR':
      return sentence(
        'io',
        `The library ${path} could not be read or written (${said}): check the disk and its free space, then try again.`,
      );
    default:
      return error;
  }
}

/** @param said What was found; @param advice what to do, as the end of the sentence */
export function damaged(
  path: string,
  said: string,
  advice = 'restore a backup (library list, library restore)',
): string {
  return `The library ${path} is damaged (${said}), so nothing is written to it any more and nothing was deleted: ${advice}.`;
}
