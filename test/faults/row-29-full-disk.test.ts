import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { createContentStore } from '#storage/content-store.ts';
import { Connection } from '#storage/library/connection.ts';
import { libraryPath, openDatabase } from '#storage/library/database-file.ts';
import { createLibraryStore } from '#storage/library/store.ts';
import { emptyFolder, list, newArtwork, newStyle, open } from '#test/storage/library/sample-library.ts';

const full = { name: 'AppError', code: 'disk-full', message: /no room left/ };
const styles = (start: number, count: number) => Array.from({ length: count }, (_, i) => newStyle(start + i));

test('29: a library that finds the disk full rolls back, is sound, and goes on when there is room', async () => {
  const folder = await emptyFolder();
  const path = libraryPath(folder);
  (await open(folder)).close();
  const database = openDatabase(path, { useWal: true });
  const connection = new Connection(path, database);
  const files = createContentStore(join(folder, 'files'));
  const { store } = createLibraryStore({ connection, files, now: Date.now }, () => undefined);
  store.addStyles(styles(0, 10));
  const pages = database.pragma('page_count', { simple: true }) as number;
  database.pragma(`max_page_count = ${pages + 5}`);

  assert.throws(() => store.addStyles(styles(10, 500)), full);
  assert.equal(list(store).total, 10, 'all or nothing');
  assert.equal(list(store, { search: 'style' }).total, 10, 'the search, too');
  assert.deepEqual(database.pragma('quick_check', { simple: true }), 'ok');
  store.addStyles(styles(600, 1));
  database.pragma('max_page_count = 1000000');
  store.addStyles(styles(10, 500));
  assert.equal(list(store).total, 511);
  connection.close();
});

test('29: a large picture that finds the disk full leaves neither a row nor a file', async () => {
  const folder = await emptyFolder();
  const { store } = await open(folder);
  const [id] = store.addStyles(styles(0, 1));
  // No folder can be made where a file lies: what a disk refuses to write.
  await writeFile(join(folder, 'files'), '');
  assert.throws(() => store.addArtwork(newArtwork(store, id, { picture: new Uint8Array(200_000) })), {
    code: 'io',
  });
  assert.equal(store.summary().artworks, 0);
  assert.deepEqual(store.detail({ kind: 'style', id }).children, []);
});

test('30: a backup that cannot be written leaves the library and the backups before as they are', async () => {
  const folder = await emptyFolder();
  const library = await open(folder);
  library.store.addStyles(styles(0, 1));
  await writeFile(join(folder, 'backups'), 'in the way');
  await assert.rejects(library.backUp(), { code: 'io' });
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.endsWith('.part')),
    [],
  );
  assert.deepEqual(await library.check(), { isSound: true, problems: [] });
});
