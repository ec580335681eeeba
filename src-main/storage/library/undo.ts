/**
 * What users changed, as changes that can be made backwards and forwards; kept in the database, so that undo survives
 * a restart. A change names the fields it touched, and only those that it really changed; what is deleted is hidden and
 * stays until no entry of the log can bring it back (collect.ts).
 */
import { query } from './connection.ts';
import type { StoreContext } from './context.ts';
import { nameKey } from './keys.ts';
import { attachTag, detachTag, indexItem } from './tags.ts';

/** Items are named by their numbers (`items.seq`). */
export type Change =
  | { readonly field: 'name'; readonly item: number; readonly before: string; readonly after: string }
  | { readonly field: 'favourite'; readonly items: readonly number[]; readonly to: boolean }
  | { readonly field: 'tag'; readonly tag: string; readonly items: readonly number[]; readonly to: boolean }
  | { readonly field: 'deleted'; readonly items: readonly number[]; readonly atMs: number }
  | { readonly field: 'model-name'; readonly model: string; readonly before: string; readonly after: string }
  | { readonly field: 'model-deleted'; readonly model: string; readonly atMs: number };

interface Entry {
  readonly id: number;
  readonly label: string;
  readonly changes: string;
}

/** Entries kept. */
export const UNDO_LIMIT = 200;

const add = query<[label: string, changes: string]>('INSERT INTO undo (label, changes) VALUES (?, ?)');
const forgetUndone = query<[]>('DELETE FROM undo WHERE is_undone = 1');
const forgetOldest = query<[kept: number]>(
  'DELETE FROM undo WHERE id <= (SELECT id FROM undo ORDER BY id DESC LIMIT 1 OFFSET ?)',
);
const nextUndo = query<[], Entry>(
  'SELECT id, label, changes FROM undo WHERE is_undone = 0 ORDER BY id DESC LIMIT 1',
);
const nextRedo = query<[], Entry>(
  'SELECT id, label, changes FROM undo WHERE is_undone = 1 ORDER BY id LIMIT 1',
);
const mark = query<[isUndone: number, id: number]>('UPDATE undo SET is_undone = ? WHERE id = ?');
const everyChange = query<[], { changes: string }>('SELECT changes FROM undo');

const setName = query<[name: string, key: string, item: number]>(
  'UPDATE items SET name = ?, name_key = ? WHERE seq = ?',
);
const setFavourite = query<[isFavourite: number, item: number]>(
  'UPDATE items SET is_favourite = ? WHERE seq = ?',
);
const setDeleted = query<[deletedMs: number | null, item: number]>(
  'UPDATE items SET deleted_ms = ? WHERE seq = ?',
);
const itemThere = query<[item: number], { seq: number }>('SELECT seq FROM items WHERE seq = ?');
const setModelName = query<[name: string, id: string]>('UPDATE models SET name = ? WHERE id = ?');
const setModelDeleted = query<[deletedMs: number | null, id: string]>(
  'UPDATE models SET deleted_ms = ? WHERE id = ?',
);

/** Makes changes and remembers them; nothing to change is nothing to undo. Within a transaction. */
export function perform(context: StoreContext, label: string, changes: readonly Change[]): void {
  if (changes.length === 0) return;
  const { connection } = context;
  for (const change of changes) apply(context, change, 'forwards');
  connection.run(forgetUndone);
  connection.run(add, label, JSON.stringify(changes));
  connection.run(forgetOldest, UNDO_LIMIT);
}

export function undoLast(context: StoreContext): void {
  const { connection } = context;
  const entry = connection.get(nextUndo);
  if (entry === undefined) return;
  for (const change of parseChanges(entry.changes).reverse()) apply(context, change, 'backwards');
  connection.run(mark, 1, entry.id);
}

export function redoNext(context: StoreContext): void {
  const { connection } = context;
  const entry = connection.get(nextRedo);
  if (entry === undefined) return;
  for (const change of parseChanges(entry.changes)) apply(context, change, 'forwards');
  connection.run(mark, 0, entry.id);
}

export function undoLabels({ connection }: StoreContext): { undo: string | null; redo: string | null } {
  return { undo: connection.get(nextUndo)?.label ?? null, redo: connection.get(nextRedo)?.label ?? null };
}

/** Deleted things that an entry can still bring back or delete again. */
export function withinReach({ connection }: StoreContext): {
  readonly items: ReadonlySet<number>;
  readonly models: ReadonlySet<string>;
} {
  const changes = connection.all(everyChange).flatMap((entry) => parseChanges(entry.changes));
  return {
    items: new Set(changes.flatMap((change) => (change.field === 'deleted' ? change.items : []))),
    models: new Set(changes.flatMap((change) => (change.field === 'model-deleted' ? [change.model] : []))),
  };
}

function apply(context: StoreContext, change: Change, direction: 'forwards' | 'backwards'): void {
  const { connection } = context;
  const isForwards = direction === 'forwards';
  switch (change.field) {
    case 'name': {
      const name = isForwards ? change.after : change.before;
      connection.run(setName, name, nameKey(name), change.item);
      indexItem(context, change.item);
      return;
    }
    case 'favourite':
      for (const item of change.items) connection.run(setFavourite, Number(change.to === isForwards), item);
      return;
    case 'tag': {
      const set = change.to === isForwards ? attachTag : detachTag;
      for (const item of change.items) {
        if (connection.get(itemThere, item) === undefined) continue;
        set(context, item, change.tag);
        indexItem(context, item);
      }
      return;
    }
    case 'deleted':
      for (const item of change.items) connection.run(setDeleted, isForwards ? change.atMs : null, item);
      return;
    case 'model-name':
      connection.run(setModelName, isForwards ? change.after : change.before, change.model);
      return;
    case 'model-deleted':
      connection.run(setModelDeleted, isForwards ? change.atMs : null, change.model);
      return;
    default:
      change satisfies never;
  }
}

function parseChanges(text: string): Change[] {
  return JSON.parse(text) as Change[];
}
