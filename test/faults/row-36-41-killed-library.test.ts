import assert from 'node:assert/strict';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { backUpLibrary } from '#storage/library/backups.ts';
import { libraryPath, openDatabase } from '#storage/library/database-file.ts';
import { migrations, schemaVersion } from '#storage/library/migrate.ts';
import { restoreLibrary } from '#storage/library/restore.ts';
import { killWhen } from '#test/storage/library/killed-process.ts';
import { emptyFolder, list, names, newStyle, open } from '#test/storage/library/sample-library.ts';

test('36: killed in the middle of a migration, the library is what it was before, and the next start makes it', async () => {
  const folder = await emptyFolder();
  const library = await open(folder);
  library.store.addStyles([newStyle(1)]);
  library.close();
  await killWhen('migrate', folder, () => true);
  const later = [...migrations, { version: 20, sql: 'CREATE TABLE whole (a INTEGER) STRICT' }];
  const before = await open(folder);
  assert.deepEqual(names(list(before.store)), ['style 1']);
  before.close();
  (await open(folder, { migrations: later })).close();
  const database = new Database(libraryPath(folder));
  assert.equal(schemaVersion(database), 20);
  const tables = database
    .prepare("SELECT name FROM sqlite_schema WHERE name IN ('half', 'whole')")
    .pluck()
    .all();
  assert.deepEqual(tables, ['whole']);
  database.close();
});

test('37: a backup has what a raw copy of the file lacks', async () => {
  const folder = await emptyFolder();
  const { store } = await open(folder);
  store.addStyles([newStyle(1), newStyle(2)]);
  const copy = await emptyFolder();
  await copyFile(libraryPath(folder), libraryPath(copy));
  assert.equal(list((await open(copy)).store).total, 0, 'what is in the WAL alone is not in the file');
  const restored = await emptyFolder();
  await restoreLibrary(restored, (await backUpLibrary(folder)).path);
  assert.equal(list((await open(restored)).store).total, 2);
});

test('38: on a network drive, or in a synced folder, the user is warned and there is no WAL', async () => {
  const folder = await emptyFolder();
  const synced = join(await emptyFolder(), 'Dropbox', 'morphogen');
  await mkdir(synced, { recursive: true });
  const cases: [string, () => Promise<number>, RegExp][] = [
    [folder, () => Promise.resolve(0x6969), /network drive \(NFS\)/],
    [synced, () => Promise.resolve(0xef53), /is synced \(Dropbox\)/],
  ];
  for (const [place, fileSystemType, warning] of cases.slice(process.platform === 'linux' ? 0 : 1)) {
    const { store, notices } = await open(place, { fileSystemType });
    assert.equal(notices.length, 1);
    assert.match(notices[0], warning);
    store.addStyles([newStyle(1)]);
    assert.ok(!(await readdir(place)).includes('library.sqlite-wal'));
    assert.equal(list(store).total, 1);
    store.close();
  }
  const { store, notices } = await open(folder, { fileSystemType: () => Promise.resolve(0xef53) });
  assert.deepEqual(notices, []);
  assert.deepEqual(names(list(store)), ['style 1'], 'moved to a disk of its own it has a WAL again');
});

test('39: killed without warning while it adds styles, the library has all that it said were there', async () => {
  const folder = await emptyFolder();
  const promised: string[] = [];
  for (let kill = 0; kill < 4; kill++) {
    const lines = await killWhen('insert', folder, (said) => said.length >= 5 + 7 * kill);
    promised.push(...lines.flatMap((line) => line.split(' ')).filter((id) => id.length === 16));
    const library = await open(folder);
    const { items, total } = list(library.store, { limit: 500 });
    const there = new Set(items.map(({ id }) => id));
    assert.ok(promised.length > 0 && promised.every((id) => there.has(id)), `lost of ${promised.length}`);
    assert.equal(total % 3, 0, 'three at a time or none');
    assert.equal(list(library.store, { search: 'kept' }).total, total);
    assert.deepEqual(await library.check(), { isSound: true, problems: [] });
    library.close();
  }
});

test('40: after a loss of power every commit before the first lost write is there, whole, and none after it', async () => {
  const folder = await emptyFolder();
  const { store } = await open(folder);
  const commits = 6;
  for (let i = 0; i < commits; i++) store.addStyles([newStyle(2 * i), newStyle(2 * i + 1)]);
  const database = await readFile(libraryPath(folder));
  const wal = await readFile(`${libraryPath(folder)}-wal`);
  const totals: number[] = [];
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: wal.length }), fc.boolean(), async (length, isFilled) => {
      const after = await emptyFolder();
      await writeFile(libraryPath(after), database);
      // What the disk did not get is missing, or is whatever was there before.
      const lost = Buffer.alloc(isFilled ? wal.length - length : 0, 0x5a);
      await writeFile(`${libraryPath(after)}-wal`, Buffer.concat([wal.subarray(0, length), lost]));
      const library = await open(after);
      const found = names(list(library.store));
      assert.deepEqual(
        found,
        Array.from({ length: found.length }, (_, i) => `style ${i}`),
      );
      assert.equal(found.length % 2, 0);
      assert.deepEqual(await library.check(), { isSound: true, problems: [] });
      library.close();
      totals.push(found.length);
    }),
    {
      numRuns: 25,
      examples: [
        [wal.length, false],
        [0, false],
      ],
    },
  );
  assert.deepEqual([Math.max(...totals), Math.min(...totals)], [2 * commits, 0]);
});

test('40: a commit waits until the disk has it', async () => {
  const folder = await emptyFolder();
  (await open(folder)).close();
  for (const useWal of [true, false]) {
    const database = openDatabase(libraryPath(folder), { useWal });
    const FULL = 2;
    assert.equal(database.pragma('synchronous', { simple: true }), FULL);
    assert.equal(database.pragma('foreign_keys', { simple: true }), 1);
    assert.equal(database.pragma('journal_mode', { simple: true }), useWal ? 'wal' : 'delete');
    database.close();
  }
});

test('41: what killed processes left half-written is swept at the start; what others write stays', async () => {
  const folder = await emptyFolder();
  const library = await open(folder);
  const hash = await library.files.put(Buffer.from('whole'));
  await library.backUp();
  library.close();
  const places = [folder, join(folder, 'backups'), join(folder, 'files', hash.slice(0, 2))];
  // No process has this number on any system; this one runs.
  const left = 'x.morphogen-999999999-1.part';
  const being = `x.morphogen-${process.pid}-77.part`;
  for (const place of places)
    for (const name of [left, being, 'mine.part']) await writeFile(join(place, name), '');
  await open(folder);
  for (const place of places) {
    const found = (await readdir(place)).filter((name) => name.endsWith('.part'));
    assert.deepEqual(found.sort(), ['mine.part', being].sort());
  }
});
