/**
 * Files that appear whole or not at all: written to a `.part` beside the target, flushed to the disk, renamed. A failure
 * removes the part and leaves an older file as it was.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '#domain/errors.ts';
import { ioReason } from './image-file.ts';

export interface AtomicFile {
  write(bytes: Uint8Array): Promise<void>;
  /** Flushes and renames; the file is there after this. */
  commit(): Promise<void>;
  /** Removes what was written; does nothing after `commit`. */
  abort(): Promise<void>;
}

/**
 * Opens a part file beside `path`, making folders as needed.
 * @throws AppError `io`, from every method too.
 */
export async function createAtomicFile(path: string): Promise<AtomicFile> {
  const part = join(dirname(path), `.${shortened(basename(path))}.${randomBytes(4).toString('hex')}.part`);
  const attempt = async <T>(action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      throw new AppError('io', `${path} cannot be written: ${ioReason(error)}.`, { cause: error });
    }
  };
  const handle = await attempt(async () => {
    await fs.mkdir(dirname(path), { recursive: true });
    return fs.open(part, 'wx');
  });
  let open = true;
  let done = false;
  const close = async (): Promise<void> => {
    if (open) await handle.close();
    open = false;
  };
  const abort = async (): Promise<void> => {
    if (done) return;
    done = true;
    await close().catch(() => undefined);
    await fs.rm(part, { force: true }).catch(() => undefined);
  };
  return {
    write: (bytes) => attempt(() => handle.writeFile(bytes)),
    commit: () =>
      attempt(async () => {
        await handle.sync();
        await close();
        await fs.rename(part, path);
        done = true;
      }),
    abort,
  };
}

/** Writes all of a file, or nothing. @throws AppError `io`. */
export async function writeFileAtomic(path: string, bytes: Uint8Array): Promise<void> {
  const file = await createAtomicFile(path);
  try {
    await file.write(bytes);
    await file.commit();
  } finally {
    await file.abort();
  }
}

/** Room for the part's own ending within a name's 255 bytes; the target's own length is judged by the rename. */
function shortened(name: string): string {
  return [...name].slice(0, 40).join('');
}
