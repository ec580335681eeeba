/** Folders and samples that were looked at for training: what was found in each, and which files were left out, and why. */
import type { DatasetRecord } from '#contract/library-store.ts';
import type { TrainingSource } from '#contract/shapes/training.ts';
import type { SkippedFile } from '#contract/shapes/values.ts';
import { query } from './connection.ts';
import type { StoreContext } from './context.ts';

interface DatasetRow {
  readonly source: string;
  readonly name: string;
  readonly pictures: number;
  readonly duplicates: number;
  readonly skipped: number;
  readonly scanned_ms: number;
}

const upsert = query<
  [source: string, name: string, pictures: number, duplicates: number, skipped: number, scanned: number],
  { seq: number }
>(`
  INSERT INTO datasets (source, name, pictures, duplicates, skipped, scanned_ms) VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (source) DO UPDATE SET name = excluded.name, pictures = excluded.pictures,
      duplicates = excluded.duplicates, skipped = excluded.skipped, scanned_ms = excluded.scanned_ms
    RETURNING seq`);
const clearFiles = query<[dataset: number]>('DELETE FROM dataset_files WHERE dataset = ?');
const addFile = query<[dataset: number, position: number, path: string, reason: string]>(
  'INSERT INTO dataset_files (dataset, position, path, reason) VALUES (?, ?, ?, ?)',
);
const recent = query<[limit: number], DatasetRow>(
  'SELECT * FROM datasets ORDER BY scanned_ms DESC, seq DESC LIMIT ?',
);
const findFiles = query<[source: string], SkippedFile>(`
  SELECT path, reason FROM dataset_files JOIN datasets ON datasets.seq = dataset WHERE source = ?
    ORDER BY position`);

/** Within a transaction. What was found in the same source before is replaced. */
export function recordDataset(
  { connection, now }: StoreContext,
  { source, name, pictures, duplicates, skipped }: Omit<DatasetRecord, 'scannedMs'>,
  files: readonly SkippedFile[],
): void {
  const { seq } = connection.get(upsert, keyOf(source), name, pictures, duplicates, skipped, now())!;
  connection.run(clearFiles, seq);
  files.forEach(({ path, reason }, position) => connection.run(addFile, seq, position, path, reason));
}

/** The newest first. */
export function recentDatasets({ connection }: StoreContext, limit: number): DatasetRecord[] {
  return connection.all(recent, limit).map(({ source, scanned_ms, name, pictures, duplicates, skipped }) => ({
    source: JSON.parse(source) as TrainingSource,
    ...{ name, pictures, duplicates, skipped },
    scannedMs: scanned_ms,
  }));
}

/** Files of a source that were left out when it was last looked at. */
export function datasetSkips({ connection }: StoreContext, source: TrainingSource): SkippedFile[] {
  return connection.all(findFiles, keyOf(source));
}

/** One spelling for each source. */
function keyOf(source: TrainingSource): string {
  switch (source.kind) {
    case 'folder':
      return JSON.stringify({ kind: source.kind, path: source.path });
    case 'sample':
      return JSON.stringify({ kind: source.kind, name: source.name });
    case 'upload':
      return JSON.stringify({ kind: source.kind, id: source.id });
    default:
      return source satisfies never;
  }
}
