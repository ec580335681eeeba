/** Jobs as they are kept: what the window shows, what was asked for, and how far they are. */
import type { JobRecord } from '#contract/library-store.ts';
import type { JobKind, JobState } from '#contract/shapes/jobs.ts';
import type { SkippedFile } from '#contract/shapes/values.ts';
import { AppError } from '#domain/errors.ts';
import { query } from './connection.ts';
import type { StoreContext } from './context.ts';
import { dropPictureIfUnused, keepPicture } from './pictures.ts';

interface JobRow {
  readonly id: string;
  readonly kind: JobKind;
  readonly title: string;
  readonly state: JobState;
  readonly done: number;
  readonly total: number | null;
  readonly unit: string;
  readonly phase: string;
  readonly eta_seconds: number | null;
  readonly message: string | null;
  readonly created_ms: number;
  readonly started_ms: number | null;
  readonly ended_ms: number | null;
  readonly model_id: string | null;
  readonly style_ids: string;
  readonly style_count: number;
  readonly path: string | null;
  readonly request: string;
  readonly memory: string;
}

interface PreviewRow {
  readonly preview: string | null;
  readonly preview_columns: number | null;
  readonly preview_iteration: number | null;
}

/** Everything but the job's id, in the order of `valuesOf`. */
const COLUMNS = [
  'kind',
  'title',
  'state',
  'done',
  'total',
  'unit',
  'phase',
  'eta_seconds',
  'message',
  'created_ms',
  'started_ms',
  'ended_ms',
  'model_id',
  'style_ids',
  'style_count',
  'path',
  'request',
  'memory',
];
type JobValues = (string | number | null)[];

const list = query<[], JobRow>(`SELECT id, ${COLUMNS.join(', ')} FROM jobs ORDER BY seq`);
const find = query<[id: string], JobRow>(`SELECT id, ${COLUMNS.join(', ')} FROM jobs WHERE id = ?`);
const findNumber = query<[id: string], { seq: number }>('SELECT seq FROM jobs WHERE id = ?');
const insert = query<[...values: JobValues, id: string]>(
  `INSERT INTO jobs (${COLUMNS.join(', ')}, id) VALUES (${COLUMNS.map(() => '?').join(', ')}, ?)`,
);
const update = query<[...values: JobValues, id: string]>(
  `UPDATE jobs SET ${COLUMNS.map((column) => `${column} = ?`).join(', ')} WHERE id = ?`,
);
const remove = query<[id: string]>('DELETE FROM jobs WHERE id = ?');
const findPreview = query<[id: string], PreviewRow>(
  'SELECT preview, preview_columns, preview_iteration FROM jobs WHERE id = ?',
);
const setPreview = query<[preview: string, columns: number, iteration: number, id: string]>(
  'UPDATE jobs SET preview = ?, preview_columns = ?, preview_iteration = ? WHERE id = ?',
);
const clearSkipped = query<[job: number]>('DELETE FROM skipped_files WHERE job = ?');
const addSkipped = query<[job: number, position: number, path: string, reason: string]>(
  'INSERT INTO skipped_files (job, position, path, reason) VALUES (?, ?, ?, ?)',
);
const listSkipped = query<[id: string], SkippedFile>(`
  SELECT skipped_files.path, reason FROM skipped_files JOIN jobs ON jobs.seq = job WHERE jobs.id = ?
    ORDER BY position`);

/** In the order in which they were added. */
export function listJobs({ connection }: StoreContext): JobRecord[] {
  return connection.all(list).map(jobRecord);
}

export function addJob({ connection }: StoreContext, job: JobRecord): void {
  connection.run(insert, ...valuesOf(job), job.id);
}

/** Within a transaction. @throws AppError not-found */
export function updateJob(
  { connection }: StoreContext,
  jobId: string,
  change: Partial<Omit<JobRecord, 'id' | 'kind' | 'request'>>,
): void {
  const row = connection.get(find, jobId);
  if (row === undefined) throw missing();
  connection.run(update, ...valuesOf({ ...jobRecord(row), ...change }), jobId);
}

/** Within a transaction. */
export function removeJob(context: StoreContext, jobId: string): void {
  const { connection } = context;
  const preview = connection.get(findPreview, jobId)?.preview;
  connection.run(remove, jobId);
  if (preview) dropPictureIfUnused(context, preview);
}

/** Within a transaction. @throws AppError not-found */
export function setJobPreview(
  context: StoreContext,
  jobId: string,
  picture: Uint8Array,
  columns: number,
  iteration: number,
): string {
  const { connection } = context;
  const before = connection.get(findPreview, jobId);
  if (before === undefined) throw missing();
  const hash = keepPicture(context, picture);
  connection.run(setPreview, hash, columns, iteration, jobId);
  if (before.preview !== null && before.preview !== hash) dropPictureIfUnused(context, before.preview);
  return hash;
}

export function jobPreview(
  { connection }: StoreContext,
  jobId: string,
): { preview: string; previewCount: number; previewIteration: number } | null {
  const row = connection.get(findPreview, jobId);
  if (!row?.preview) return null;
  return {
    preview: row.preview,
    previewCount: row.preview_columns ?? 0,
    previewIteration: row.preview_iteration ?? 0,
  };
}

/** Within a transaction. @throws AppError not-found */
export function setSkipped(context: StoreContext, jobId: string, skipped: readonly SkippedFile[]): void {
  const job = jobNumber(context, jobId);
  context.connection.run(clearSkipped, job);
  skipped.forEach(({ path, reason }, position) => {
    context.connection.run(addSkipped, job, position, path, reason);
  });
}

export function readSkipped({ connection }: StoreContext, jobId: string): SkippedFile[] {
  return connection.all(listSkipped, jobId);
}

/** @throws AppError not-found */
export function jobNumber({ connection }: StoreContext, jobId: string): number {
  const row = connection.get(findNumber, jobId);
  if (row === undefined) throw missing();
  return row.seq;
}

function missing(): AppError {
  return new AppError('not-found', 'This job is not in the library any more: it was taken off the list.');
}

function valuesOf(job: JobRecord): JobValues {
  return [
    job.kind,
    job.title,
    job.state,
    job.done,
    job.total,
    job.unit,
    job.phase,
    job.etaSeconds,
    job.message,
    job.createdMs,
    job.startedMs,
    job.endedMs,
    job.modelId,
    JSON.stringify(job.styleIds),
    job.styleCount,
    job.path,
    toJson(job.request),
    toJson(job.memory),
  ];
}

function jobRecord(row: JobRow): JobRecord {
  return {
    id: row.id,
    kind: row.kind,
    title: row.title,
    state: row.state,
    done: row.done,
    total: row.total,
    unit: row.unit,
    phase: row.phase,
    etaSeconds: row.eta_seconds,
    message: row.message,
    createdMs: row.created_ms,
    startedMs: row.started_ms,
    endedMs: row.ended_ms,
    modelId: row.model_id,
    styleIds: JSON.parse(row.style_ids) as string[],
    styleCount: row.style_count,
    path: row.path,
    request: JSON.parse(row.request),
    memory: JSON.parse(row.memory),
  };
}

/** Nothing at all is null. */
function toJson(value: unknown): string {
  return JSON.stringify(value ?? null);
}
