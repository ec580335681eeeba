import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { createContentStore } from '#storage/content-store.ts';
import { checkLibrary } from '#storage/library/check.ts';
import { Connection } from '#storage/library/connection.ts';
import { libraryPath, openDatabase } from '#storage/library/database-file.ts';
import { restoreLibrary } from '#storage/library/restore.ts';
import { createLibraryStore } from '#storage/library/store.ts';
import { emptyFolder, list, newStyle, open } from '#test/storage/library/sample-library.ts';

const PAGE = 4096;

/** A library of 30 styles, closed, and a backup of it. */
async function keptLibrary(): Promise<{ folder: string; path: string; bytes: Buffer; backup: string }> {
  const folder = await emptyFolder();
  const library = await open(folder);
  const styles = Array.from({ length: 30 }, (_, i) => newStyle(i, { picture: new Uint8Array(3000).fill(i) }));
  library.store.addStyles(styles);
  const { path: backup } = await library.backUp();
  library.close();
  const path = libraryPath(folder);
  return { folder, path, bytes: await readFile(path), backup };
}

/** Numbers, from 1, of the pages of tables and indexes of such names. */
function pagesOf(path: string, pattern: string): number[] {
  const database = new Database(path, { readonly: true });
  try {
    return database.prepare('SELECT pageno FROM dbstat WHERE name LIKE ?').pluck().all(pattern) as number[];
  } finally {
    database.close();
  }
}

async function isRefused(folder: string, message: RegExp, code = 'bad-file'): Promise<void> {
  const path = libraryPath(folder);
  const before = await readFile(path);
  await assert.rejects(open(folder), { name: 'AppError', code, message });
  assert.ok((await readFile(path)).equals(before), 'the file stays as it is');
}

test('32: a damaged page stops everything, the newest good backup is offered, and restoring it sets the rest aside', async () => {
  const { folder, path, bytes, backup } = await keptLibrary();
  const damaged = Buffer.from(bytes);
  for (let page = 3; page < bytes.length / PAGE; page++)
    damaged.fill(0xa5, page * PAGE + 8, page * PAGE + 200);
  await writeFile(path, damaged);
  await isRefused(folder, new RegExp(`is damaged .*nothing is written.*${backup}`));
  const { isSound, problems } = await checkLibrary(folder);
  assert.equal(isSound, false);
  assert.ok(problems.length > 0);
  const { setAside } = await restoreLibrary(folder, backup);
  assert.ok((await readFile(join(setAside!, 'library.sqlite'))).equals(damaged), 'the damaged one is kept');
  assert.equal(list((await open(folder)).store).total, 30);
});

test('32: damage that turns up while the library is open stops all writing', async () => {
  const { folder, path, bytes } = await keptLibrary();
  const damaged = Buffer.from(bytes);
  for (const page of pagesOf(path, 'items%')) damaged.fill(0xa5, (page - 1) * PAGE, page * PAGE);
  await writeFile(path, damaged);
  // As a large library is opened after it was closed in order: without looking through it.
  const connection = new Connection(path, openDatabase(path, { useWal: true }));
  const files = createContentStore(join(folder, 'files'));
  const { store } = createLibraryStore({ connection, files, now: Date.now }, () => undefined);
  const said = { code: 'bad-file', message: /is damaged/ };
  assert.throws(() => list(store), said);
  for (const write of [
    () => store.addStyles([newStyle(99)]),
    () => store.undo(),
    () => store.changeSettings({}),
  ])
    assert.throws(write, said);
  connection.close();
  assert.ok((await readFile(path)).equals(damaged));
});

test('33: a database that was cut off is refused at every length, and nothing is lost by that', async () => {
  const { folder, path, bytes } = await keptLibrary();
  for (const length of [
    20,
    99,
    100,
    2000,
    PAGE,
    3 * PAGE,
    bytes.length / 2,
    bytes.length - PAGE,
    bytes.length - 1,
  ]) {
    await writeFile(path, bytes.subarray(0, length));
    await isRefused(folder, /damaged.*newest sound backup/);
  }
  await writeFile(path, bytes);
  assert.equal(list((await open(folder)).store).total, 30);
});

test('34: what is not a library is refused and left as it is', async () => {
  const folder = await emptyFolder();
  const path = libraryPath(folder);
  await writeFile(path, 'Dear diary, this is longer than a header of SQLite would be.'.repeat(10));
  await isRefused(folder, /not a library.*no sound backup/s);
  await writeFile(path, '');
  await isRefused(folder, /empty \(zero bytes\)/);
  await rm(path);
  const other = new Database(path);
  other.exec('CREATE TABLE mine (a)');
  other.close();
  await isRefused(folder, /database of another program/);
  await rm(path);
  await writeFile(`${path}-wal`, 'frames');
  await assert.rejects(open(folder), { code: 'bad-file', message: /is missing while/ });
  assert.equal(await readFile(`${path}-wal`, 'utf8'), 'frames');
});

test('35: a library of a later version is refused, names the version that it needs, and stays', async () => {
  const { folder, path } = await keptLibrary();
  const database = new Database(path);
  database.exec("UPDATE info SET value = '7.1.0' WHERE key = 'version'");
  database.pragma('user_version = 990');
  database.close();
  await isRefused(
    folder,
    /newer Morphogen.*990.*use Morphogen 7\.1\.0 or newer; nothing was changed/,
    'unsupported',
  );
  await assert.rejects(checkLibrary(folder), { code: 'unsupported' });
});
