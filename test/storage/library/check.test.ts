import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { checkLibrary } from '#storage/library/check.ts';
import { libraryPath } from '#storage/library/database-file.ts';
import { emptyFolder, newArtwork, newModel, newStyle, open } from './sample-library.ts';

test('a sound library is sound, open or closed', async () => {
  const folder = await emptyFolder();
  const library = await open(folder);
  const hash = await library.files.put(Buffer.from('weights'));
  library.store.addModel(newModel(1, { hash }));
  library.store.addModel(newModel(2, { bundledName: 'digits' }));
  library.store.addStyles([newStyle(1)]);
  const sound = { isSound: true, problems: [] };
  assert.deepEqual(await library.check(), sound);
  assert.deepEqual(await checkLibrary(folder), sound);
  library.close();
  assert.deepEqual(await checkLibrary(folder), sound);
  await assert.rejects(checkLibrary(await emptyFolder()), { code: 'not-found' });
});

test('files that are missing or changed are named by whose they are', async () => {
  const folder = await emptyFolder();
  const library = await open(folder);
  const { store, files } = library;
  const [missing, changed] = [await files.put(Buffer.from('one')), await files.put(Buffer.from('two'))];
  store.addModel(newModel(1, { hash: missing }));
  store.addModel(newModel(2, { hash: changed }));
  const [id] = store.addStyles([newStyle(1)]);
  const art = store.addArtwork(newArtwork(store, id, { picture: new Uint8Array(200_000) }));
  await rm(files.path(missing));
  await writeFile(files.path(changed), 'tow');
  await rm(files.path(store.detail({ kind: 'artwork', id: art }).picture));
  const { isSound, problems } = await library.check();
  assert.equal(isSound, false);
  assert.equal(problems.length, 3);
  assert.match(problems[0], /the model model 1 is missing/);
  assert.match(problems[1], /the model model 2 is damaged/);
  assert.match(problems[2], /the artwork artwork is missing/);
});

test('rows whose parent is missing are found', async () => {
  const folder = await emptyFolder();
  const library = await open(folder);
  library.store.addStyles([newStyle(1)]);
  library.close();
  const database = new Database(libraryPath(folder));
  database.pragma('foreign_keys = OFF');
  database.exec('DELETE FROM rules');
  database.close();
  const { isSound, problems } = await checkLibrary(folder);
  assert.equal(isSound, false);
  assert.deepEqual(problems, ['A row of styles refers to one of rules that is missing.']);
});
