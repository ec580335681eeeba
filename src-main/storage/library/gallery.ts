/**
 * The gallery's query: kinds, words, tags, favourites, model; one page of it and how many there are in all. Every
 * order has an index, and a page's tags come with its rows.
 */
import type { GalleryPage, GalleryQuery, ItemRef, Relative } from '#contract/shapes/library.ts';
import { query, type Value } from './connection.ts';
import type { StoreContext } from './context.ts';
import { tagKey } from './keys.ts';
import { searchTerms } from './search-text.ts';

type GalleryItem = GalleryPage['items'][number];

export interface ItemRow {
  readonly seq: number;
  readonly id: string;
  readonly kind: ItemRef['kind'];
  readonly name: string;
  readonly picture: string;
  readonly height: number;
  readonly width: number;
  readonly is_favourite: number;
  readonly created_ms: number;
  /** JSON of an array. */
  readonly tags: string;
}

/** Columns of an ItemRow. */
export const ITEM_COLUMNS = `
  items.seq, items.id, items.kind, items.name, items.picture, items.height, items.width, items.is_favourite,
  items.created_ms, (
    SELECT json_group_array(item_tags.name ORDER BY key) FROM item_tags WHERE item = items.seq
  ) AS tags`;

const ORDERS = {
  newest: 'created_ms DESC, seq DESC',
  oldest: 'created_ms, seq',
  name: 'name_key, seq',
} as const;

const find = query<[id: string, kind: string], ItemRow>(
  `SELECT ${ITEM_COLUMNS} FROM items WHERE id = ? AND kind = ? AND deleted_ms IS NULL`,
);

export function listGallery({ connection }: StoreContext, wanted: GalleryQuery): GalleryPage {
  const conditions = conditionsOf(wanted);
  const where = conditions.sql.join(' AND ');
  const count = query<Value[], { total: number }>(`SELECT count(*) AS total FROM items WHERE ${where}`);
  const order = ORDERS[wanted.sort];
  // Only the page's rows are read whole: a sort of all that match would carry everything along, tags included.
  const page = query<Value[], ItemRow>(`
    SELECT ${ITEM_COLUMNS} FROM (
        SELECT seq AS found FROM items WHERE ${where} ORDER BY ${order} LIMIT ? OFFSET ?
      ) JOIN items ON items.seq = found ORDER BY ${order}`);
  return {
    total: connection.get(count, ...conditions.params)!.total,
    items: connection.all(page, ...conditions.params, wanted.limit, wanted.offset).map(galleryItem),
  };
}

export function galleryItem(row: ItemRow): GalleryItem {
  return {
    kind: row.kind,
    id: row.id,
    name: row.name,
    picture: row.picture,
    grid: { height: row.height, width: row.width },
    isFavourite: row.is_favourite === 1,
    tags: JSON.parse(row.tags) as string[],
    createdMs: row.created_ms,
  };
}

/** Of what is not deleted. */
export function findItem({ connection }: StoreContext, { id, kind }: ItemRef): ItemRow | undefined {
  return connection.get(find, id, kind);
}

export function relative({ kind, id, name, picture }: Relative): Relative {
  return { kind, id, name, picture };
}

function conditionsOf(wanted: GalleryQuery): {
  readonly sql: readonly string[];
  readonly params: readonly Value[];
} {
  const sql = ['deleted_ms IS NULL'];
  const params: Value[] = [];
  const [kind, ...others] = new Set(wanted.kinds);
  if (others.length === 0) {
    sql.push('kind = ?');
    params.push(kind);
  }
  if (wanted.favouritesOnly) sql.push('is_favourite = 1');
  if (wanted.modelId !== null) {
    // By the index alone: the rows are long, for they hold latents.
    sql.push('EXISTS (SELECT 1 FROM styles INDEXED BY styles_model WHERE model = ? AND item = items.seq)');
    params.push(wanted.modelId);
  }
  for (const name of wanted.tags) {
    sql.push('EXISTS (SELECT 1 FROM item_tags WHERE item = items.seq AND key = ?)');
    params.push(tagKey(name));
  }
  const { match, literal } = searchTerms(wanted.search);
  if (match !== null) {
    // The sign keeps SQLite on the index of the order, where it can stop at the page's end, instead of sorting all.
    sql.push('+seq IN (SELECT rowid FROM search WHERE search MATCH ?)');
    params.push(match);
  }
  for (const part of literal) {
    sql.push('instr(name, ?) > 0');
    params.push(part);
  }
  return { sql, params };
}
