/**
 * The job that writes styles, models and artworks' pictures into a folder: each file as a whole or not at all, under a
 * name that is safe everywhere and that nothing there has yet.
 */
import { AppError } from '#domain/errors.ts';
import type { SkippedFile } from '#contract/shapes/values.ts';
import type { JobRunner } from '../jobs/job-runner.ts';
import type { JobOrder } from '../jobs/job-view.ts';
import { reportSkipped } from '../library/skipped-files.ts';
import type { AppPorts } from '../ports.ts';
import { exportOf, type Exportable } from './export-of.ts';

interface ExportRequest {
  readonly items: readonly Exportable[];
  readonly folder: string;
}

interface ExportMemory {
  readonly done: number;
  readonly skipped: readonly SkippedFile[];
}

/** @throws AppError not-found, bad-argument: no folder */
export async function exportOrder(
  { files }: AppPorts,
  items: readonly Exportable[],
  folder: string,
): Promise<JobOrder> {
  if ((await files.kindOf(folder)) !== 'folder') {
    throw new AppError('bad-argument', `${folder} is no folder: choose the folder to export into.`);
  }
  const request: ExportRequest = { items, folder };
  const what = `${items.length} ${items.length === 1 ? 'item' : 'items'}`;
  const title = `Export ${what} to ${files.nameOf(folder)}`;
  return { kind: 'export', title, unit: 'files', total: items.length, request };
}

export function createExportRunner(ports: AppPorts): JobRunner {
  return {
    kind: 'export',
    isHeavy: () => false,
    async run(job, context) {
      const { items, folder } = job.request as ExportRequest;
      let { done, skipped } = (job.memory as ExportMemory | null) ?? { done: 0, skipped: [] };
      const signal = context.until('pause', 'stop', 'cancel', 'close');
      context.report({ phase: 'Writing', path: folder });
      while (done < items.length) {
        if (signal.aborted) return 'ended';
        const item = items[done];
        try {
          const { name, extension, file } = await exportOf(ports, item);
          await ports.files.writeNew(folder, name, extension, file);
        } catch (failure) {
          if (!(failure instanceof AppError) || failure.code !== 'not-found') throw failure;
          // Thrown away since it was asked for.
          skipped = [...skipped, { path: `${item.kind} ${item.id}`, reason: failure.message }];
        }
        done++;
        context.report({ done });
        context.remember({ done, skipped } satisfies ExportMemory);
      }
      reportSkipped(ports, job.id, skipped, (message) => context.report({ message }));
      return 'finished';
    },
    // Files in somebody's own folder are theirs.
    discard: () => Promise.resolve(),
  };
}
