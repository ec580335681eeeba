/**
 * The job that brings things in: files of styles and models are checked and copied, pictures and folders of them become
 * styles by a model's encoder. What cannot be used changes nothing, and is listed with its reason. The same things again
 * change nothing either, so a job that was killed simply looks at them once more.
 */
import { AppError } from '#domain/errors.ts';
import type { ImportSource } from '#contract/app-contract.ts';
import type { SkippedFile } from '#contract/shapes/values.ts';
import type { JobContext, JobRunner } from '../jobs/job-runner.ts';
import type { JobOrder } from '../jobs/job-view.ts';
import { encodePictures } from '../library/encode-pictures.ts';
import { reportSkipped } from '../library/skipped-files.ts';
import { encodingModel } from '../library/model-choice.ts';
import { emptyIntake, throwOut } from '../library/style-intake.ts';
import type { AppPorts } from '../ports.ts';
import { importFile, type Imported } from './import-file.ts';
import { nameOf, pathOf } from './import-sources.ts';

interface ImportRequest {
  readonly sources: readonly ImportSource[];
  readonly modelId: string | null;
  /** Few enough to be done at once, whatever else is going on. */
  readonly isSmall: boolean;
}

interface ImportMemory extends Imported {
  /** Null until all sources were looked at: pictures and folders to be encoded. */
  readonly pictures: readonly string[] | null;
  readonly encoded: number;
  readonly skipped: readonly SkippedFile[];
}

const emptyMemory: ImportMemory = {
  ...{ intake: emptyIntake, modelIds: [], artworkIds: [], pictures: null, encoded: 0, skipped: [] },
};
const SMALL = 16;

/** @throws AppError not-found, unsupported: the model cannot encode */
export async function importOrder(
  ports: AppPorts,
  sources: readonly ImportSource[],
  modelId: string | null,
): Promise<JobOrder> {
  if (modelId !== null) encodingModel(ports, modelId);
  const isFolder = async (source: ImportSource): Promise<boolean> =>
    (await ports.files.kindOf(await pathOf(ports, source)).catch(() => 'other')) === 'folder';
  const isSmall = sources.length <= SMALL && !(await Promise.all(sources.map(isFolder))).includes(true);
  const request: ImportRequest = { sources, modelId, isSmall };
  const [first] = sources;
  const name =
    sources.length > 1
      ? `${sources.length} files`
      : await pathOf(ports, first).then((path) => nameOf(ports, first, path));
  const title = `Import ${name}`;
  return { kind: 'import', title, unit: 'files', total: sources.length, request };
}

export function createImportRunner(ports: AppPorts): JobRunner {
  return {
    kind: 'import',
    isHeavy: (job) => !(job.request as ImportRequest).isSmall,

    async run(job, context) {
      const request = job.request as ImportRequest;
      let memory = (job.memory as ImportMemory | null) ?? emptyMemory;
      const remember = (change: Partial<ImportMemory>): void => {
        memory = { ...memory, ...change };
        const { styleIds, styleCount } = memory.intake;
        context.report({ styleIds, styleCount, modelId: memory.modelIds.at(-1) ?? null });
        context.remember(memory);
      };
      const signal = context.until('pause', 'stop', 'cancel', 'close');
      if (memory.pictures === null) await lookAtAll(request, memory, context, signal, remember);
      if (signal.aborted) return 'ended';
      const isComplete = await encodeAll(request, memory, context, signal, remember);
      reportSkipped(ports, job.id, memory.skipped, (message) => context.report({ message }));
      if (!isComplete) return 'ended';
      const { intake, modelIds, artworkIds, skipped } = memory;
      if (
        intake.styleCount + modelIds.length + artworkIds.length === 0 &&
        skipped.length === request.sources.length
      ) {
        throw new AppError('bad-file', skipped[0].reason);
      }
      return 'finished';
    },

    async discard(job, what) {
      const memory = job.memory as ImportMemory | null;
      if (what !== 'everything' || memory === null) return;
      throwOut(ports, memory.intake);
      for (const modelId of memory.modelIds) ports.store.deleteModel(modelId);
      ports.emit('library.changed', ports.store.summary());
    },
  };

  /** Files of ours are brought in at once; what else there is, is gathered. */
  async function lookAtAll(
    { sources, isSmall }: ImportRequest,
    { intake, modelIds, artworkIds }: ImportMemory,
    context: JobContext,
    signal: AbortSignal,
    remember: (change: Partial<ImportMemory>) => void,
  ): Promise<void> {
    const engine = isSmall ? ports.engines.live : ports.engines.heavy;
    const pictures: string[] = [];
    const skipped: SkippedFile[] = [];
    let imported: Imported = { intake, modelIds, artworkIds };

    async function lookAt(path: string): Promise<void> {
      const kind = await ports.files.kindOf(path);
      if (kind === 'other') throw new AppError('bad-file', 'neither a file nor a folder');
      if (kind === 'file') await lookAtPicture(path);
      if (kind === 'folder') pictures.push(path);
      if (kind === 'folder') {
        for (const model of await ports.files.modelsBelow(path, signal))
          await tryIt(model, () => lookAt(model));
      }
      if (kind !== 'model') return;
      const inspected = await engine.call('files.inspect', { path }, { signal });
      if (inspected.kind === 'picture') {
        pictures.push(path);
        return;
      }
      imported = await importFile(ports, inspected, path, imported, signal);
      remember(imported);
    }

    /** One that carries its recipe is an artwork; any other is encoded with the rest. */
    async function lookAtPicture(path: string): Promise<void> {
      const { artwork } = await engine.call('files.carried', { path }, { signal });
      if (artwork === null) {
        pictures.push(path);
        return;
      }
      imported = await importFile(ports, artwork, path, imported, signal);
      remember(imported);
    }

    async function tryIt(name: string, action: () => Promise<void>): Promise<void> {
      if (signal.aborted) return;
      try {
        await action();
      } catch (failure) {
        if (!isOfTheFile(failure)) throw failure;
        skipped.push({ path: name, reason: failure.message });
      }
    }

    context.report({ phase: 'Looking at files', done: 0, total: sources.length });
    for (const [i, source] of sources.entries()) {
      const name = 'path' in source ? source.path : `upload ${i + 1}`;
      await tryIt(name, async () => lookAt(await pathOf(ports, source)));
      if (signal.aborted) return;
      context.report({ done: i + 1 });
    }
    remember({ pictures, skipped });
  }

  async function encodeAll(
    { modelId, isSmall }: ImportRequest,
    memory: ImportMemory,
    context: JobContext,
    signal: AbortSignal,
    remember: (change: Partial<ImportMemory>) => void,
  ): Promise<boolean> {
    const { pictures, encoded, intake } = memory;
    if (pictures === null) return false;
    if (pictures.length === 0) return true;
    context.report({ phase: 'Encoding' });
    const engine = isSmall ? ports.engines.live : ports.engines.heavy;
    try {
      const { isComplete, skipped } = await encodePictures(
        ports,
        engine,
        {
          ...{ modelId: encodingModel(ports, modelId), paths: pictures, limit: null, enlarge: true },
          ...{ done: encoded, intake },
        },
        {
          signal,
          onState({ done, total, intake: taken }) {
            context.report({ done, total });
            remember({ encoded: done, intake: taken });
          },
        },
      );
      remember({ skipped: [...memory.skipped, ...skipped] });
      return isComplete;
    } catch (failure) {
      if (!(failure instanceof AppError) || failure.code !== 'no-images') throw failure;
      // Each of them was refused, or a folder of styles has no pictures; that is no failure where others came in.
      const reasons = pictures.map((path) => ({ path, reason: failure.message }));
      const isNeeded = memory.intake.styleCount + memory.modelIds.length + memory.artworkIds.length === 0;
      if (isNeeded) remember({ skipped: [...memory.skipped, ...reasons] });
      return true;
    }
  }
}

/** Reasons that lie in a file that somebody chose, and not in this machine. */
function isOfTheFile(failure: unknown): failure is AppError {
  if (!(failure instanceof AppError)) return false;
  return !['disconnected', 'disk-full', 'cancelled', 'internal'].includes(failure.code);
}
