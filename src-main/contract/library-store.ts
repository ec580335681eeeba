/**
 * The port to where the library is kept (storage/library fills it in). Calls are synchronous transactions: when one
 * returns, what it did survives a power failure. Whoever changes something through it tells the windows afterwards.
 */
import type { JobKind, JobState } from './shapes/jobs.ts';
import type { Recipe } from './shapes/growth.ts';
import type {
  GalleryPage,
  GalleryQuery,
  ItemDetail,
  ItemPatch,
  ItemRef,
  LibrarySummary,
  Model,
  Relative,
} from './shapes/library.ts';
import type { CurvePoint, TrainingSource, ValidationPoint } from './shapes/training.ts';
import type { Score, SkippedFile } from './shapes/values.ts';
import type { Settings, SettingsPatch } from './settings.ts';
import type { ModelSpec } from '#domain/model-spec.ts';

/** A rule's values, once however many styles have it. */
export interface StoredRule {
  /** Its network is null. */
  readonly spec: ModelSpec;
  /** [K, d], [d], [d, C] */
  readonly w0: Float32Array;
  readonly b0: Float32Array;
  readonly w1: Float32Array;
}

export interface NewStyle {
  readonly name: string;
  readonly rule: StoredRule;
  /** [E] */
  readonly latent: Float32Array | null;
  readonly modelId: string | null;
  /** A PNG of what grows, at the grid's size; stored with the style. */
  readonly picture: Uint8Array;
  readonly source: {
    readonly name: string;
    /** Of the pixels that the model saw. */
    readonly hash: string;
    readonly picture: Uint8Array | null;
  } | null;
  readonly score: Score | null;
  readonly isRefined: boolean;
  readonly parents: readonly ItemRef[];
  readonly tags: readonly string[];
}

export interface NewModel {
  readonly name: string;
  readonly spec: ModelSpec;
  readonly card: {
    readonly data: string;
    readonly iterations: number;
    readonly seconds: number;
    readonly machine: string;
    readonly scores: Readonly<Record<string, number>>;
    readonly notes: string;
  };
  /** sha256 of the file. */
  readonly hash: string;
  readonly bytes: number;
  /** A bundled model stays where it is, found by this name; null for a file among the library's own. */
  readonly bundledName: string | null;
}

export interface NewArtwork {
  readonly name: string;
  readonly recipe: Recipe;
  /** What `recipe.decoded` names. */
  readonly rules?: readonly StoredRule[];
  /** sha256 of the RGBA bytes. */
  readonly digest: string;
  /** A PNG; kept by content among the library's files. */
  readonly picture: Uint8Array;
  /** Artworks it was branched from; the styles are in the recipe. */
  readonly parents: readonly ItemRef[];
}

/** A job as it is kept: what the window sees, and what it takes to do it. */
export interface JobRecord {
  readonly id: string;
  readonly kind: JobKind;
  readonly title: string;
  readonly state: JobState;
  readonly done: number;
  readonly total: number | null;
  readonly unit: string;
  readonly phase: string;
  readonly etaSeconds: number | null;
  readonly message: string | null;
  readonly createdMs: number;
  readonly startedMs: number | null;
  readonly endedMs: number | null;
  readonly modelId: string | null;
  readonly styleIds: readonly string[];
  readonly styleCount: number;
  readonly path: string | null;
  /** JSON of the job's kind; what the user asked for. */
  readonly request: unknown;
  /** JSON of the job's kind; how far it is, for going on. */
  readonly memory: unknown;
}

/** What was found where pictures to train on were looked for. */
export interface DatasetRecord {
  readonly source: TrainingSource;
  readonly name: string;
  /** Those that can be used. */
  readonly pictures: number;
  readonly duplicates: number;
  readonly skipped: number;
  readonly scannedMs: number;
}

export interface LibraryStore {
  summary(): LibrarySummary;

  list(query: GalleryQuery): GalleryPage;
  /** @throws AppError not-found */
  detail(item: ItemRef): ItemDetail;
  tags(): { name: string; count: number }[];
  update(items: readonly ItemRef[], patch: ItemPatch): void;
  delete(items: readonly ItemRef[]): void;
  /** Nothing to undo is no error. */
  undo(): void;
  redo(): void;

  /** In one transaction. A style with the same rule hash and the same source is not added again; its id is returned. */
  addStyles(styles: readonly NewStyle[]): string[];
  /** @throws AppError not-found */
  rule(styleId: string): StoredRule & { readonly name: string; readonly hash: string };
  /** Also of deleted styles that a recipe needs. @throws AppError not-found, naming the style */
  ruleByHash(ruleHash: string): StoredRule;
  /** For refining and exporting. */
  styleSource(styleId: string): {
    readonly latent: Float32Array | null;
    readonly modelId: string | null;
    readonly model: { readonly name: string; readonly hash: string } | null;
    readonly image: { readonly name: string; readonly hash: string } | null;
    readonly sourcePicture: Uint8Array | null;
  };
  /** Of the same model, by the distance of their latents, nearest first. */
  similar(styleId: string, limit: number): Relative[];

  addArtwork(artwork: NewArtwork): string;
  /** One that grew the same picture in the same way, whatever its name and engine; null if there is none. */
  artworkLike(recipe: Recipe, digest: string): string | null;

  models(): Model[];
  /** The same file again is no second model; its id is returned. */
  addModel(model: NewModel): string;
  /** @throws AppError not-found */
  model(modelId: string): {
    readonly id: string;
    readonly name: string;
    readonly spec: ModelSpec;
    readonly hash: string;
    readonly bundledName: string | null;
  };
  /** By the hash of its file; also one that was deleted, as it is not to come back by itself. */
  hasModel(hash: string): boolean;
  renameModel(modelId: string, name: string): void;
  /** Its styles stay. Bundled ones are hidden. */
  deleteModel(modelId: string): void;

  /** A PNG by the hash of its bytes, whichever table refers to it; null if there is none. */
  picture(hash: string): Uint8Array | null;
  /** Keeps a PNG as long as the job refers to it. */
  setJobPreview(jobId: string, picture: Uint8Array, columns: number, iteration: number): string;

  settings(): Settings;
  changeSettings(patch: SettingsPatch): Settings;

  jobs(): JobRecord[];
  addJob(job: JobRecord): void;
  updateJob(jobId: string, change: Partial<Omit<JobRecord, 'id' | 'kind' | 'request'>>): void;
  removeJob(jobId: string): void;
  addCurve(jobId: string, points: readonly CurvePoint[], validations: readonly ValidationPoint[]): void;
  /** Points of an iteration above this are of a part of the run that was lost. */
  cutCurve(jobId: string, iteration: number): void;
  /** At most `points` of the loss, evenly thinned. */
  curve(jobId: string, points: number): { curve: CurvePoint[]; validations: ValidationPoint[] };
  jobPreview(jobId: string): { preview: string; previewCount: number; previewIteration: number } | null;
  /** @throws AppError not-found */
  addCheckpoint(jobId: string, iteration: number): void;
  /** null before the first. @throws AppError not-found */
  newestCheckpoint(jobId: string): { readonly iteration: number; readonly madeMs: number } | null;
  setSkipped(jobId: string, skipped: readonly SkippedFile[]): void;
  skipped(jobId: string): SkippedFile[];

  /** Replaces what was found in the same source before. */
  recordDataset(dataset: Omit<DatasetRecord, 'scannedMs'>, files: readonly SkippedFile[]): void;
  /** The newest first. */
  recentDatasets(limit: number): DatasetRecord[];
  /** Files of a source that were left out when it was last looked at. */
  datasetSkips(source: TrainingSource): SkippedFile[];

  close(): void;
}

/** Files beside the database, by the hash of their bytes. */
export interface ContentStore {
  /** The path of a file that is there. @throws AppError not-found */
  path(hash: string): string;
  /** Copies a file in; the same content again costs nothing. @returns its sha256 */
  adopt(path: string): Promise<string>;
  put(bytes: Uint8Array): Promise<string>;
}
