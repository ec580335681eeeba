/**
 * Repairing photos as windows ask for it. Each photo that is open has a folder of its own, where the original and what
 * was repaired lie: an engine process that dies takes nothing with it, and the next one goes on from there.
 */
import type { AppContract } from '#contract/app-contract.ts';
import type { Handler } from '#contract/rpc.ts';
import type { RepairFormat, SavedRepair } from '#contract/shapes/repair.ts';
import { AppError } from '#domain/errors.ts';
import { nameOf, pathOf } from '../imports/import-sources.ts';
import { modelPath } from '../library/model-choice.ts';
import type { AppPorts, EngineClient } from '../ports.ts';
import { repairModel } from './repair-model.ts';

type RepairMethod = `repair.${'open' | 'apply' | 'stop' | 'save' | 'close'}`;

export type RepairHandlers = { readonly [M in RepairMethod]: Handler<AppContract, M> };

interface OpenRepair {
  readonly name: string;
  readonly folder: string;
  /** The engine that works on it, for ending its learning. */
  engine: EngineClient | null;
  isClosed: boolean;
}

export interface Repairs {
  readonly handlers: RepairHandlers;
  /** The last one that was saved without a folder. @throws AppError not-found */
  saved(repairId: string): Promise<{ readonly fileName: string; readonly path: string }>;
}

/** Windows close what they opened, but for those that lost their way. */
const MOST_OPEN = 32;

export function createRepairs(ports: AppPorts): Repairs {
  const { files, engines } = ports;
  const repairs = new Map<string, OpenRepair>();
  const results = new Map<string, { readonly fileName: string; readonly path: string }>();

  function get(repairId: string): OpenRepair {
    const repair = repairs.get(repairId);
    if (repair !== undefined) return repair;
    throw new AppError('not-found', 'This photo is not open any more: open it again.');
  }

  async function close(repairId: string): Promise<void> {
    const repair = repairs.get(repairId);
    if (repair === undefined) return;
    repairs.delete(repairId);
    results.delete(repairId);
    repair.isClosed = true;
    // Whoever works in the folder removes it.
    if (repair.engine === null) await files.removeRepairFolder(repairId);
    else await repair.engine.call('repair.stop', { folder: repair.folder });
  }

  return {
    async saved(repairId) {
      get(repairId);
      const result = results.get(repairId);
      if (result !== undefined) return result;
      throw new AppError('not-found', 'This photo has not been saved yet: save it first.');
    },

    handlers: {
      async 'repair.open'({ source }) {
        const path = await pathOf(ports, source);
        const repairId = ports.newId();
        const folder = files.repairFolder(repairId);
        try {
          const opened = await engines.live.call('repair.open', { path, folder });
          const name = nameOf(ports, source, path);
          repairs.set(repairId, { name, folder, engine: null, isClosed: false });
          const oldest = [...repairs].find(([, repair]) => repair.engine === null);
          if (repairs.size > MOST_OPEN && oldest !== undefined) await close(oldest[0]);
          return { repairId, name, ...opened };
        } catch (failure) {
          await files.removeRepairFolder(repairId);
          throw failure;
        }
      },

      async 'repair.apply'({ repairId, mask, options }, { signal, progress }) {
        const repair = get(repairId);
        if (repair.engine !== null) {
          throw new AppError('busy', 'This photo is being repaired: wait for it, or cancel it.');
        }
        const { modelId, ...how } = options;
        const model = repairModel(ports, modelId, how.learns);
        const engine = how.learns ? engines.heavy : engines.live;
        repair.engine = engine;
        try {
          return await engine.call(
            'repair.run',
            { folder: repair.folder, mask, modelPath: model && modelPath(ports, model), ...how },
            { signal, onProgress: progress },
          );
        } finally {
          repair.engine = null;
          results.delete(repairId);
          if (repair.isClosed) await files.removeRepairFolder(repairId);
        }
      },

      async 'repair.stop'({ repairId }) {
        const { engine, folder } = get(repairId);
        await engine?.call('repair.stop', { folder });
        return {};
      },

      async 'repair.save'({ repairId, folder, format, keepsPlace }) {
        const repair = get(repairId);
        return save(repairId, repair, { folder, format, keepsPlace });
      },

      async 'repair.close'({ repairId }) {
        await close(repairId);
        return {};
      },
    },
  };

  async function save(
    repairId: string,
    { name, folder }: OpenRepair,
    where: { readonly folder: string | null; readonly format: RepairFormat; readonly keepsPlace: boolean },
  ): Promise<SavedRepair> {
    const { format, keepsPlace } = where;
    const written = await engines.live.call('repair.write', { folder, format, keepsPlace });
    const { bytes, extension, isExact } = written;
    const stem = `${name.replace(/\.[a-z0-9]{1,5}$/i, '')} repaired`;
    const fileName = `${stem}.${extension}`;
    if (where.folder === null) {
      results.set(repairId, { fileName, path: written.path });
      return { path: null, fileName, bytes, isExact };
    }
    const path = await files.writeNew(where.folder, stem, extension, { copyOf: written.path });
    return { path, fileName: files.nameOf(path), bytes, isExact };
  }
}
