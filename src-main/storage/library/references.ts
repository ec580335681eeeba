/** Which files beside the database are needed, by whom. */
import type Database from 'better-sqlite3';

export interface NeededFile {
  readonly hash: string;
  /** For people. */
  readonly owner: string;
}

/** Of models that are not bundled and can still be used or brought back, of large pictures, and of animations. */
export function neededFiles(database: Database.Database): NeededFile[] {
  return database
    .prepare(
      `SELECT hash, 'the model ' || name AS owner FROM models WHERE bundled_name IS NULL AND deleted_ms IS NULL
      UNION ALL
      SELECT hash, coalesce(
          (SELECT 'the ' || kind || ' ' || name FROM items WHERE picture = pictures.hash LIMIT 1), 'a picture'
        ) FROM pictures WHERE png IS NULL
      UNION ALL
      SELECT animation, 'the animation of ' || name FROM artworks JOIN items ON items.seq = artworks.item
        WHERE animation IS NOT NULL`,
    )
    .all() as NeededFile[];
}

/** Everything that looks like a hash in what jobs remember, and the files of deleted models. */
export function remembered(database: Database.Database): string[] {
  const texts = database.prepare('SELECT request || memory AS text FROM jobs').pluck().all() as string[];
  const models = database.prepare('SELECT hash FROM models').pluck().all() as string[];
  return [...models, ...texts.flatMap((text) => text.match(/\b[0-9a-f]{64}\b/g) ?? [])];
}
