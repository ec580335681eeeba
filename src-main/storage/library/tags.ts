/** Tags of items, and the search index of names and tags, which follows every change of either. */
import { query } from './connection.ts';
import type { StoreContext } from './context.ts';
import { tagKey } from './keys.ts';

const attach = query<[item: number, key: string, name: string]>(
  'INSERT INTO item_tags (item, key, name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
);
const detach = query<[item: number, key: string]>('DELETE FROM item_tags WHERE item = ? AND key = ?');
const index = query<[item: number]>(`
  INSERT OR REPLACE INTO search (rowid, name, tags)
    SELECT seq, name, (SELECT coalesce(group_concat(name, ' '), '') FROM item_tags WHERE item = seq)
      FROM items WHERE seq = ?`);
const unindex = query<[item: number]>('DELETE FROM search WHERE rowid = ?');
const counts = query<[], { name: string; count: number }>(`
  SELECT min(item_tags.name) AS name, count(*) AS count
    FROM item_tags JOIN items ON items.seq = item_tags.item
    WHERE items.deleted_ms IS NULL GROUP BY key ORDER BY key`);

/** One that differs in case alone is there already. Afterwards the search is told by `indexItem`. */
export function attachTag({ connection }: StoreContext, item: number, name: string): void {
  connection.run(attach, item, tagKey(name), name);
}

export function detachTag({ connection }: StoreContext, item: number, name: string): void {
  connection.run(detach, item, tagKey(name));
}

export function indexItem({ connection }: StoreContext, item: number): void {
  connection.run(index, item);
}

export function unindexItem({ connection }: StoreContext, item: number): void {
  connection.run(unindex, item);
}

/** Of what is not deleted, by name. */
export function tagCounts({ connection }: StoreContext): { name: string; count: number }[] {
  return connection.all(counts);
}
