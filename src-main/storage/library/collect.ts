/**
 * Throws away what nothing refers to any more: items and models that were deleted and that no undo can bring back,
 * then rules and pictures without an owner, then files. Young files stay, for whoever is adding one refers to it
 * only afterwards; so do files that a backup refers to.
 */
import { statSync, unlinkSync } from 'node:fs';
import Database from 'better-sqlite3';
import { AppError } from '#domain/errors.ts';
import { fileError } from '../file-errors.ts';
import { listBackups, openReadOnly } from './backups.ts';
import { query } from './connection.ts';
import type { StoreContext } from './context.ts';
import { neededFiles, remembered } from './references.ts';
import { unindexItem } from './tags.ts';
import { withinReach } from './undo.ts';

export interface Collected {
  /** Files, and pictures and rules within the database. */
  readonly files: number;
  readonly bytes: number;
}

export const YOUNG_MS = 60 * 60 * 1000;

const deletedItems = query<[], { seq: number }>('SELECT seq FROM items WHERE deleted_ms IS NOT NULL');
const removeItem = query<[item: number]>('DELETE FROM items WHERE seq = ?');
const deletedModels = query<[], { id: string }>('SELECT id FROM models WHERE deleted_ms IS NOT NULL');
/** The row of a bundled one says that it is hidden; one that styles were made by says what it was. */
const removeModel = query<[id: string]>(`
  DELETE FROM models WHERE id = ?1 AND bundled_name IS NULL AND NOT EXISTS (SELECT 1 FROM styles WHERE model = ?1)`);
const UNUSED_RULE = `
  NOT EXISTS (SELECT 1 FROM styles WHERE styles.rule = rules.hash)
    AND NOT EXISTS (SELECT 1 FROM artwork_rules WHERE artwork_rules.rule = rules.hash)`;
const UNUSED_PICTURE = `
  NOT EXISTS (SELECT 1 FROM items WHERE items.picture = pictures.hash)
    AND NOT EXISTS (SELECT 1 FROM styles WHERE source_picture = pictures.hash)
    AND NOT EXISTS (SELECT 1 FROM jobs WHERE preview = pictures.hash)`;
interface Amount {
  readonly files: number;
  readonly bytes: number;
}
const countRules = query<[], Amount>(`
  SELECT count(*) AS files, coalesce(sum(length(w0) + length(b0) + length(w1)), 0) AS bytes FROM rules
    WHERE ${UNUSED_RULE}`);
const removeRules = query<[]>(`DELETE FROM rules WHERE ${UNUSED_RULE}`);
/** Pictures outside the database are counted with the files. */
const countPictures = query<[], Amount>(`
  SELECT count(*) AS files, coalesce(sum(bytes), 0) AS bytes FROM pictures
    WHERE png IS NOT NULL AND ${UNUSED_PICTURE}`);
const removePictures = query<[]>(`DELETE FROM pictures WHERE ${UNUSED_PICTURE}`);

/** @throws AppError io, busy */
export async function collect(context: StoreContext, dataFolder: string): Promise<Collected> {
  const rows = context.connection.transaction(() => collectRows(context));
  // Gives the free pages back to the disk, where the database was made so.
  context.connection.database.pragma('incremental_vacuum');
  const files = await collectFiles(context, dataFolder);
  return { files: rows.files + files.files, bytes: rows.bytes + files.bytes };
}

function collectRows(context: StoreContext): Collected {
  const { connection } = context;
  const reach = withinReach(context);
  for (const { seq } of connection.all(deletedItems)) {
    if (reach.items.has(seq)) continue;
    unindexItem(context, seq);
    connection.run(removeItem, seq);
  }
  for (const { id } of connection.all(deletedModels))
    if (!reach.models.has(id)) connection.run(removeModel, id);
  const freed = [connection.get(countRules)!, connection.get(countPictures)!];
  connection.run(removeRules);
  connection.run(removePictures);
  return {
    files: freed.reduce((sum, { files }) => sum + files, 0),
    bytes: freed.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

async function collectFiles(context: StoreContext, dataFolder: string): Promise<Collected> {
  const { connection, files, now } = context;
  const needed = await neededByBackups(dataFolder);
  let count = 0;
  let bytes = 0;
  const unneeded = [];
  for await (const file of files.list())
    if (!needed.has(file.hash) && now() - file.touchedMs >= YOUNG_MS) unneeded.push(file);
  const current = new Set(referredTo(connection.database));
  for (const file of unneeded) {
    if (current.has(file.hash)) continue;
    try {
      // Looked at once more, without waiting in between: someone may have put it in again.
      if (now() - statSync(file.path).mtimeMs < YOUNG_MS) continue;
      unlinkSync(file.path);
    } catch (error) {
      throw fileError(error, { path: file.path, doing: 'written' });
    }
    count++;
    bytes += file.bytes;
  }
  return { files: count, bytes };
}

async function neededByBackups(dataFolder: string): Promise<Set<string>> {
  const needed = new Set<string>();
  for (const { path } of await listBackups(dataFolder)) {
    let backup: Database.Database | undefined;
    try {
      backup = openReadOnly(path);
      for (const hash of referredTo(backup)) needed.add(hash);
    } catch (error) {
      // What cannot be read cannot be restored, either.
      if (!(error instanceof AppError) && !(error instanceof Database.SqliteError)) throw error;
    } finally {
      backup?.close();
    }
  }
  return needed;
}

function referredTo(database: Database.Database): string[] {
  return [...neededFiles(database).map(({ hash }) => hash), ...remembered(database)];
}
