/** The files of the application's ports, on this machine's disks. */
import { createReadStream } from 'node:fs';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { FileKind, Files, NewFile } from '#app/ports.ts';
import { createAtomicFile, sweepPartFiles } from '#storage/atomic-file.ts';
import { hashFile, sha256 } from '#storage/content-store.ts';
import { fileError } from '#storage/file-errors.ts';
import type { DataFolder } from './data-folder.ts';
import { safeName } from './safe-names.ts';
import type { Uploads } from './uploads.ts';

export interface FilesSetup {
  readonly data: DataFolder;
  readonly uploads: Uploads;
  readonly assetsFolder: string;
  readonly modelsFolder: string;
}

/** Somebody who went back to a backup may want to come back. */
const FORGOTTEN_MS = 30 * 24 * 3600 * 1000;
/** A photo that was open when the program or its window ended. */
const LEFT_BEHIND_MS = 2 * 24 * 3600 * 1000;
const MODEL = /\.safetensors$/i;
const JOB_FOLDER = /^[0-9a-zA-Z_-]{1,100}$/;

export function createFiles({ data, uploads, assetsFolder, modelsFolder }: FilesSetup): Files {
  const jobFolder = (jobId: string): string => {
    if (!JOB_FOLDER.test(jobId)) throw new RangeError(`not a job's id: ${jobId}`);
    return join(data.jobs, jobId);
  };

  const repairFolder = (repairId: string): string => {
    if (!JOB_FOLDER.test(repairId)) throw new RangeError(`not a repair's id: ${repairId}`);
    return join(data.repairs, repairId);
  };

  return {
    nameOf: (path) => basename(path),
    kindOf,
    async modelsBelow(folder, signal) {
      const found: string[] = [];
      const waiting = [folder];
      for (let next = waiting.pop(); next !== undefined && !signal.aborted; next = waiting.pop()) {
        // Links are not followed, so there is no way round.
        for (const entry of await readdir(next, { withFileTypes: true }).catch(() => [])) {
          const path = join(next, entry.name);
          if (entry.isDirectory()) waiting.push(path);
          else if (entry.isFile() && MODEL.test(entry.name)) found.push(path);
        }
      }
      return found.sort();
    },
    sample(name, purpose) {
      const samples = join(assetsFolder, 'samples');
      if (name === 'emoji') return join(samples, 'emoji');
      return join(
        samples,
        'digits',
        purpose === 'training' ? 'train-images-600.idx3-ubyte.gz' : 't10k-images-512.idx3-ubyte',
      );
    },
    upload: (uploadId) => uploads.path(uploadId),
    jobFolder,
    removeJobFolder: (jobId) => rm(jobFolder(jobId), { recursive: true, force: true }),
    sweepJobFolders: (jobIds) => sweepFolders(data.jobs, jobIds, FORGOTTEN_MS),
    repairFolder,
    removeRepairFolder: (repairId) => rm(repairFolder(repairId), { recursive: true, force: true }),
    sweepRepairFolders: (repairIds) => sweepFolders(data.repairs, repairIds, LEFT_BEHIND_MS),
    cacheFolder: data.cache,
    bundledModel: (bundledName) => join(modelsFolder, basename(bundledName)),
    async bundledModels() {
      const names = await readdir(modelsFolder).catch(() => [] as string[]);
      return names.filter((name) => MODEL.test(name)).sort();
    },
    writeNew,
    hash: sha256,
    hashOf: hashFile,
  };
}

/** Removes what is in a folder and was not touched for so long, but for the names given. */
async function sweepFolders(folder: string, names: readonly string[], olderMs: number): Promise<void> {
  const known = new Set(names);
  for (const name of await readdir(folder).catch(() => [] as string[])) {
    if (known.has(name)) continue;
    const path = join(folder, name);
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > olderMs) await rm(path, { recursive: true, force: true });
  }
}

async function kindOf(path: string): Promise<FileKind> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return 'folder';
    if (!found.isFile()) return 'other';
    return MODEL.test(path) || (await beginsAsSafetensors(path)) ? 'model' : 'file';
  } catch (error) {
    throw fileError(error, { path, doing: 'read' });
  }
}

/** Eight bytes of a length, and the brace of the header's JSON. */
async function beginsAsSafetensors(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const bytes = Buffer.alloc(10);
    const { bytesRead } = await file.read(bytes, 0, 10, 0);
    return bytesRead === 10 && bytes.toString('latin1', 8, 10) === '{"';
  } finally {
    await file.close();
  }
}

async function isSame(path: string, contents: NewFile): Promise<boolean> {
  const there = await hashFile(path).catch(() => null);
  return there === ('bytes' in contents ? sha256(contents.bytes) : await hashFile(contents.copyOf));
}

/** Never over a file that is there: its name is looked for among all, without regard to case. */
async function writeNew(
  folder: string,
  name: string,
  extension: string,
  contents: NewFile,
  mayBeThere = false,
): Promise<string> {
  const taken = new Set(
    (
      await readdir(folder).catch((error: unknown) => {
        throw fileError(error, { path: folder, doing: 'written' });
      })
    ).map((other) => other.toLowerCase()),
  );
  // What a process that was killed here had begun.
  if ([...taken].some((other) => other.endsWith('.part'))) await sweepPartFiles(folder);
  const stem = safeName(name);
  let free = `${stem}.${extension}`;
  for (let i = 2; taken.has(free.toLowerCase()); i++) {
    if (mayBeThere && (await isSame(join(folder, free), contents))) return join(folder, free);
    free = `${stem}-${i}.${extension}`;
  }
  const path = join(folder, free);
  const file = await createAtomicFile(path);
  try {
    if ('bytes' in contents) await file.write(contents.bytes);
    else for await (const chunk of createReadStream(contents.copyOf)) await file.write(chunk as Buffer);
    await file.commit();
  } catch (error) {
    throw fileError(error, { path, doing: 'written' });
  } finally {
    await file.abort();
  }
  return path;
}
