/**
 * Repairing photos as windows ask for it. Each photo that is open has a folder of its own, where the original and what
 * was repaired lie: an engine process that dies takes nothing with it, the next one goes on from there, and a window that
 * was closed or loaded anew finds it again.
 */
import type { AppContract } from '#contract/app-contract.ts';
import type { Handler } from '#contract/rpc.ts';
import type { RepairFormat, SavedRepair } from '#contract/shapes/repair.ts';
import { AppError } from '#domain/errors.ts';
import { nameOf, pathOf } from '../imports/import-sources.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import { isEnded } from '../jobs/job-view.ts';
import { modelPath } from '../library/model-choice.ts';
import type { AppPorts } from '../ports.ts';
import { learningOrder } from './learning-job.ts';
import type { RepairFolders } from './repair-folders.ts';
import { repairModel } from './repair-model.ts';

type RepairMethod =
  `repair.${'open' | 'reopen' | 'view' | 'keepMask' | 'apply' | 'learn' | 'stop' | 'save' | 'close'}`;

export type RepairHandlers = { readonly [M in RepairMethod]: Handler<AppContract, M> };

export interface Repairs {
  readonly handlers: RepairHandlers;
  /** The last one that was saved without a folder. @throws AppError not-found */
  saved(repairId: string): Promise<{ readonly fileName: string; readonly path: string }>;
}

/** @param modelsAreThere resolves once the models that come with the program have been looked at */
export function createRepairs(
  ports: AppPorts,
  folders: RepairFolders,
  queue: Pick<JobQueue, 'add' | 'list'>,
  modelsAreThere: () => Promise<void>,
): Repairs {
  const { files, engines } = ports;
  const results = new Map<string, { readonly fileName: string; readonly path: string }>();

  const jobsOf = (repairId: string) => queue.list().filter((job) => job.repairId === repairId);

  return {
    async saved(repairId) {
      folders.get(repairId);
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
          const name = nameOf(ports, source, path);
          const opened = await engines.live.call('repair.open', { path, folder, name });
          folders.open(repairId, name);
          return { repairId, ...opened };
        } catch (failure) {
          await files.removeRepairFolder(repairId);
          throw failure;
        }
      },

      async 'repair.reopen'({ repairId }) {
        const folder = files.repairFolder(repairId);
        const { photo, ...kept } = await engines.live.call('repair.reopen', { folder });
        folders.open(repairId, photo.name);
        const [newest] = jobsOf(repairId).sort((a, b) => b.createdMs - a.createdMs);
        return { ...kept, photo: { repairId, ...photo }, jobId: newest?.id ?? null };
      },

      'repair.view'({ repairId, region, isRepaired }, { signal }) {
        const { folder } = folders.get(repairId);
        return engines.live.call('repair.view', { folder, region, isRepaired }, { signal });
      },

      async 'repair.keepMask'({ repairId, mask }) {
        const { folder } = folders.get(repairId);
        // What works on it goes by the mask that it was given.
        if (folders.engineOf(repairId) === null) await engines.live.call('repair.keepMask', { folder, mask });
        return {};
      },

      async 'repair.apply'({ repairId, mask, options }, { signal, progress }) {
        folders.get(repairId);
        await modelsAreThere();
        const model = repairModel(ports, options.modelId, options.learns);
        const engine = options.learns ? engines.heavy : engines.live;
        results.delete(repairId);
        return folders.work(repairId, engine, (folder) =>
          engine.call(
            'repair.run',
            { folder, mask, modelPath: model && modelPath(ports, model), options },
            { signal, onProgress: progress },
          ),
        );
      },

      async 'repair.learn'({ repairId, mask, options }) {
        const { name, folder } = folders.get(repairId);
        if (folders.engineOf(repairId) !== null || jobsOf(repairId).some(({ state }) => !isEnded(state))) {
          throw new AppError('busy', 'This photo is being learned: wait for it, or cancel it.');
        }
        await engines.live.call('repair.keepMask', { folder, mask });
        results.delete(repairId);
        await modelsAreThere();
        const modelId = repairModel(ports, options.modelId, true);
        return { jobId: queue.add(learningOrder(repairId, name, { ...options, modelId, learns: true })).id };
      },

      async 'repair.stop'({ repairId }) {
        const { folder } = folders.get(repairId);
        await folders.engineOf(repairId)?.call('repair.stop', { folder });
        return {};
      },

      async 'repair.save'({ repairId, folder, format, keepsPlace }) {
        return save(repairId, { folder, format, keepsPlace });
      },

      async 'repair.close'({ repairId }) {
        results.delete(repairId);
        await folders.close(repairId);
        return {};
      },
    },
  };

  async function save(
    repairId: string,
    where: { readonly folder: string | null; readonly format: RepairFormat; readonly keepsPlace: boolean },
  ): Promise<SavedRepair> {
    const { name, folder } = folders.get(repairId);
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
