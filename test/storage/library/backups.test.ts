import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { backUpLibrary, checkBackup, listBackups, newestGoodBackup } from '#storage/library/backups.ts';
import { BACKUP_FOLDER, libraryPath } from '#storage/library/database-file.ts';
import { restoreLibrary } from '#storage/library/restore.ts';
import {
  emptyFolder,
  list,
  names,
  newModel,
  newStyle,
  open,
  steadyClock,
  styleRefs,
} from './sample-library.ts';

test('a backup holds all that was there, in one file', async () => {
  const folder = await emptyFolder();
  const library = await open(folder);
  library.store.addStyles([newStyle(1), newStyle(2)]);
  const backup = await library.backUp();
  assert.deepEqual(await readdir(join(folder, BACKUP_FOLDER)), [basename(backup.path)]);
  assert.equal((await readFile(backup.path)).length, backup.bytes);
  const database = new Database(backup.path, { readonly: true });
  assert.equal(database.pragma('journal_mode', { simple: true }), 'delete');
  assert.equal(database.prepare('SELECT count(*) FROM items').pluck().get(), 2);
  database.close();
  await checkBackup(backup.path);
});

test('backups are listed newest first, by their names; anything else in the folder is left alone', async () => {
  const folder = await emptyFolder();
  const library = await open(folder, { now: () => Date.UTC(2026, 10, 25, 10, 15) });
  const [first, second] = [await library.backUp(), await library.backUp()];
  assert.notEqual(first.path, second.path);
  await writeFile(join(folder, BACKUP_FOLDER, 'notes.txt'), 'mine');
  await mkdir(join(folder, BACKUP_FOLDER, 'folder.sqlite'));
  const listed = await listBackups(folder);
  assert.deepEqual(new Set(listed), new Set([first, second]));
  assert.equal(basename(first.path), 'library-2026-11-25T10-15-00-000Z.sqlite');
  assert.equal(listed[0].createdMs, Date.UTC(2026, 10, 25, 10, 15));
  assert.deepEqual(await listBackups(await emptyFolder()), []);
});

test('a library can be backed up by another process while it is open and written', async () => {
  const folder = await emptyFolder();
  const { store } = await open(folder);
  store.addStyles([newStyle(1)]);
  const backingUp = backUpLibrary(folder);
  store.addStyles([newStyle(2)]);
  const { path } = await backingUp;
  await checkBackup(path);
  store.addStyles([newStyle(3)]);
  assert.equal(list(store).total, 3);
  await assert.rejects(backUpLibrary(await emptyFolder()), { code: 'not-found' });
});

test('restoring brings back what was, and sets aside what is', async () => {
  const folder = await emptyFolder();
  const library = await open(folder, { now: steadyClock() });
  const { store } = library;
  const modelId = store.addModel(newModel(1));
  const latents = [1, 2].map((i) => newStyle(i, { modelId }));
  const ids = store.addStyles(latents);
  const { path } = await library.backUp();
  store.delete(styleRefs(ids));
  const [lost] = store.addStyles([newStyle(3, { modelId })]);
  assert.deepEqual(store.similar(lost, 5), []);

  const { setAside } = await library.restore(path);
  assert.deepEqual(names(list(store)), ['style 1', 'style 2'], 'the same store goes on');
  assert.deepEqual(
    store.similar(ids[0], 5).map(({ id }) => id),
    [ids[1]],
  );
  const [anew] = store.addStyles([newStyle(5, { modelId, latent: Float32Array.of(1.5, 1) })]);
  assert.deepEqual(
    store.similar(ids[0], 5).map(({ id }) => id),
    [anew, ids[1]],
    'not what had its place before',
  );
  assert.equal(list(store).total, 3);
  library.close();

  const before = new Database(join(setAside!, 'library.sqlite'), { readonly: true });
  assert.equal(before.prepare('SELECT count(*) FROM items').pluck().get(), 3);
  before.close();
  await restoreLibrary(folder, join(setAside!, 'library.sqlite'));
  const again = await open(folder);
  assert.deepEqual(names(list(again.store)), ['style 3']);
});

test('a backup of a library that was set aside, or of another folder, restores into an empty one', async () => {
  const folder = await emptyFolder();
  const library = await open(folder);
  library.store.addStyles([newStyle(1)]);
  const { path } = await library.backUp();
  const elsewhere = join(await emptyFolder(), 'new');
  assert.deepEqual(await restoreLibrary(elsewhere, path), { setAside: null });
  assert.equal(list((await open(elsewhere)).store).total, 1);
});

test('what is no sound backup is refused, and nothing is changed', async () => {
  const folder = await emptyFolder();
  const library = await open(folder);
  library.store.addStyles([newStyle(1)]);
  const { path } = await library.backUp();
  const bytes = await readFile(path);
  const bad = async (name: string, contents: Uint8Array): Promise<string> => {
    await writeFile(join(folder, name), contents);
    return join(folder, name);
  };
  const halved = await bad('half.sqlite', bytes.subarray(0, bytes.length / 2));
  const empty = await bad('empty.sqlite', new Uint8Array(0));
  const text = await bad(
    'text.sqlite',
    Buffer.from('not a database at all, but long enough to look like a file'),
  );
  const newer = await bad('newer.sqlite', bytes);
  const database = new Database(newer);
  database.pragma('user_version = 1000');
  database.close();
  for (const wrong of [halved, empty, text, join(folder, 'absent.sqlite')]) {
    await assert.rejects(library.restore(wrong), { name: 'AppError' }, wrong);
  }
  await assert.rejects(library.restore(newer), { code: 'unsupported' });
  assert.deepEqual(names(list(library.store)), ['style 1']);
  library.close();
  await assert.rejects(restoreLibrary(folder, halved), { code: 'bad-file' });
  const again = await open(folder);
  assert.deepEqual(names(list(again.store)), ['style 1']);
});

test('a library that is open elsewhere is not restored', async () => {
  const folder = await emptyFolder();
  const library = await open(folder);
  const { path } = await library.backUp();
  await assert.rejects(restoreLibrary(folder, path), { code: 'busy' });
  library.store.addStyles([newStyle(1)]);
  assert.equal(list(library.store).total, 1);
});

test('an interrupted restoration is finished by the next start, from every point that it can stop at', async () => {
  const folder = await emptyFolder();
  const library = await open(folder);
  const style = (number: number) => newStyle(number, { picture: new Uint8Array(5000).fill(number) });
  library.store.addStyles([style(1)]);
  const { path } = await library.backUp();
  for (let number = 2; number < 9; number++) library.store.addStyles([style(number)]);
  const backup = await readFile(path);
  // As a kill leaves them: the WAL would be applied to whatever database it lies beside.
  const current = await readFile(libraryPath(folder));
  const wal = await readFile(`${libraryPath(folder)}-wal`);
  // Nothing moved yet; the WAL moved; all moved.
  for (const left of [
    { database: true, wal: true },
    { database: true, wal: false },
    { database: false, wal: false },
  ]) {
    const stopped = await emptyFolder();
    await writeFile(`${libraryPath(stopped)}.restored`, backup);
    if (left.database) await writeFile(libraryPath(stopped), current);
    if (left.wal) await writeFile(`${libraryPath(stopped)}-wal`, wal);
    const { store, notices } = await open(stopped);
    assert.deepEqual(names(list(store)), ['style 1']);
    assert.match(notices.join(' '), /interrupted and has been finished/);
    assert.ok(!(await readdir(stopped)).includes('library.sqlite.restored'));
    if (!left.database) continue;
    const [aside] = await readdir(join(stopped, 'set-aside'));
    assert.deepEqual(await readFile(join(stopped, 'set-aside', aside, 'library.sqlite')), current);
  }
});

test('the newest good backup is the newest that could be restored', async () => {
  const folder = await emptyFolder();
  const library = await open(folder, { now: steadyClock() });
  assert.equal(await newestGoodBackup(folder), null);
  const good = await library.backUp();
  const bad = await library.backUp();
  const bytes = await readFile(bad.path);
  await writeFile(bad.path, bytes.fill(0xa5, bytes.length / 2));
  assert.deepEqual(await newestGoodBackup(folder), good);
});
