/**
 * The job that learns a photo and repairs it with what it learned. All of it lies in the photo's folder: the mask, the
 * lesson as far as it came, and what was repaired; so a window may close, and the program may end.
 */
import type { RepairOptions } from '#contract/shapes/repair.ts';
import type { JobRunner } from '../jobs/job-runner.ts';
import type { JobOrder, LearningRequest } from '../jobs/job-view.ts';
import { modelPath } from '../library/model-choice.ts';
import type { AppPorts } from '../ports.ts';
import type { RepairFolders } from './repair-folders.ts';

/** @param options with the model that learning starts from, or null for none: a newer one would begin it anew */
export function learningOrder(repairId: string, name: string, options: RepairOptions): JobOrder {
  const request: LearningRequest = { repairId, options };
  return {
    ...{ kind: 'repair', title: `Learn ${name}`, unit: 'iterations', total: options.iterations, request },
  };
}

export function createLearningRunner(ports: AppPorts, folders: RepairFolders): JobRunner {
  return {
    kind: 'repair',
    isHeavy: () => true,
    async run(job, context) {
      const { repairId, options } = job.request as LearningRequest;
      const signal = context.until('pause', 'cancel', 'close');
      if (signal.aborted) return 'ended';
      const engine = ports.engines.heavy;
      return folders.work(repairId, engine, async (folder) => {
        context.report({ phase: 'Reading the photo', total: options.iterations });
        const running = engine.call(
          'repair.run',
          { folder, mask: null, modelPath: options.modelId && modelPath(ports, options.modelId), options },
          {
            signal,
            onProgress: ({ phase, done, total }) => {
              // What grows at the end counts in steps of its own.
              const isLearning = phase.includes('Learning');
              context.report({ phase, ...(isLearning && { done, total }) });
            },
          },
        );
        // Behind the call: it is for what runs.
        const enough = context.until('stop');
        const stop = (): void => void engine.call('repair.stop', { folder }).catch(() => null);
        if (enough.aborted) stop();
        else enough.addEventListener('abort', stop, { once: true });
        const { notices } = await running;
        context.report({ message: notices.length === 0 ? null : notices.join(' ') });
        return context.stopReason() === 'stop' ? 'ended' : 'finished';
      });
    },
    async discard(job, what) {
      const { repairId } = job.request as LearningRequest;
      if (what === 'everything') await folders.removeUnlessOpen(repairId);
    },
  };
}
