/**
 * The first schema. Styles and artworks share `items`, so that the gallery is one indexed query; `seq` is what other
 * tables and the search refer to, `id` what the outside sees. Times are milliseconds since 1970. Never changed once
 * released: what comes later is a version of its own.
 */
export const version10 = {
  version: 10,
  sql: `
    CREATE TABLE pictures (
      hash TEXT PRIMARY KEY,
      bytes INTEGER NOT NULL,
      -- NULL: too large for the database; among the files, by its hash.
      png BLOB
    ) STRICT;

    CREATE TABLE rules (
      hash TEXT PRIMARY KEY,
      spec TEXT NOT NULL,
      w0 BLOB NOT NULL,
      b0 BLOB NOT NULL,
      w1 BLOB NOT NULL
    ) STRICT;

    CREATE TABLE models (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL,
      spec TEXT NOT NULL,
      card TEXT NOT NULL,
      hash TEXT NOT NULL UNIQUE,
      bytes INTEGER NOT NULL,
      bundled_name TEXT,
      created_ms REAL NOT NULL,
      deleted_ms REAL
    ) STRICT;

    CREATE TABLE items (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL CHECK (kind IN ('style', 'artwork')),
      name TEXT NOT NULL,
      -- What names are sorted by.
      name_key TEXT NOT NULL,
      picture TEXT NOT NULL REFERENCES pictures (hash),
      height INTEGER NOT NULL,
      width INTEGER NOT NULL,
      is_favourite INTEGER NOT NULL DEFAULT 0 CHECK (is_favourite IN (0, 1)),
      created_ms REAL NOT NULL,
      deleted_ms REAL
    ) STRICT;
    CREATE INDEX items_by_time ON items (created_ms, seq) WHERE deleted_ms IS NULL;
    CREATE INDEX items_by_name ON items (name_key, seq) WHERE deleted_ms IS NULL;
    CREATE INDEX items_by_kind ON items (kind, created_ms, seq) WHERE deleted_ms IS NULL;
    CREATE INDEX items_favourite ON items (created_ms, seq) WHERE deleted_ms IS NULL AND is_favourite = 1;
    CREATE INDEX items_deleted ON items (seq) WHERE deleted_ms IS NOT NULL;
    CREATE INDEX items_picture ON items (picture);

    CREATE TABLE styles (
      item INTEGER PRIMARY KEY REFERENCES items (seq) ON DELETE CASCADE,
      rule TEXT NOT NULL REFERENCES rules (hash),
      latent BLOB,
      model TEXT REFERENCES models (id),
      source_name TEXT,
      source_hash TEXT,
      source_picture TEXT REFERENCES pictures (hash),
      mse REAL,
      psnr REAL,
      ssim REAL,
      is_refined INTEGER NOT NULL CHECK (is_refined IN (0, 1))
    ) STRICT;
    CREATE INDEX styles_rule ON styles (rule, source_hash);
    CREATE INDEX styles_model ON styles (model, item);
    CREATE INDEX styles_source_picture ON styles (source_picture) WHERE source_picture IS NOT NULL;

    CREATE TABLE artworks (
      item INTEGER PRIMARY KEY REFERENCES items (seq) ON DELETE CASCADE,
      recipe TEXT NOT NULL,
      digest TEXT NOT NULL,
      -- A file, by its hash.
      animation TEXT
    ) STRICT;
    -- Rules that a recipe needs stay when their styles go.
    CREATE TABLE artwork_rules (
      item INTEGER NOT NULL REFERENCES artworks (item) ON DELETE CASCADE,
      rule TEXT NOT NULL REFERENCES rules (hash),
      PRIMARY KEY (item, rule)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX artwork_rules_rule ON artwork_rules (rule);

    CREATE TABLE lineage (
      child INTEGER NOT NULL REFERENCES items (seq) ON DELETE CASCADE,
      parent INTEGER NOT NULL REFERENCES items (seq) ON DELETE CASCADE,
      PRIMARY KEY (child, parent)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX lineage_parent ON lineage (parent);

    CREATE TABLE item_tags (
      item INTEGER NOT NULL REFERENCES items (seq) ON DELETE CASCADE,
      -- In lower case: 'Blue' and 'blue' are one tag, spelt as each item's owner did.
      key TEXT NOT NULL,
      name TEXT NOT NULL,
      PRIMARY KEY (item, key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX item_tags_key ON item_tags (key, item, name);

    -- rowid is items.seq. Symbols (emoji) are words, too.
    CREATE VIRTUAL TABLE search USING fts5 (
      name, tags,
      content = '', contentless_delete = 1,
      tokenize = "unicode61 remove_diacritics 2 categories 'L* N* Co So'",
      prefix = '1 2 3'
    );

    CREATE TABLE jobs (
      seq INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL,
      title TEXT NOT NULL,
      state TEXT NOT NULL,
      done INTEGER NOT NULL,
      total INTEGER,
      unit TEXT NOT NULL,
      phase TEXT NOT NULL,
      eta_seconds REAL,
      message TEXT,
      created_ms REAL NOT NULL,
      started_ms REAL,
      ended_ms REAL,
      model_id TEXT,
      style_ids TEXT NOT NULL,
      style_count INTEGER NOT NULL,
      path TEXT,
      request TEXT NOT NULL,
      memory TEXT NOT NULL,
      preview TEXT REFERENCES pictures (hash),
      preview_columns INTEGER,
      preview_iteration INTEGER
    ) STRICT;
    CREATE INDEX jobs_preview ON jobs (preview) WHERE preview IS NOT NULL;

    CREATE TABLE curve_points (
      job INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
      iteration INTEGER NOT NULL,
      seconds REAL NOT NULL,
      loss REAL NOT NULL,
      PRIMARY KEY (job, iteration)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE validations (
      job INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
      iteration INTEGER NOT NULL,
      seconds REAL NOT NULL,
      mse REAL NOT NULL,
      psnr REAL NOT NULL,
      ssim REAL NOT NULL,
      PRIMARY KEY (job, iteration)
    ) STRICT, WITHOUT ROWID;

    -- What is safe on the disk of a training job; the files are in the job's folder.
    CREATE TABLE checkpoints (
      job INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
      iteration INTEGER NOT NULL,
      made_ms REAL NOT NULL,
      PRIMARY KEY (job, iteration)
    ) STRICT, WITHOUT ROWID;

    -- Folders and samples that were looked at for training.
    CREATE TABLE datasets (
      seq INTEGER PRIMARY KEY,
      -- JSON of a TrainingSource.
      source TEXT NOT NULL UNIQUE,
      name TEXT NOT NULL,
      pictures INTEGER NOT NULL,
      duplicates INTEGER NOT NULL,
      skipped INTEGER NOT NULL,
      scanned_ms REAL NOT NULL
    ) STRICT;
    CREATE INDEX datasets_by_time ON datasets (scanned_ms);
    CREATE TABLE dataset_files (
      dataset INTEGER NOT NULL REFERENCES datasets (seq) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      path TEXT NOT NULL,
      -- Why it was left out.
      reason TEXT NOT NULL,
      PRIMARY KEY (dataset, position)
    ) STRICT, WITHOUT ROWID;

    -- Files that a job left out, and why.
    CREATE TABLE skipped_files (
      job INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
      position INTEGER NOT NULL,
      path TEXT NOT NULL,
      reason TEXT NOT NULL,
      PRIMARY KEY (job, position)
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE settings (
      key TEXT PRIMARY KEY,
      value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- What can be undone (is_undone = 0, newest first) and redone (is_undone = 1, oldest first).
    CREATE TABLE undo (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      label TEXT NOT NULL,
      changes TEXT NOT NULL,
      is_undone INTEGER NOT NULL DEFAULT 0 CHECK (is_undone IN (0, 1))
    ) STRICT;

    -- 'version': the Morphogen that last changed the schema.
    CREATE TABLE info (
      key TEXT PRIMARY KEY,
      value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
  `,
} as const;
