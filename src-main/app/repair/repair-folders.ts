/**
 * The photos under repair: each has a folder of its own, where all of it lies. Which are open in a window is known here,
 * and which are worked on; a folder goes when its photo is closed and no job needs it.
 */
import { AppError } from '#domain/errors.ts';
import type { AppPorts, EngineClient } from '../ports.ts';

export interface RepairFolders {
  /** A window has it open from now on. */
  open(repairId: string, name: string): void;
  /** @throws AppError not-found for a photo that no window has open */
  get(repairId: string): { readonly name: string; readonly folder: string };
  /** What works on it now. */
  engineOf(repairId: string): EngineClient | null;
  /** One at a time. @throws AppError busy */
  work<T>(repairId: string, engine: EngineClient, work: (folder: string) => Promise<T>): Promise<T>;
  close(repairId: string): Promise<void>;
  removeUnlessOpen(repairId: string): Promise<void>;
}

/** Windows close what they opened, but for those that lost their way. */
const MOST_OPEN = 32;

/** @param isWanted by a job on the list */
export function createRepairFolders(
  { files }: Pick<AppPorts, 'files'>,
  isWanted: (repairId: string) => boolean,
): RepairFolders {
  const names = new Map<string, string>();
  const working = new Map<string, EngineClient>();

  async function removeUnlessOpen(repairId: string): Promise<void> {
    if (!names.has(repairId) && !working.has(repairId)) await files.removeRepairFolder(repairId);
  }

  async function close(repairId: string): Promise<void> {
    if (!names.delete(repairId) || isWanted(repairId)) return;
    // Whoever works in the folder removes it.
    await working.get(repairId)?.call('repair.stop', { folder: files.repairFolder(repairId) });
    await removeUnlessOpen(repairId);
  }

  return {
    open(repairId, name) {
      names.delete(repairId);
      names.set(repairId, name);
      const oldest = [...names.keys()].find((id) => !working.has(id));
      if (names.size > MOST_OPEN && oldest !== undefined) void close(oldest).catch(() => null);
    },
    get(repairId) {
      const name = names.get(repairId);
      if (name !== undefined) return { name, folder: files.repairFolder(repairId) };
      throw new AppError('not-found', 'This photo is not open any more: open it again.');
    },
    engineOf: (repairId) => working.get(repairId) ?? null,
    async work(repairId, engine, work) {
      if (working.has(repairId)) {
        throw new AppError('busy', 'This photo is being repaired: wait for it, or cancel it.');
      }
      working.set(repairId, engine);
      try {
        return await work(files.repairFolder(repairId));
      } finally {
        working.delete(repairId);
        if (!isWanted(repairId)) await removeUnlessOpen(repairId);
      }
    },
    close,
    removeUnlessOpen,
  };
}
