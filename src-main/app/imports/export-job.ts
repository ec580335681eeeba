/**
 * The job that writes styles, models and artworks into a folder: as they are kept, or grown anew as a kind of file that
 * was chosen. Each file as a whole or not at all, under a name that is safe everywhere and that nothing there has yet;
 * a job that was interrupted goes on with the next item.
 */
import { AppError } from '#domain/errors.ts';
import type { AppContract } from '#contract/app-contract.ts';
import type { Params } from '#contract/contract.ts';
import type { ExportOptions } from '#contract/shapes/export.ts';
import type { SkippedFile } from '#contract/shapes/values.ts';
import type { JobContext, JobRunner } from '../jobs/job-runner.ts';
import type { JobOrder } from '../jobs/job-view.ts';
import { reportSkipped } from '../library/skipped-files.ts';
import type { AppPorts } from '../ports.ts';
import { exportOf } from './export-of.ts';
import { endingOf, growthOf, nameByPattern } from './growth-of.ts';

type ExportStartItem = Params<AppContract, 'export.start'>['items'][number];

export interface ExportRequest {
  readonly items: readonly ExportStartItem[];
  readonly folder: string;
  /** Null: as they are kept. Absent in jobs of before. */
  readonly options?: ExportOptions | null;
  readonly pattern?: string;
}

interface ExportMemory {
  readonly done: number;
  readonly skipped: readonly SkippedFile[];
}

/** @throws AppError not-found, bad-argument: no folder */
export async function exportOrder({ files }: AppPorts, request: ExportRequest): Promise<JobOrder> {
  const { items, folder } = request;
  if ((await files.kindOf(folder)) !== 'folder') {
    throw new AppError('bad-argument', `${folder} is no folder: choose the folder to export into.`);
  }
  const what = `${items.length} ${items.length === 1 ? 'item' : 'items'}`;
  const title = `Export ${what} to ${files.nameOf(folder)}`;
  return { kind: 'export', title, unit: 'files', total: items.length, request };
}

export function createExportRunner(ports: AppPorts): JobRunner {
  const { files } = ports;
  return {
    kind: 'export',
    isHeavy: () => false,
    async run(job, context) {
      const request = job.request as ExportRequest;
      const { items, folder } = request;
      let { done, skipped } = (job.memory as ExportMemory | null) ?? { done: 0, skipped: [] };
      const signal = context.until('pause', 'stop', 'cancel', 'close');
      context.report({ phase: 'Writing', path: folder });
      // Ended between a file and the note that it is there, it finds the file and goes on.
      let mayBeThere = job.memory !== null;
      context.remember({ done, skipped } satisfies ExportMemory);
      try {
        while (done < items.length) {
          if (signal.aborted) return 'ended';
          const item = items[done];
          try {
            await write(request, item, { index: done, jobId: job.id, mayBeThere, context, signal });
          } catch (failure) {
            if (signal.aborted) return 'ended';
            if (!(failure instanceof AppError) || !isOfTheItem(failure, items.length)) throw failure;
            const path = item.kind === 'morph' ? 'morph' : `${item.kind} ${item.id}`;
            skipped = [...skipped, { path, reason: failure.message }];
          }
          mayBeThere = false;
          done++;
          context.report({ done });
          context.remember({ done, skipped } satisfies ExportMemory);
        }
      } finally {
        await files.removeJobFolder(job.id);
      }
      reportSkipped(ports, job.id, skipped, (message) => context.report({ message }));
      return 'finished';
    },
    // Files in somebody's own folder are theirs.
    discard: (job) => files.removeJobFolder(job.id),
  };

  async function write(
    { items, folder, options = null, pattern = '{name}' }: ExportRequest,
    item: ExportStartItem,
    how: { index: number; jobId: string; mayBeThere: boolean; context: JobContext; signal: AbortSignal },
  ): Promise<void> {
    if (item.kind === 'model' || (options === null && item.kind !== 'morph')) {
      const { name, extension, file } = await exportOf(ports, item);
      await files.writeNew(folder, name, extension, file, how.mayBeThere);
      return;
    }
    if (options === null) {
      throw new AppError('bad-argument', 'A morph is exported as a kind of file: choose one.');
    }
    const { index, jobId, mayBeThere, context, signal } = how;
    const growth = growthOf(ports, item.kind === 'morph' ? item : { kind: item.kind, id: item.id });
    const number = String(index + 1).padStart(String(items.length).length, '0');
    const name = nameByPattern(pattern, growth, number);
    const ending = endingOf(options.format);
    const made = `${files.jobFolder(jobId)}/${options.format === 'frames' ? 'frames' : `export.${ending}`}`;
    const written = await ports.engines.live.call(
      'growth.export',
      { growth, options, path: made },
      {
        signal,
        onProgress({ phase, done, total }) {
          const part = Math.floor((100 * done) / Math.max(1, total));
          context.report({ phase: `${phase} “${growth.name}”: ${part} %` });
        },
      },
    );
    context.report({ phase: 'Writing' });
    if (items.length === 1 && written.notes.length > 0) context.report({ message: written.notes.join(' ') });
    for (const [i, file] of written.files.entries()) {
      const own = written.files.length > 1 ? `${name}-${String(i).padStart(4, '0')}` : name;
      const path = await files.writeNew(folder, own, ending, { copyOf: file }, mayBeThere);
      if (items.length === 1 && written.files.length === 1) context.report({ path });
    }
  }
}

/** Whether the rest of a batch can go on without it. Where there is one item alone, its failure is the job's. */
function isOfTheItem({ code }: AppError, items: number): boolean {
  // Thrown away since it was asked for.
  if (code === 'not-found') return true;
  return items > 1 && (code === 'bad-argument' || code === 'mismatch' || code === 'unsupported');
}
