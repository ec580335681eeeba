/** What the user does to items: rename, favourite, tag, delete; each call one entry of the undo log. */
import type { ItemPatch, ItemRef } from '#contract/shapes/library.ts';
import { AppError } from '#domain/errors.ts';
import type { StoreContext } from './context.ts';
import { findItem, type ItemRow } from './gallery.ts';
import { tagKey } from './keys.ts';
import { perform, type Change } from './undo.ts';

/** Within a transaction. Items that are gone meanwhile are passed over. @throws AppError not-found where all are */
export function updateItems(context: StoreContext, items: readonly ItemRef[], patch: ItemPatch): void {
  const rows = rowsOf(context, items);
  const changes: Change[] = [];
  const { name, isFavourite, addTags = [], removeTags = [] } = patch;
  if (name !== undefined) {
    for (const row of rows)
      if (row.name !== name) changes.push({ field: 'name', item: row.seq, before: row.name, after: name });
  }
  if (isFavourite !== undefined) {
    const changed = rows.filter((row) => (row.is_favourite === 1) !== isFavourite);
    if (changed.length > 0) changes.push({ field: 'favourite', items: numbers(changed), to: isFavourite });
  }
  changes.push(...tagChanges(rows, addTags, removeTags));
  perform(context, label(verbOf(changes), rows), changes);
}

/** Within a transaction; as updateItems. */
export function deleteItems(context: StoreContext, items: readonly ItemRef[]): void {
  const rows = rowsOf(context, items);
  perform(context, label(['Delete', ''], rows), [
    { field: 'deleted', items: numbers(rows), atMs: context.now() },
  ]);
}

/** A tag both added and removed is removed. What is removed comes back as each item had it spelt. */
function tagChanges(
  rows: readonly ItemRow[],
  added: readonly string[],
  removed: readonly string[],
): Change[] {
  const removedKeys = new Set(removed.map(tagKey));
  const wanted = new Map(added.map((name) => [tagKey(name), name]));
  const additions = new Map<string, number[]>();
  const removals = new Map<string, number[]>();
  for (const { seq, tags } of rows) {
    const names = JSON.parse(tags) as string[];
    const keys = new Set(names.map(tagKey));
    for (const [key, name] of wanted) if (!keys.has(key) && !removedKeys.has(key)) note(additions, name, seq);
    for (const name of names) if (removedKeys.has(tagKey(name))) note(removals, name, seq);
  }
  return [
    ...[...additions].map(([tag, items]): Change => ({ field: 'tag', tag, items, to: true })),
    ...[...removals].map(([tag, items]): Change => ({ field: 'tag', tag, items, to: false })),
  ];
}

function note(groups: Map<string, number[]>, name: string, item: number): void {
  const group = groups.get(name);
  if (group === undefined) groups.set(name, [item]);
  else group.push(item);
}

/** What stands before and after the items' names. */
function verbOf(changes: readonly Change[]): readonly [string, string] {
  const fields = new Set(changes.map(({ field }) => field));
  const [first] = changes;
  if (fields.size !== 1) return ['Change', ''];
  switch (first.field) {
    case 'name':
      return ['Rename', ''];
    case 'favourite':
      return first.to ? ['Add', ' to favourites'] : ['Remove', ' from favourites'];
    case 'tag':
      return ['Tag', ''];
    case 'deleted':
    case 'model-name':
    case 'model-deleted':
      return ['Change', ''];
    default:
      return first satisfies never;
  }
}

/** "Delete 3 styles", "Rename “parrot”". */
function label([before, after]: readonly [string, string], rows: readonly ItemRow[]): string {
  const kinds = new Set(rows.map(({ kind }) => kind));
  const noun = kinds.size > 1 ? 'items' : `${rows[0].kind}s`;
  const what = rows.length === 1 ? quoted(rows[0].name) : `${rows.length} ${noun}`;
  return `${before} ${what}${after}`;
}

/** A name within a sentence, not longer than a line has room for. */
export function quoted(name: string): string {
  const letters = [...name];
  return `“${letters.length > 40 ? `${letters.slice(0, 39).join('')}…` : name}”`;
}

function rowsOf(context: StoreContext, items: readonly ItemRef[]): ItemRow[] {
  const rows = new Map<number, ItemRow>();
  for (const item of items) {
    const row = findItem(context, item);
    if (row !== undefined) rows.set(row.seq, row);
  }
  if (rows.size > 0) return [...rows.values()];
  throw new AppError('not-found', 'None of these is in the library any more: they were deleted meanwhile.');
}

function numbers(rows: readonly ItemRow[]): number[] {
  return rows.map(({ seq }) => seq);
}
