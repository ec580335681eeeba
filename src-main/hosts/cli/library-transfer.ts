/** Things into the library and out of it, by the same jobs that the window begins; nothing else that waits is begun. */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Exportable } from '#app/imports/export-of.ts';
import type { AppContract } from '#contract/app-contract.ts';
import type { Handler } from '#contract/rpc.ts';
import type { Params, MethodName } from '#contract/contract.ts';
import type { Job } from '#contract/shapes/jobs.ts';
import type { GalleryItem } from '#contract/shapes/library.ts';
import type { SkippedFile } from '#contract/shapes/values.ts';
import { AppError } from '#domain/errors.ts';
import { createService, type Service } from '#hosts/service/service.ts';
import type { Output } from './command.ts';
import { createStatusLine } from './status-line.ts';

export interface Transfer {
  readonly dataFolder: string;
  readonly version: string;
  readonly err: Output;
  readonly signal: AbortSignal;
}

type Item = Exportable & { readonly name: string };

const root = new URL('../../../', import.meta.url);
const PAGE = 500;

/** @param modelName encodes pictures; the newest if undefined */
export function importInto(
  transfer: Transfer,
  paths: readonly string[],
  modelName: string | undefined,
): Promise<{ readonly job: Job; readonly skipped: readonly SkippedFile[] }> {
  return withService(transfer, async (service) => {
    const modelId = modelName === undefined ? null : (await modelNamed(service, modelName)).id;
    const sources = paths.map((path) => ({ path }));
    const { jobId } = await ask(service, 'import.start', { sources, modelId });
    return finish(service, jobId, transfer);
  });
}

/** @param names all there is, if there are none */
export function exportFrom(
  transfer: Transfer,
  names: readonly string[],
  folder: string,
): Promise<{ readonly job: Job }> {
  return withService(transfer, async (service) => {
    const all = await everything(service);
    const wanted = names.length === 0 ? all : names.flatMap((name) => named(all, name));
    if (wanted.length === 0) {
      throw new AppError('not-found', 'The library has nothing to export yet: import something first.');
    }
    await mkdir(folder, { recursive: true });
    const items = wanted.map(({ kind, id }) => ({ kind, id }));
    const { jobId } = await ask(service, 'export.start', { items, folder, options: null, pattern: '{name}' });
    return finish(service, jobId, transfer);
  });
}

async function withService<T>(
  { dataFolder, version }: Transfer,
  action: (service: Service) => Promise<T>,
): Promise<T> {
  const service = await createService({
    ...{ dataFolder, version, hasNativeDialogs: false, runsJobs: false },
    assetsFolder: fileURLToPath(new URL('assets', root)),
    modelsFolder: fileURLToPath(new URL('models', root)),
  });
  try {
    await service.ready;
    return await action(service);
  } finally {
    await service.close();
  }
}

/** Waits for the job, shows how far it is, and takes it off the list, as this program tells how it ended. */
async function finish(
  service: Service,
  jobId: string,
  { err, signal }: Transfer,
): Promise<{ readonly job: Job; readonly skipped: readonly SkippedFile[] }> {
  const status = createStatusLine(err);
  const end = service.onEvent((event, payload) => {
    if (event !== 'jobs.changed') return;
    const { title, done, total, unit } = payload as Job;
    status.show(`${title}: ${done}${total === null ? '' : ` of ${total}`} ${unit}`);
  });
  const stop = (): void => void service.queue.stop(jobId);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const job = await service.queue.settled(jobId);
    const skipped = await ask(service, 'jobs.skipped', { jobId });
    await (job.state === 'done' || job.state === 'failed' || job.state === 'stopped'
      ? service.queue.dismiss(jobId)
      : service.queue.cancel(jobId));
    if (job.state === 'done') return { job, skipped };
    if (job.state === 'stopped') {
      throw new AppError('cancelled', `${job.title} was stopped; what was done by then is kept.`);
    }
    throw new AppError('io', job.message ?? `${job.title} did not end: try again.`);
  } finally {
    status.clear();
    end();
    signal.removeEventListener('abort', stop);
  }
}

async function everything(service: Service): Promise<Item[]> {
  const items: Item[] = [];
  for (let total = Infinity; items.length < total;) {
    const page = await ask(service, 'gallery.list', {
      ...{ kinds: ['style', 'artwork'], search: '', tags: [], favouritesOnly: false, modelId: null },
      ...{ sort: 'oldest', offset: items.length, limit: PAGE },
    });
    total = page.items.length === 0 ? items.length : page.total;
    items.push(...page.items.map(({ kind, id, name }: GalleryItem) => ({ kind, id, name })));
  }
  const models = await ask(service, 'models.list', {});
  return [...items, ...models.map(({ id, name }) => ({ kind: 'model' as const, id, name }))];
}

/** All of that name: two styles may be called the same. */
function named(all: readonly Item[], name: string): Item[] {
  const found = all.filter((item) => item.id === name || item.name.toLowerCase() === name.toLowerCase());
  if (found.length > 0) return found;
  throw new AppError('not-found', `The library has nothing called “${name}”: check the name.`);
}

async function modelNamed(service: Service, name: string): Promise<{ readonly id: string }> {
  const models = await ask(service, 'models.list', {});
  const found = models.find((model) => model.id === name || model.name.toLowerCase() === name.toLowerCase());
  if (found !== undefined) return found;
  const names = models.map((model) => model.name).join(', ');
  throw new AppError('not-found', `There is no model called “${name}”; there are: ${names}.`);
}

/** In this process, so nothing crosses a port. */
async function ask<M extends MethodName<AppContract>>(
  service: Service,
  method: M,
  params: Params<AppContract, M>,
) {
  const handler = service.handlers[method] as Handler<AppContract, M>;
  const context = { signal: new AbortController().signal, progress: () => Promise.resolve() };
  return handler(params, context);
}
