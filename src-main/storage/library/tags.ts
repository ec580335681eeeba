/** Tags of items, and the search index of names and tags, which follows every change of either. */
import { query } from './connection.ts';
import type { StoreContext } from './context.ts';
import { tagKey } from './keys.ts';

/** A tag that nothing has takes the spelling of who uses it next. */
const ensure = query<[name: string, key: string]>(`
  INSERT INTO tags (name, key) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET name = excluded.name
    WHERE NOT EXISTS (SELECT 1 FROM item_tags WHERE tag = tags.id)`);
const findTag = query<[key: string], { id: number }>('SELECT id FROM tags WHERE key = ?');
const attach = query<[item: number, tag: number]>(
  'INSERT INTO item_tags (item, tag) VALUES (?, ?) ON CONFLICT DO NOTHING',
);
const detach = query<[item: number, tag: number]>('DELETE FROM item_tags WHERE item = ? AND tag = ?');
const index = query<[item: number]>(`
  INSERT OR REPLACE INTO search (rowid, name, tags)
    SELECT seq, name, (
      SELECT coalesce(group_concat(tags.name, ' '), '') FROM item_tags JOIN tags ON tags.id = tag WHERE item = seq
    ) FROM items WHERE seq = ?`);
const unindex = query<[item: number]>('DELETE FROM search WHERE rowid = ?');
const counts = query<[], { name: string; count: number }>(`
  SELECT tags.name, count(*) AS count
    FROM item_tags JOIN tags ON tags.id = item_tags.tag JOIN items ON items.seq = item_tags.item
    WHERE items.deleted_ms IS NULL GROUP BY tags.id ORDER BY tags.key`);

/** The tag's number, made if need be. Within a transaction. */
export function ensureTag({ connection }: StoreContext, name: string): number {
  connection.run(ensure, name, tagKey(name));
  return connection.get(findTag, tagKey(name))!.id;
}

export function tagNumber({ connection }: StoreContext, name: string): number | undefined {
  return connection.get(findTag, tagKey(name))?.id;
}

/** Whether that changed anything; the search is told by `indexItem`. */
export function attachTag({ connection }: StoreContext, item: number, tag: number): boolean {
  return connection.run(attach, item, tag) > 0;
}

export function detachTag({ connection }: StoreContext, item: number, tag: number): boolean {
  return connection.run(detach, item, tag) > 0;
}

export function indexItem({ connection }: StoreContext, item: number): void {
  connection.run(index, item);
}

export function unindexItem({ connection }: StoreContext, item: number): void {
  connection.run(unindex, item);
}

/** In use, by name. */
export function tagCounts({ connection }: StoreContext): { name: string; count: number }[] {
  return connection.all(counts);
}
