import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { BACKUP_FOLDER, libraryPath } from '#storage/library/database-file.ts';
import {
  APPLICATION_ID,
  latestVersion,
  migrations,
  schemaVersion,
  type Migration,
} from '#storage/library/migrate.ts';
import {
  emptyFolder,
  list,
  names,
  newArtwork,
  newJob,
  newModel,
  newStyle,
  open,
  styleRefs,
} from './sample-library.ts';

/** Steps that a later version might have: a column with a value from the rows, and a table built anew. */
const later: readonly Migration[] = [
  ...migrations,
  {
    version: 20,
    sql: `ALTER TABLE items ADD COLUMN letters INTEGER NOT NULL DEFAULT 0;
      UPDATE items SET letters = length(name);`,
  },
  {
    version: 30,
    sql: `CREATE TABLE models_anew (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, spec TEXT NOT NULL, card TEXT NOT NULL, hash TEXT NOT NULL UNIQUE,
        bytes INTEGER NOT NULL, bundled_name TEXT, created_ms REAL NOT NULL, deleted_ms REAL, stars INTEGER
      ) STRICT;
      INSERT INTO models_anew SELECT *, 5 FROM models;
      DROP TABLE models;
      ALTER TABLE models_anew RENAME TO models;`,
  },
];

function look<T>(folder: string, action: (database: Database.Database) => T): T {
  const database = new Database(libraryPath(folder));
  try {
    return action(database);
  } finally {
    database.close();
  }
}

async function filled(): Promise<string> {
  const folder = await emptyFolder();
  const { store } = await open(folder);
  const modelId = store.addModel(newModel(1));
  const [id] = store.addStyles([newStyle(1, { modelId, name: 'four', tags: ['t'] })]);
  store.addArtwork(newArtwork(store, id, { name: 'eleven' }));
  store.addJob(newJob('j'));
  store.update(styleRefs([id]), { isFavourite: true });
  store.close();
  return folder;
}

test('versions go up by ten, and the first library is at the last of them', async () => {
  assert.deepEqual(
    migrations.map(({ version }) => version),
    migrations.map((_, i) => (i + 1) * 10),
  );
  const folder = await emptyFolder();
  (await open(folder)).close();
  look(folder, (database) => {
    assert.equal(schemaVersion(database), latestVersion());
    assert.equal(database.pragma('application_id', { simple: true }), APPLICATION_ID);
    assert.deepEqual(database.prepare('SELECT * FROM info').all(), [{ key: 'version', value: '0.1.0' }]);
  });
  assert.deepEqual(
    await readdir(folder),
    ['library.lock', 'library.sqlite'],
    'nothing to back up in a new one',
  );
});

test('version 10 has the tables that it was released with', async () => {
  const folder = await emptyFolder();
  (await open(folder, { migrations: migrations.slice(0, 1) })).close();
  const tables = look(folder, (database) =>
    database
      .prepare(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite_%' AND strict + (type = 'virtual') ORDER BY name",
      )
      .pluck()
      .all(),
  );
  assert.deepEqual(
    tables,
    [
      ...[
        'artwork_rules',
        'artworks',
        'checkpoints',
        'curve_points',
        'dataset_files',
        'datasets',
        'info',
        'item_tags',
        'items',
        'jobs',
        'lineage',
        'models',
      ],
      ...['pictures', 'rules', 'search', 'settings', 'skipped_files', 'styles', 'undo', 'validations'],
    ],
    'all of them STRICT, but for the search',
  );
});

test('rows are there after every step, and what refers to what still does', async () => {
  const folder = await filled();
  const { store } = await open(folder, { migrations: later, version: '0.3.0' });
  assert.deepEqual(names(list(store)), ['four', 'eleven']);
  assert.deepEqual(names(list(store, { search: 't', favouritesOnly: true })), ['four']);
  assert.deepEqual(
    [store.models()[0].styles, store.jobs().length, store.summary().undo],
    [1, 1, 'Add “four” to favourites'],
  );
  store.close();
  look(folder, (database) => {
    assert.equal(schemaVersion(database), 30);
    assert.deepEqual(database.prepare('SELECT letters FROM items ORDER BY seq').pluck().all(), [4, 6]);
    assert.deepEqual(database.prepare('SELECT stars FROM models').pluck().all(), [5]);
    assert.deepEqual(database.pragma('foreign_key_check'), []);
    assert.deepEqual(database.prepare('SELECT value FROM info').pluck().all(), ['0.3.0']);
  });
});

test('before the first step there is a backup, of what was there before it', async () => {
  const folder = await filled();
  (await open(folder, { migrations: later })).close();
  const backups = await readdir(join(folder, BACKUP_FOLDER));
  assert.equal(backups.length, 1);
  assert.match(backups[0], /-before-version-30\.sqlite$/);
  const backup = new Database(join(folder, BACKUP_FOLDER, backups[0]), { readonly: true });
  assert.equal(schemaVersion(backup), 10);
  assert.deepEqual(backup.prepare('SELECT name FROM items ORDER BY seq').pluck().all(), ['four', 'eleven']);
  backup.close();
  (await open(folder, { migrations: later })).close();
  assert.equal((await readdir(join(folder, BACKUP_FOLDER))).length, 1, 'nothing to do, nothing to back up');
});

test('a step that fails half-way leaves the version before it, and the next start goes on from there', async () => {
  const folder = await filled();
  const broken = {
    version: 30,
    sql: 'CREATE TABLE half (a); INSERT INTO half VALUES (1); SELECT no_such_function()',
  };
  await assert.rejects(open(folder, { migrations: [...later.slice(0, 2), broken] }), /no_such_function/);
  look(folder, (database) => {
    assert.equal(schemaVersion(database), 20);
    assert.equal(database.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").pluck().get(), 0);
    assert.deepEqual(database.prepare('SELECT letters FROM items ORDER BY seq').pluck().all(), [4, 6]);
  });
  const { store } = await open(folder, { migrations: later });
  assert.deepEqual(names(list(store)), ['four', 'eleven']);
});

test('a step that leaves rows without their parent is refused', async () => {
  const folder = await filled();
  const careless = { version: 20, sql: 'DELETE FROM pictures' };
  await assert.rejects(open(folder, { migrations: [...migrations, careless] }), /without their parent/);
  const { store } = await open(folder);
  assert.equal(list(store).total, 2);
});
