/**
 * The application put together on this machine: the library's database and files, the engine processes, the jobs, and
 * the handlers that windows speak to. Whatever shows windows (a page, a desktop, the command line) begins here.
 */
import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { inspect } from 'node:util';
import { createApplication, type Application } from '#app/application.ts';
import { exportOf, type Exportable } from '#app/imports/export-of.ts';
import type { AppPorts } from '#app/ports.ts';
import type { AppContract } from '#contract/app-contract.ts';
import type { EventName, EventPayload } from '#contract/contract.ts';
import type { Handlers } from '#contract/rpc.ts';
import type { Settings } from '#contract/settings.ts';
import type { EngineState } from '#contract/shapes/engine-state.ts';
import { AppError } from '#domain/errors.ts';
import { missingBackends } from '#hosts/engine/missing-backends.ts';
import { openLibrary, type Library } from '#storage/library/open.ts';
import { dataFolderAt } from './data-folder.ts';
import { engineOpener } from './engine-process.ts';
import { createEngines, type OpenEngine, type ServiceEngines } from './engines.ts';
import { listFolders } from './folders.ts';
import { forgetPlace, pointingThere, writePlace } from './open-place.ts';
import { safeName } from './safe-names.ts';
import { createFiles } from './service-files.ts';
import { createUploads, type Uploads } from './uploads.ts';

export interface ServiceOptions {
  readonly dataFolder: string;
  readonly version: string;
  readonly hasNativeDialogs: boolean;
  /** With `samples/`. */
  readonly assetsFolder: string;
  /** Models that come with the program. */
  readonly modelsFolder: string;
  readonly openEngine?: OpenEngine;
  /** What must not happen. */
  readonly onBug?: (failure: unknown) => void;
  /** Whether queued jobs begin; not where somebody only looks at the library. */
  readonly runsJobs?: boolean;
}

export type ServiceEvent = {
  [E in EventName<AppContract>]: { readonly event: E; readonly payload: EventPayload<AppContract, E> };
}[EventName<AppContract>];

export type EventListener = <E extends EventName<AppContract>>(
  event: E,
  payload: EventPayload<AppContract, E>,
) => void;

export interface Download {
  readonly fileName: string;
  readonly type: string;
  readonly body: Uint8Array | { readonly path: string };
}

export interface Service {
  readonly handlers: Handlers<AppContract>;
  readonly queue: Application['queue'];
  settings(): Settings;
  /** Every event, for every window. @returns what ends it */
  onEvent(listener: EventListener): () => void;
  /** A PNG, or null. */
  picture(hash: string): Uint8Array | null;
  readonly uploads: Pick<Uploads, 'create' | 'add'>;
  /** A page lends its graphics processor to an engine process, as long as its line and that process last. */
  readonly lendGraphics: ServiceEngines['lendGraphics'];
  /** @throws AppError not-found */
  download(kind: Exportable['kind'] | 'repair' | 'export', id: string): Promise<Download>;
  /** Says, for another Morphogen that finds the library in use, where this one is open. */
  announce(url: string): Promise<void>;
  /** Fulfilled when what comes with the program is in the library. */
  readonly ready: Promise<void>;
  /** Ends the jobs at a point to go on from, then everything else. */
  close(): Promise<void>;
}

/** @throws AppError busy where the data folder is in use; bad-file, unsupported, io for a library that cannot be opened */
export async function createService(options: ServiceOptions): Promise<Service> {
  const data = dataFolderAt(options.dataFolder);
  const onBug = options.onBug ?? ((failure) => void process.stderr.write(`${inspect(failure)}\n`));
  const library = await openLibrary(data.root, { version: options.version, now: Date.now }).catch(
    (failure: unknown) => pointingThere(data, failure),
  );
  let engines: ServiceEngines | undefined;
  try {
    for (const folder of [data.jobs, data.cache, data.uploads, data.repairs])
      await mkdir(folder, { recursive: true });
    engines = createEngines(options.openEngine ?? engineOpener(onBug), library.store.settings());
    return assemble({ options, data, library, engines, onBug });
  } catch (failure) {
    await engines?.close();
    library.close();
    throw failure;
  }
}

interface Parts {
  readonly options: ServiceOptions;
  readonly data: ReturnType<typeof dataFolderAt>;
  readonly library: Library;
  readonly engines: ServiceEngines;
  readonly onBug: (failure: unknown) => void;
}

function assemble({ options, data, library, engines, onBug }: Parts): Service {
  const { store, files: content } = library;
  const uploads = createUploads(data.uploads);
  const listeners = new Set<EventListener>();
  const emit: EventListener = (event, payload) => {
    for (const listener of [...listeners]) listener(event, payload);
  };
  const { assetsFolder, modelsFolder } = options;
  const ports: AppPorts = {
    ...{ store, content, engines, emit, onBug },
    files: createFiles({ data, uploads, assetsFolder, modelsFolder }),
    clock: { nowMs: Date.now, monotonicMs: () => performance.now() },
    timers: {
      after(delayMs, action) {
        const timer = setTimeout(action, delayMs);
        return () => clearTimeout(timer);
      },
    },
    newId: randomUUID,
  };
  const { version, hasNativeDialogs } = options;
  const application = createApplication({
    ...{ ports, version, hasNativeDialogs, missingBackends, dataFolder: data.root, notices: library.notices },
    host: {
      'folders.list': ({ path }) => listFolders(path),
      'library.backup': async () => ({ path: (await library.backUp()).path }),
      'library.backups': () => library.backups(),
      'library.check': () => library.check(),
      async 'library.collect'() {
        const collected = await library.collect();
        emit('library.changed', store.summary());
        return collected;
      },
    },
    async restore(path) {
      await library.restore(path);
    },
  });

  // A library that is closed meanwhile, or has no engine, is looked after later.
  let isClosed = false;
  let bundled: 'missing' | 'coming' | 'there' = 'missing';
  async function addBundledModels(): Promise<void> {
    bundled = 'coming';
    try {
      await application.addBundledModels();
      bundled = 'there';
    } catch (failure) {
      bundled = 'missing';
      if (!isClosed && !(failure instanceof AppError)) onBug(failure);
    }
  }

  // For who looks on: to a window that opens later it is no news that another's processor went with it.
  engines.onNotice((message) => emit('app.notice', { message }));
  let wasReady = false;
  engines.onState((state: EngineState) => {
    emit('engine.state', state);
    if (state.status === 'ready') {
      wasReady = true;
      if (bundled === 'missing') void addBundledModels();
    } else if (state.status !== 'stalled' && wasReady) {
      wasReady = false;
      application.forgetGrowths();
    }
  });

  if (options.runsJobs !== false) application.start();
  const wanted = new Set(JSON.stringify(store.jobs().map(({ request }) => request)).match(/[0-9a-f-]{36}/g));
  uploads.sweep(Date.now(), wanted).catch(onBug);
  const ready = addBundledModels();

  let closing: Promise<void> | undefined;
  async function close(): Promise<void> {
    isClosed = true;
    await application.close();
    await engines.close();
    await ready;
    await forgetPlace(data);
    // At the end nobody waits for it, and nothing is being added.
    await library.collect().catch(onBug);
    library.close();
  }

  return {
    handlers: application.handlers,
    queue: application.queue,
    settings: () => store.settings(),
    ready,
    onEvent(listener) {
      // Its own function, so that a listener may be there twice.
      const own: EventListener = (event, payload) => listener(event, payload);
      listeners.add(own);
      return () => void listeners.delete(own);
    },
    picture: (hash) => (/^[0-9a-f]{64}$/.test(hash) ? store.picture(hash) : null),
    uploads,
    lendGraphics: (kind, line) => engines.lendGraphics(kind, line),
    async download(kind, id) {
      if (kind === 'export') {
        const { path, name, ending } = application.madeExport(id);
        const fileName = `${safeName(name)}.${ending}`;
        return { fileName, type: mediaType(fileName), body: { path } };
      }
      if (kind === 'repair') {
        const { fileName, path } = await application.repairs.saved(id);
        return { fileName: safeName(fileName), type: mediaType(fileName), body: { path } };
      }
      const { name, extension, file } = await exportOf(ports, { kind, id });
      return {
        fileName: `${safeName(name)}.${extension}`,
        type: extension === 'png' ? 'image/png' : 'application/octet-stream',
        body: 'bytes' in file ? file.bytes : { path: file.copyOf },
      };
    },
    announce: (url) => writePlace(data, url),
    close: () => (closing ??= close()),
  };
}

function mediaType(fileName: string): string {
  if (fileName.endsWith('.jpg')) return 'image/jpeg';
  if (fileName.endsWith('.tif')) return 'image/tiff';
  if (fileName.endsWith('.gif')) return 'image/gif';
  if (fileName.endsWith('.safetensors')) return 'application/octet-stream';
  return fileName.endsWith('.webp') ? 'image/webp' : 'image/png';
}
