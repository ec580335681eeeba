/**
 * The application over a real library and real files, with engine processes that a test plays: each method answers as
 * `engine` says, or not at all. Time stands still until the test lets it pass.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createApplication, type Application } from '#app/application.ts';
import type { AppPorts, EngineClient } from '#app/ports.ts';
import { appContract, type AppContract } from '#contract/app-contract.ts';
import type { MethodName, Params, ParamsIn, Progress, Result } from '#contract/contract.ts';
import type { EncodedStyle, EngineContract } from '#contract/engine-contract.ts';
import type { CallContext } from '#contract/rpc.ts';
import type { EngineState } from '#contract/shapes/engine-state.ts';
import type { Job } from '#contract/shapes/jobs.ts';
import { AppError } from '#domain/errors.ts';
import { presets } from '#domain/model-presets.ts';
import { dataFolderAt } from '#hosts/service/data-folder.ts';
import { createFiles } from '#hosts/service/service-files.ts';
import { createUploads } from '#hosts/service/uploads.ts';
import type { Library } from '#storage/library/open.ts';
import { emptyFolder, open } from '#test/storage/library/sample-library.ts';
import { createManualTime, type ManualTime } from './manual-time.ts';

/** What a test lets a method of the engine do. */
export type Played<M extends MethodName<EngineContract>> = (
  params: Params<EngineContract, M>,
  call: { readonly signal: AbortSignal; progress(value: Progress<EngineContract, M>): Promise<void> },
) => Promise<Result<EngineContract, M>> | Result<EngineContract, M>;

export type PlayedEngine = { [M in MethodName<EngineContract>]?: Played<M> };

export interface ApplicationStage {
  readonly application: Application;
  readonly library: Library;
  readonly time: ManualTime;
  readonly folder: string;
  readonly modelsFolder: string;
  readonly engine: PlayedEngine;
  /** Methods in the order in which they were asked, with the process: `heavy training.run`. */
  readonly asked: string[];
  readonly events: { readonly event: string; readonly payload: unknown }[];
  readonly bugs: unknown[];
  restarts: number;
  setEngineState(state: EngineState): void;
  ask<M extends MethodName<AppContract>>(
    method: M,
    params: ParamsIn<AppContract, M>,
    context?: Partial<CallContext<Progress<AppContract, M>>>,
  ): Promise<Result<AppContract, M>>;
  /** The job when it is neither queued nor running. */
  settled(jobId: string): Promise<Job>;
  /** The program is killed, and started again on the same data. */
  kill(): Promise<ApplicationStage>;
  /** As text, so that it can be compared. */
  styleNames(): string[];
}

export async function createStage(
  given: { readonly folder?: string; readonly engine?: PlayedEngine } = {},
): Promise<ApplicationStage> {
  const folder = given.folder ?? (await emptyFolder());
  const engine = given.engine ?? {};
  const data = dataFolderAt(folder);
  const modelsFolder = join(folder, 'models');
  for (const made of [data.jobs, data.uploads, modelsFolder]) await mkdir(made, { recursive: true });
  const time = createManualTime();
  const library = await open(join(folder, 'library'), { now: () => time.clock.nowMs() });
  const asked: string[] = [];
  const events: { event: string; payload: unknown }[] = [];
  const bugs: unknown[] = [];
  const stateListeners: ((state: EngineState) => void)[] = [];
  let state: EngineState = {
    status: 'ready',
    info: { backend: 'wasm', threads: 2, description: 'wasm: 2 threads', device: 'a test' },
    ...{ restarts: 0, problem: null },
  };
  let isDead = false;
  let ids = 0;

  engine['files.carried'] = () => ({ artwork: null });
  const client = (kind: 'live' | 'heavy'): EngineClient => ({
    async call(method, params, options = {}) {
      asked.push(`${kind} ${method}`);
      const played = engine[method];
      if (played === undefined) throw new AppError('unsupported', `${method} is not played here.`);
      const call = {
        signal: options.signal ?? new AbortController().signal,
        progress: async (value: never) => {
          if (!isDead) await options.onProgress?.(value);
        },
      };
      const result = await played(params as Params<EngineContract, typeof method>, call);
      // Whoever was killed hears of nothing any more.
      return isDead ? await new Promise(() => undefined) : result;
    },
  });

  const ports: AppPorts = {
    store: library.store,
    content: library.files,
    engines: {
      ...{ live: client('live'), heavy: client('heavy'), state: () => state },
      onState: (listener) => void stateListeners.push(listener),
      restart: () => {
        stage.restarts++;
        return Promise.resolve(state);
      },
    },
    files: createFiles({
      ...{ data, uploads: createUploads(data.uploads), modelsFolder },
      assetsFolder: join(folder, 'assets'),
    }),
    clock: time.clock,
    timers: time.timers,
    newId: () => `${folder.slice(-6)}-${time.clock.monotonicMs()}-${ids++}`,
    emit: (event, payload) => {
      if (!isDead) events.push({ event, payload });
    },
    onBug: (bug) => {
      if (!isDead) bugs.push(bug);
    },
  };
  const application = createApplication({
    ...{
      ports,
      version: '0',
      dataFolder: folder,
      hasNativeDialogs: false,
      notices: ['Once.'],
      missingBackends: () => [],
    },
    host: {
      'folders.list': () => ({ path: '/', parent: null, folders: [], files: [], places: [] }),
      'library.backup': async () => ({ path: (await library.backUp()).path }),
      'library.backups': () => library.backups(),
      'library.check': () => library.check(),
      'library.collect': () => library.collect(),
    },
    restore: async (path) => {
      await library.restore(path);
    },
  });
  const stage: ApplicationStage = {
    ...{ application, library, time, folder, modelsFolder, engine, asked, events, bugs, restarts: 0 },
    setEngineState(next) {
      state = next;
      for (const listener of stateListeners) listener(next);
    },
    async ask(method, params, context = {}) {
      const handler = application.handlers[method] as unknown as (
        params: unknown,
        context: unknown,
      ) => unknown;
      // As the rpc does: checked, with defaults filled in.
      const checked = appContract.methods[method].params.parse(params);
      const result: unknown = await handler(checked, {
        ...{ signal: new AbortController().signal, progress: () => Promise.resolve() },
        ...context,
      });
      return result as Result<AppContract, typeof method>;
    },
    settled: (jobId) => application.queue.settled(jobId),
    async kill() {
      isDead = true;
      library.close();
      return createStage({ folder, engine });
    },
    styleNames: () =>
      library.store
        .list({
          ...{ kinds: ['style'], search: '', tags: [], favouritesOnly: false, modelId: null },
          ...{ sort: 'oldest', offset: 0, limit: 500 },
        })
        .items.map(({ name }) => name),
  };
  application.start();
  return stage;
}

export const card = { data: 'icons', iterations: 10, seconds: 1, machine: 'a test', scores: {}, notes: '' };
export const sketch = presets.sketch;
export const single = presets.single;

export function hashOf(number: number): string {
  return number.toString(16).padStart(64, '0');
}

export function encoded(number: number): EncodedStyle {
  return {
    ...{ name: `cat ${number}.png`, sourceHash: hashOf(number), latent: Float32Array.of(number, 1) },
    ...ruleOf(number),
    sourcePicture: Uint8Array.of(7, number),
    picture: Uint8Array.of(9, number),
    score: { mse: 0.01, psnr: 20, ssim: 0.9 },
  };
}

/** Different for every number. */
export function ruleOf(number: number): {
  w0: Float32Array<ArrayBuffer>;
  b0: Float32Array<ArrayBuffer>;
  w1: Float32Array<ArrayBuffer>;
} {
  return { w0: Float32Array.of(number, 0.5), b0: Float32Array.of(1), w1: Float32Array.of(2) };
}

/** Answers `pictures.encode` for so many pictures, two at a time. */
export function encoderOf(count: number): Played<'pictures.encode'> {
  return async ({ skip, limit }, { signal, progress }) => {
    const total = Math.min(count, limit ?? count);
    let done = skip;
    while (done < total && !signal.aborted) {
      const styles = [done + 1, done + 2].filter((number) => number <= total).map(encoded);
      done += styles.length;
      await progress({ done, total, styles });
    }
    return { count: done - skip, skipped: [] };
  };
}

/** A file among those of the stage. @returns its path */
export async function writeAt(stage: ApplicationStage, name: string, text: string): Promise<string> {
  const path = join(stage.folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, text);
  return path;
}
