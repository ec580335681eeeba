/**
 * Files that windows send: each upload is a folder of its own under names that cannot leave it. They are there for a job
 * to read; what no job wants is swept at a later start.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '#domain/errors.ts';
import { createAtomicFile } from '#storage/atomic-file.ts';
import { safeParts } from './safe-names.ts';

export interface Uploads {
  /** @returns its id */
  create(): Promise<string>;
  /** Streams a file in, whole or not at all. @throws AppError not-found, disk-full, io */
  add(uploadId: string, relativeName: string, body: AsyncIterable<Uint8Array>): Promise<void>;
  /** The folder; or the one thing in it, where there is just one: a file, a folder that was dropped. @throws AppError not-found */
  path(uploadId: string): Promise<string>;
  /** Removes old ones that nobody wants. */
  sweep(nowMs: number, wanted: ReadonlySet<string>): Promise<void>;
}

const DAY_MS = 24 * 3600 * 1000;
const ID = /^[0-9a-f-]{36}$/;

export function createUploads(folder: string): Uploads {
  function folderOf(uploadId: string): string {
    if (ID.test(uploadId)) return join(folder, uploadId);
    throw gone();
  }

  return {
    async create() {
      const id = randomUUID();
      await mkdir(join(folder, id), { recursive: true });
      return id;
    },

    async add(uploadId, relativeName, body) {
      const target = folderOf(uploadId);
      await stat(target).catch(() => {
        throw gone();
      });
      const path = await freePath(target, safeParts(relativeName));
      const file = await createAtomicFile(path, { makeFolder: true });
      try {
        for await (const chunk of body) await file.write(chunk);
        await file.commit();
      } finally {
        await file.abort();
      }
    },

    async path(uploadId) {
      const target = folderOf(uploadId);
      const entries = await readdir(target, { withFileTypes: true }).catch(() => {
        throw gone();
      });
      return entries.length === 1 ? join(target, entries[0].name) : target;
    },

    async sweep(nowMs, wanted) {
      for (const name of await readdir(folder).catch(() => [] as string[])) {
        if (!ID.test(name) || wanted.has(name)) continue;
        const path = join(folder, name);
        const age = await stat(path).then(
          ({ mtimeMs }) => nowMs - mtimeMs,
          () => 0,
        );
        if (age > DAY_MS) await rm(path, { recursive: true, force: true });
      }
    },
  };
}

/** Two files of one name, by a system that knows no case or after making names safe, both stay. */
async function freePath(folder: string, parts: readonly string[]): Promise<string> {
  const wanted = join(folder, ...parts);
  const taken = new Set(
    (await readdir(dirname(wanted)).catch(() => [] as string[])).map((name) => name.toLowerCase()),
  );
  const last = parts[parts.length - 1];
  const [, stem = last, ending = ''] = /^(.+?)(\.[^.]+)?$/s.exec(last) ?? [];
  let name = last;
  for (let i = 2; taken.has(name.toLowerCase()); i++) name = `${stem}-${i}${ending}`;
  return join(dirname(wanted), name);
}

function gone(): AppError {
  return new AppError('not-found', 'What was sent is not there any more: send it again.');
}
