/** PNGs by the hash of their bytes: small ones in the database, large ones among the files. */
import { readFileSync } from 'node:fs';
import { contentPath, sha256 } from '../content-store.ts';
import { query } from './connection.ts';
import type { StoreContext } from './context.ts';

/** Up to here a row is faster than a file, and one commit keeps both. */
const INLINE_BYTES = 100_000;

const insert = query<[hash: string, bytes: number, png: Uint8Array | null]>(
  'INSERT INTO pictures (hash, bytes, png) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
);
const find = query<[hash: string], { png: Buffer | null }>('SELECT png FROM pictures WHERE hash = ?');
const removeIfUnused = query<[hash: string]>(`
  DELETE FROM pictures WHERE hash = ?1
    AND NOT EXISTS (SELECT 1 FROM items WHERE picture = ?1)
    AND NOT EXISTS (SELECT 1 FROM styles WHERE source_picture = ?1)
    AND NOT EXISTS (SELECT 1 FROM jobs WHERE preview = ?1)`);

/** Within a transaction. @returns its sha256 */
export function keepPicture({ connection, files }: StoreContext, png: Uint8Array): string {
  const isInline = png.byteLength <= INLINE_BYTES;
  // The file comes first: a row without its file would be a picture lost, a file without a row is only swept.
  const hash = isInline ? sha256(png) : files.putNow(png);
  connection.run(insert, hash, png.byteLength, isInline ? png : null);
  return hash;
}

export function readPicture({ connection, files }: StoreContext, hash: string): Uint8Array | null {
  const row = connection.get(find, hash);
  if (row === undefined) return null;
  if (row.png !== null) return row.png;
  try {
    return readFileSync(contentPath(files.folder, hash));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

/** Its file, if it has one, goes when the library is collected. */
export function dropPictureIfUnused({ connection }: StoreContext, hash: string): void {
  connection.run(removeIfUnused, hash);
}
