/** Jobs as windows begin and steer them. */
import type { AppContract } from '#contract/app-contract.ts';
import type { Handler } from '#contract/rpc.ts';
import { exportOrder } from '../imports/export-job.ts';
import { importOrder } from '../imports/import-job.ts';
import { inspectSources } from '../imports/import-sources.ts';
import { sampleOrder } from '../library/encoding-job.ts';
import { refinementOrder } from '../library/refinement-job.ts';
import type { AppPorts } from '../ports.ts';
import type { JobQueue } from './job-queue.ts';
import type { JobOrder } from './job-view.ts';

type JobMethod =
  | `jobs.${'pause' | 'resume' | 'stop' | 'cancel' | 'dismiss' | 'skipped'}`
  | `import.${'inspect' | 'start'}`
  | 'export.start'
  | 'samples.start'
  | 'styles.refine';

/** @param modelsAreThere resolves once the models that come with the program have been looked at */
export function jobHandlers(
  ports: AppPorts,
  queue: JobQueue,
  modelsAreThere: () => Promise<void>,
): { readonly [M in JobMethod]: Handler<AppContract, M> } {
  const begin = (order: JobOrder): { jobId: string } => ({ jobId: queue.add(order).id });

  return {
    'import.inspect': ({ sources }, { signal }) => inspectSources(ports, sources, signal),
    'import.start': async ({ sources, modelId }) => {
      await modelsAreThere();
      return begin(await importOrder(ports, sources, modelId));
    },
    'export.start': async (request) => begin(await exportOrder(ports, request)),
    'samples.start': async ({ sample, modelId }) => {
      await modelsAreThere();
      return begin(sampleOrder(ports, sample, modelId));
    },
    'styles.refine': ({ styleId, iterations }) => begin(refinementOrder(ports, styleId, iterations)),
    'jobs.pause': ({ jobId }) => queue.pause(jobId),
    'jobs.resume': ({ jobId }) => queue.resume(jobId),
    'jobs.stop': ({ jobId }) => queue.stop(jobId),
    'jobs.cancel': ({ jobId }) => queue.cancel(jobId),
    'jobs.dismiss': async ({ jobId }) => {
      await queue.dismiss(jobId);
      return {};
    },
    'jobs.skipped': ({ jobId }) => {
      queue.record(jobId);
      return ports.store.skipped(jobId);
    },
  };
}
