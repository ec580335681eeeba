/** Rows that styles and artworks share when they are new: the item itself, its tags, its parents, its search entry. */
import type { ItemRef } from '#contract/shapes/library.ts';
import { query } from './connection.ts';
import type { StoreContext } from './context.ts';
import { freshId, nameKey } from './keys.ts';
import { attachTag, indexItem } from './tags.ts';

export interface NewItem {
  readonly kind: ItemRef['kind'];
  readonly name: string;
  /** Hash of a picture that is kept. */
  readonly picture: string;
  readonly grid: { readonly height: number; readonly width: number };
  readonly tags: readonly string[];
  readonly parents: readonly ItemRef[];
}

const insert = query<
  [
    id: string,
    kind: string,
    name: string,
    key: string,
    picture: string,
    height: number,
    width: number,
    createdMs: number,
  ],
  { seq: number }
>(`INSERT INTO items (id, kind, name, name_key, picture, height, width, created_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`);
/** Parents may be deleted by now; what brings them back shows the kinship again. */
const addParent = query<[child: number, parentId: string, parentKind: string]>(
  'INSERT INTO lineage (child, parent) SELECT ?, seq FROM items WHERE id = ? AND kind = ? ON CONFLICT DO NOTHING',
);

/** Within a transaction; the rows of its kind come after it. */
export function addItem(context: StoreContext, item: NewItem): { readonly id: string; readonly seq: number } {
  const { connection, now } = context;
  const id = freshId();
  const { height, width } = item.grid;
  const { seq } = connection.get(
    insert,
    id,
    item.kind,
    item.name,
    nameKey(item.name),
    item.picture,
    height,
    width,
    now(),
  )!;
  for (const tag of item.tags) attachTag(context, seq, tag);
  for (const parent of item.parents) connection.run(addParent, seq, parent.id, parent.kind);
  indexItem(context, seq);
  return { id, seq };
}
