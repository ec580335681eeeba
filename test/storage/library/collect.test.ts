import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { libraryPath } from '#storage/library/database-file.ts';
import type { Library } from '#storage/library/open.ts';
import { collectGarbage } from '#storage/library/open.ts';
import { UNDO_LIMIT } from '#storage/library/undo.ts';
import {
  emptyFolder,
  list,
  newArtwork,
  newJob,
  newModel,
  newStyle,
  open,
  styleRefs,
} from './sample-library.ts';

/** Everything that the files' ages are compared with is in the far future. */
const muchLater = (): number => Date.now() + 1e9;

/** Changes that push what was done before out of the log. */
function forgetChanges({ store }: Library): void {
  const [id] = store.addStyles([newStyle(999, { name: 'other' })]);
  for (let i = 0; i <= UNDO_LIMIT; i++) store.update(styleRefs([id]), { name: `other ${i}` });
}

test('what was deleted stays as long as undo reaches it, then goes with its rule and pictures', async () => {
  const folder = await emptyFolder();
  const library = await open(folder, { now: muchLater });
  const { store } = library;
  const source = { name: 'a', hash: 'a'.repeat(64), picture: Uint8Array.of(7) };
  const ids = store.addStyles([newStyle(1, { source, tags: ['gone'] }), newStyle(2)]);
  const { picture } = list(store).items[0];
  store.delete(styleRefs([ids[0]]));
  assert.deepEqual(await library.collect(), { files: 0, bytes: 0 });
  store.undo();
  assert.equal(list(store).total, 2);
  store.redo();
  forgetChanges(library);
  // A rule of 6 floats, and pictures of 3 and 1 bytes.
  assert.deepEqual(await library.collect(), { files: 3, bytes: 24 + 3 + 1 });
  assert.throws(() => store.rule(ids[0]), { code: 'not-found' });
  assert.equal(store.picture(picture), null);
  assert.deepEqual(store.tags(), []);
  assert.equal(list(store, { search: 'style' }).total, 1);
  assert.deepEqual(await library.check(), { isSound: true, problems: [] });
  const database = new Database(libraryPath(folder), { readonly: true });
  assert.deepEqual(
    database.prepare("SELECT rowid FROM search('gone')").all(),
    [],
    'nor does the search have it',
  );
  database.close();
});

test('a rule that a recipe needs stays when its style goes', async () => {
  const library = await open(await emptyFolder(), { now: muchLater });
  const { store } = library;
  const [id] = store.addStyles([newStyle(1)]);
  const { hash } = store.rule(id);
  const art = store.addArtwork(newArtwork(store, id));
  store.delete(styleRefs([id]));
  forgetChanges(library);
  await library.collect();
  assert.throws(() => store.rule(id), { code: 'not-found' });
  assert.deepEqual(store.ruleByHash(hash), newStyle(1).rule);
  const { parents } = store.detail({ kind: 'artwork', id: art });
  assert.deepEqual(parents, []);
});

test('files go when nothing refers to them: no model, picture, job, backup, and not while they are young', async () => {
  const folder = await emptyFolder();
  const library = await open(folder);
  const { store, files } = library;
  const put = async (text: string): Promise<string> => files.put(Buffer.from(text));
  const [ofModel, ofJob, ofBackup, stray, young] = await Promise.all(
    ['model', 'job', 'backup', 'stray', 'young'].map(put),
  );
  store.addModel(newModel(1, { hash: ofModel }));
  store.addJob(newJob('j', { memory: { file: ofJob } }));
  store.addArtwork(
    newArtwork(store, store.addStyles([newStyle(1)])[0], { picture: new Uint8Array(200_000) }),
  );
  const large = list(store, { kinds: ['artwork'] }).items[0].picture;
  const model = store.addModel(newModel(2, { hash: ofBackup }));
  const backup = await library.backUp();
  store.deleteModel(model);
  forgetChanges(library);
  const old = new Date(Date.now() - 1e8);
  for (const hash of [ofModel, ofJob, ofBackup, stray, large]) await utimes(files.path(hash), old, old);
  const other = join(dirname(files.path(stray)), 'mine.txt');
  await writeFile(other, 'not by content');
  await utimes(other, old, old);

  assert.deepEqual(await library.collect(), { files: 1, bytes: 5 });
  assert.throws(() => files.path(stray), { code: 'not-found' });
  for (const hash of [ofModel, ofJob, ofBackup, young, large]) assert.ok(existsSync(files.path(hash)));
  assert.ok(existsSync(other));

  await rm(backup.path);
  store.removeJob('j');
  assert.deepEqual(await library.collect(), { files: 2, bytes: 'job'.length + 'backup'.length });
  assert.deepEqual(await library.check(), { isSound: true, problems: [] });
});

test('a file that is put in again is young again', async () => {
  const library = await open(await emptyFolder());
  const hash = await library.files.put(Buffer.from('again'));
  const old = new Date(Date.now() - 1e8);
  await utimes(library.files.path(hash), old, old);
  await library.files.put(Buffer.from('again'));
  assert.deepEqual(await library.collect(), { files: 0, bytes: 0 });
});

test('only a library that is there, and open nowhere else, is collected from outside', async () => {
  const folder = await emptyFolder();
  const options = { version: '0.1.0' };
  await assert.rejects(collectGarbage(folder, options), { code: 'not-found' });
  const library = await open(folder);
  await assert.rejects(collectGarbage(folder, options), { code: 'busy' });
  library.close();
  assert.deepEqual(await collectGarbage(folder, options), { files: 0, bytes: 0 });
});
