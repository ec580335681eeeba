/**
 * What the use cases need from the host that runs them: the library, the engine processes, files, clocks. Everything of
 * one application is in one object, so that a use case asks for no more than that, and a test plays what it likes.
 */
import type { AppContract } from '#contract/app-contract.ts';
import type { EventName, EventPayload } from '#contract/contract.ts';
import type { EngineContract } from '#contract/engine-contract.ts';
import type { ContentStore, LibraryStore } from '#contract/library-store.ts';
import type { Client } from '#contract/rpc.ts';
import type { Settings } from '#contract/settings.ts';
import type { EngineState } from '#contract/shapes/engine-state.ts';

export type EngineClient = Pick<Client<EngineContract>, 'call'>;

/** Two processes of one kind, so that what takes long does not keep anybody waiting who looks at something. */
export interface Engines {
  /** Always there: growths, and reading and encoding a few files. */
  readonly live: EngineClient;
  /** There while it is needed, and never ahead of the live one: training, encoding many files. */
  readonly heavy: EngineClient;
  /** Of the live one. */
  state(): EngineState;
  onState(listener: (state: EngineState) => void): void;
  /** Begins again with these settings: the live one at once, the heavy one when it starts next. */
  restart(settings: Pick<Settings, 'backend' | 'threads'>): Promise<EngineState>;
}

export interface Clock {
  /** Since 1970; jumps. For dates. */
  nowMs(): number;
  /** Never jumps. For durations. */
  monotonicMs(): number;
}

export interface Timers {
  /** @returns what calls it off. */
  after(delayMs: number, action: () => void): () => void;
}

/** What a path leads to. `model` stands for what begins as a safetensors file does, or is named so. */
export type FileKind = 'folder' | 'model' | 'file' | 'other';

/** Files as the use cases see them: by paths that the host made or the user named. */
export interface Files {
  /** The base name. */
  nameOf(path: string): string;
  /** @throws AppError not-found, io */
  kindOf(path: string): Promise<FileKind>;
  /** Files named as models below a folder, sorted; what cannot be read is left out. Aborted, those found by then. */
  modelsBelow(folder: string, signal: AbortSignal): Promise<string[]>;
  sample(name: 'digits' | 'emoji', purpose: 'training' | 'styles'): string;
  /** The folder of an upload, or the one file or folder in it if there is just one. @throws AppError not-found */
  upload(uploadId: string): Promise<string>;
  /** Where a job keeps what is not in the library. The folder need not be there. */
  jobFolder(jobId: string): string;
  removeJobFolder(jobId: string): Promise<void>;
  /** Removes folders of jobs that there are none of, when they are old: a restored library may know fewer jobs. */
  sweepJobFolders(jobIds: readonly string[]): Promise<void>;
  /** Where a photo under repair lies. The folder need not be there. */
  repairFolder(repairId: string): string;
  removeRepairFolder(repairId: string): Promise<void>;
  /** Removes those that no window and no job came back to for days, but for these. */
  sweepRepairFolders(repairIds: readonly string[]): Promise<void>;
  /** Where decoded pictures are kept; all of it can be made again. */
  readonly cacheFolder: string;
  bundledModel(bundledName: string): string;
  /** Names of the models that come with the program. */
  bundledModels(): Promise<string[]>;
  /**
   * Writes a new file as a whole, or not at all; its name is made from `name`, safe and not taken yet.
   * @param mayBeThere Whether it may have been written before: then the same file under its name is taken for it.
   * @returns its path. @throws AppError io, disk-full
   */
  writeNew(
    folder: string,
    name: string,
    extension: string,
    contents: NewFile,
    mayBeThere?: boolean,
  ): Promise<string>;
  /** sha256, hex. */
  hash(bytes: Uint8Array): string;
  /** The same of a file. @throws AppError not-found, io */
  hashOf(path: string): Promise<string>;
}

export type NewFile = { readonly bytes: Uint8Array } | { readonly copyOf: string };

export type Emit = <E extends EventName<AppContract>>(
  event: E,
  payload: EventPayload<AppContract, E>,
) => void;

export interface AppPorts {
  /** Another one after a restore: never to be kept. */
  readonly store: LibraryStore;
  readonly content: ContentStore;
  readonly engines: Engines;
  readonly files: Files;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly newId: () => string;
  /** To every window. */
  readonly emit: Emit;
  /** What must not happen, for a log; the user is told in general terms. */
  readonly onBug: (failure: unknown) => void;
}
