/** What windows ask about training: what the pictures are, what it would cost, to begin, how far it is. */
import { AppError } from '#domain/errors.ts';
import type { AppContract } from '#contract/app-contract.ts';
import type { Handler } from '#contract/rpc.ts';
import type { TrainingReport } from '#contract/shapes/training.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { AppPorts } from '../ports.ts';
import type { TrainingMemory } from './training-job.ts';
import { engineRun, sourceName, type TrainingRequest } from './training-request.ts';

type TrainingMethod =
  'training.scan' | 'training.sources' | 'training.estimate' | 'training.start' | 'training.detail';

const CURVE_POINTS = 2000;
const RECENT_SOURCES = 100;
const SHOWN_SOURCES = 10;

export function trainingHandlers(
  ports: AppPorts,
  queue: JobQueue,
): { readonly [M in TrainingMethod]: Handler<AppContract, M> } {
  return {
    async 'training.scan'({ source, wishes }, { signal, progress }) {
      const {
        folder: _folder,
        data: _data,
        ...run
      } = await engineRun(ports, { source, wishes, data: '' }, '.');
      const report = await ports.engines.heavy.call('training.scan', run, { signal, onProgress: progress });
      const { count: pictures, duplicates, skippedCount: skipped } = report;
      const name = await sourceName(ports, source);
      ports.store.recordDataset({ source, name, pictures, duplicates, skipped }, report.skipped);
      return report;
    },

    'training.sources': () =>
      ports.store
        .recentDatasets(RECENT_SOURCES)
        .filter(({ source }) => source.kind !== 'upload')
        .slice(0, SHOWN_SOURCES),

    async 'training.estimate'({ source, wishes }, { signal, progress }) {
      if (queue.list().some(({ kind, state }) => kind === 'training' && state === 'running')) {
        throw new AppError(
          'busy',
          'A training is running, so nothing can be measured beside it: pause it, or start without an estimate.',
        );
      }
      const estimateId = `estimate-${ports.newId()}`;
      const folder = ports.files.jobFolder(estimateId);
      const { data: _data, ...run } = await engineRun(ports, { source, wishes, data: '' }, folder);
      try {
        return await ports.engines.heavy.call('training.estimate', run, { signal, onProgress: progress });
      } finally {
        await ports.files.removeJobFolder(estimateId);
      }
    },

    async 'training.start'({ source, wishes, name }) {
      // Known before it is queued that it can be done.
      await engineRun(ports, { source, wishes, data: '' }, '.');
      if (source.kind === 'folder') await ports.files.kindOf(source.path);
      const data = await sourceName(ports, source);
      const request: TrainingRequest = { source, wishes, name: name ?? data, data };
      const { id } = queue.add({
        ...{ kind: 'training', title: `Train on ${name ?? data}`, unit: 'iterations', request },
        total: wishes.iterations,
      });
      return { jobId: id };
    },

    'training.detail'({ jobId }) {
      const record = queue.record(jobId);
      if (record.kind !== 'training') {
        throw new AppError('bad-argument', `“${record.title}” is not a training: choose one that is.`);
      }
      const { source, wishes } = record.request as TrainingRequest;
      const { curve, validations } = ports.store.curve(jobId, CURVE_POINTS);
      const preview = ports.store.jobPreview(jobId);
      return {
        ...{ source, wishes, curve, validations },
        report: reportOf(record.memory as TrainingMemory | null),
        preview: preview?.preview ?? null,
        previewCount: preview?.previewCount ?? 0,
        previewIteration: preview?.previewIteration ?? 0,
        checkpoint: ports.store.newestCheckpoint(jobId),
        skipped: ports.store.skipped(jobId),
      };
    },
  };
}

function reportOf(memory: TrainingMemory | null): TrainingReport | null {
  return memory?.report ?? null;
}
