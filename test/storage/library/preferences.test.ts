import assert from 'node:assert/strict';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { settings as schema } from '#contract/settings.ts';
import { libraryPath } from '#storage/library/database-file.ts';
import { emptyFolder, open } from './sample-library.ts';

test('settings have their defaults, change one by one, and survive a restart', async () => {
  const folder = await emptyFolder();
  const { store } = await open(folder);
  assert.deepEqual(store.settings(), schema.parse({}));
  assert.equal(store.changeSettings({ theme: 'dark', threads: 3 }).theme, 'dark');
  assert.deepEqual(store.changeSettings({ threads: null }), schema.parse({ theme: 'dark' }));
  store.close();
  const again = await open(folder);
  assert.deepEqual(again.store.settings(), schema.parse({ theme: 'dark' }));
});

test('a value that this version does not accept has its default; the others stay', async () => {
  const folder = await emptyFolder();
  const first = await open(folder);
  first.store.changeSettings({ theme: 'light', stepsPerSecond: 30 });
  first.close();
  const database = new Database(libraryPath(folder));
  database.exec(
    `UPDATE settings SET value = '"neon"' WHERE key = 'theme'; INSERT INTO settings VALUES ('later', '1')`,
  );
  database.close();
  const { store } = await open(folder);
  assert.deepEqual(store.settings(), schema.parse({ stepsPerSecond: 30 }));
});
