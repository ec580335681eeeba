/**
 * The checkpoints of one training run: two slots in a folder of their own, the newest and the one before. A save
 * writes a new file as a whole and only then removes the oldest, so one good checkpoint is there at any moment. File
 * names hold the iteration, for clocks jump; a load takes the newest that can be read, and says so where it is not the
 * newest. What is in a checkpoint is not known here: whoever loads hands in how to decode, and so to check, it.
 */
import * as nodeFs from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '#domain/errors.ts';
import {
  readFileBytes,
  sweepPartFiles,
  writeFileAtomic,
  type FileContents,
  type FileOptions,
  type FileSystem,
} from './atomic-file.ts';
import { fileError } from './file-errors.ts';

export interface LoadedCheckpoint<T> {
  readonly value: T;
  readonly iteration: number;
  readonly path: string;
  /** A sentence for the user, where a newer checkpoint could not be read. */
  readonly notice: string | null;
}

interface Slot {
  readonly iteration: number;
  readonly name: string;
}

const SLOT_NAME = /^checkpoint-(\d{9,15})\.safetensors$/;
const SLOTS = 2;

/**
 * Saves as a whole or not at all; makes the folder where it is missing. Returns the file's path.
 * @throws AppError io, also for a full disk; the checkpoints that were there stay
 */
export async function saveCheckpoint(
  folder: string,
  iteration: number,
  contents: FileContents,
  { fs = nodeFs, signal }: FileOptions = {},
): Promise<string> {
  const name = `checkpoint-${String(iteration).padStart(9, '0')}.safetensors`;
  const path = join(folder, name);
  try {
    await fs.mkdir(folder, { recursive: true });
  } catch (error) {
    throw fileError(error, { path: folder, doing: 'written' });
  }
  await writeFileAtomic(path, contents, signal === undefined ? { fs } : { fs, signal });
  // What is newer was passed over when this run resumed, so it is not one of its checkpoints.
  const earlier = (await slotsOf(folder, fs)).filter((slot) => slot.iteration < iteration);
  const kept = new Set([name, ...earlier.slice(0, SLOTS - 1).map((slot) => slot.name)]);
  await removeSlots(folder, fs, (slot) => !kept.has(slot.name));
  return path;
}

/**
 * The newest checkpoint that `decode` accepts, or null where the folder has none. Sweeps what killed runs left.
 * @param decode throws an AppError for what is not a sound checkpoint; the bytes are its own
 * @throws AppError bad-file where there are checkpoints and none can be read
 */
export async function loadCheckpoint<T>(
  folder: string,
  decode: (bytes: Uint8Array<ArrayBuffer>, name: string) => T,
  { fs = nodeFs }: { readonly fs?: FileSystem } = {},
): Promise<LoadedCheckpoint<T> | null> {
  await sweepPartFiles(folder, fs);
  const faults: string[] = [];
  for (const { iteration, name } of await slotsOf(folder, fs)) {
    const path = join(folder, name);
    try {
      const value = decode(await readFileBytes(path, { fs }), name);
      const notice =
        faults.length === 0
          ? null
          : `A newer checkpoint could not be read, so training goes on from iteration ${iteration}: ${faults.join(' ')}`;
      return { value, iteration, path, notice };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      faults.push(error.message);
    }
  }
  if (faults.length === 0) return null;
  throw new AppError(
    'bad-file',
    `No checkpoint in ${folder} can be read, so the training starts anew or not at all: ${faults.join(' ')}`,
  );
}

/** Newest first. */
async function slotsOf(folder: string, fs: FileSystem): Promise<Slot[]> {
  const names = await fs.readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [] as string[];
    throw fileError(error, { path: folder, doing: 'read' });
  });
  return names
    .flatMap((name) => {
      const iteration = SLOT_NAME.exec(name)?.[1];
      return iteration === undefined ? [] : [{ iteration: Number(iteration), name }];
    })
    .sort((a, b) => b.iteration - a.iteration);
}

/** A file that cannot be removed does no harm: the next save tries again. */
async function removeSlots(folder: string, fs: FileSystem, which: (slot: Slot) => boolean): Promise<void> {
  for (const slot of (await slotsOf(folder, fs)).filter(which)) {
    await fs.unlink(join(folder, slot.name)).catch(() => undefined);
  }
}
