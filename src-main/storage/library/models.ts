/**
 * Models: bundled ones stay where they are and are found by name, others are files of the library. A deleted model is
 * hidden as long as undo reaches it; its row stays while styles were made by it, so that they still know whose they are.
 */
import type { LibraryStore, NewModel } from '#contract/library-store.ts';
import type { Model } from '#contract/shapes/library.ts';
import { AppError } from '#domain/errors.ts';
import { parseModelSpec } from '#domain/model-check.ts';
import { quoted } from './changes.ts';
import { query } from './connection.ts';
import type { StoreContext } from './context.ts';
import { freshId } from './keys.ts';
import { canonicalJson } from './rules.ts';
import { perform } from './undo.ts';

interface ModelRow {
  readonly id: string;
  readonly name: string;
  readonly spec: string;
  readonly card: string;
  readonly hash: string;
  readonly bytes: number;
  readonly bundled_name: string | null;
  readonly created_ms: number;
  readonly styles: number;
}

const list = query<[], ModelRow>(`
  SELECT *, (
      SELECT count(*) FROM styles JOIN items ON items.seq = styles.item
        WHERE styles.model = models.id AND items.deleted_ms IS NULL
    ) AS styles
    FROM models WHERE deleted_ms IS NULL ORDER BY bundled_name IS NULL, created_ms DESC, name`);
const find = query<[id: string], ModelRow>(
  'SELECT *, 0 AS styles FROM models WHERE id = ? AND deleted_ms IS NULL',
);
const findByHash = query<[hash: string], { id: string }>('SELECT id FROM models WHERE hash = ?');
const insert = query<
  [
    id: string,
    name: string,
    spec: string,
    card: string,
    hash: string,
    bytes: number,
    bundledName: string | null,
    createdMs: number,
  ]
>(
  'INSERT INTO models (id, name, spec, card, hash, bytes, bundled_name, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
);
const setBundledName = query<[bundledName: string, id: string]>(
  'UPDATE models SET bundled_name = ? WHERE id = ?',
);
const show = query<[id: string]>('UPDATE models SET deleted_ms = NULL WHERE id = ?');
/** A file that came with an earlier version and is there no more. */
const retireBundled = query<[deletedMs: number, bundledName: string, hash: string]>(
  'UPDATE models SET deleted_ms = ?, bundled_name = NULL WHERE bundled_name = ? AND hash <> ?',
);

export function listModels({ connection }: StoreContext): Model[] {
  return connection.all(list).map((row) => {
    const spec = parseModelSpec(JSON.parse(row.spec));
    const card = JSON.parse(row.card) as NewModel['card'];
    const { mse, psnr, ssim } = card.scores;
    const isScored = [mse, psnr, ssim].every((value) => Number.isFinite(value));
    return {
      id: row.id,
      name: row.name,
      preset: spec.preset,
      isBundled: row.bundled_name !== null,
      canEncode: spec.network !== null,
      grid: spec.grid,
      steps: spec.steps,
      latent: spec.network?.latent ?? null,
      iterations: card.iterations,
      seconds: card.seconds,
      data: card.data,
      notes: card.notes,
      score: isScored ? { mse, psnr, ssim } : null,
      bytes: row.bytes,
      styles: row.styles,
      createdMs: row.created_ms,
    };
  });
}

/**
 * Within a transaction. A file that is there already is not added again: one that a user deleted and brings back is
 * shown again, a bundled one that a user hid stays hidden at the next start.
 */
export function addModel({ connection, now }: StoreContext, model: NewModel): string {
  const { bundledName, hash } = model;
  const known = connection.get(findByHash, hash);
  if (bundledName !== null) connection.run(retireBundled, now(), bundledName, hash);
  if (known === undefined) {
    const id = freshId();
    const { name, spec, card, bytes } = model;
    const cardJson = JSON.stringify(card);
    connection.run(insert, id, name, canonicalJson(spec), cardJson, hash, bytes, bundledName, now());
    return id;
  }
  if (bundledName === null) connection.run(show, known.id);
  else connection.run(setBundledName, bundledName, known.id);
  return known.id;
}

/** Also one that was deleted. */
export function hasModel({ connection }: StoreContext, hash: string): boolean {
  return connection.get(findByHash, hash) !== undefined;
}

/** @throws AppError not-found */
export function readModel(context: StoreContext, modelId: string): ReturnType<LibraryStore['model']> {
  const { id, name, spec, hash, bundled_name } = modelRow(context, modelId);
  return { id, name, spec: parseModelSpec(JSON.parse(spec)), hash, bundledName: bundled_name };
}

/** Within a transaction. @throws AppError not-found */
export function renameModel(context: StoreContext, modelId: string, name: string): void {
  const { name: before } = modelRow(context, modelId);
  if (before === name) return;
  perform(context, `Rename ${quoted(before)}`, [
    { field: 'model-name', model: modelId, before, after: name },
  ]);
}

/** Within a transaction. @throws AppError not-found */
export function deleteModel(context: StoreContext, modelId: string): void {
  const { name } = modelRow(context, modelId);
  perform(context, `Delete ${quoted(name)}`, [
    { field: 'model-deleted', model: modelId, atMs: context.now() },
  ]);
}

function modelRow({ connection }: StoreContext, modelId: string): ModelRow {
  const row = connection.get(find, modelId);
  if (row === undefined)
    throw new AppError('not-found', 'This model is not in the library any more: choose another one.');
  return row;
}
