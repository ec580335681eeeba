import assert from 'node:assert/strict';
import { test } from 'node:test';
import Database from 'better-sqlite3';
import { libraryPath } from '#storage/library/database-file.ts';
import { killWhen } from '#test/storage/library/killed-process.ts';
import { emptyFolder, list, newStyle, open } from '#test/storage/library/sample-library.ts';

const elsewhere = { name: 'AppError', code: 'busy', message: /open elsewhere/ };

test('31: a library that another process has open is not opened again, until that process is gone, however', async () => {
  const folder = await emptyFolder();
  (await open(folder)).close();
  await killWhen('hold', folder, async () => {
    await assert.rejects(open(folder), elsewhere);
    return true;
  });
  const { store } = await open(folder);
  assert.equal(list(store).total, 0);
});

test('31: a database that another program writes to is waited for, then said to be open elsewhere', async () => {
  const folder = await emptyFolder();
  const { store } = await open(folder);
  const other = new Database(libraryPath(folder));
  other.exec('BEGIN IMMEDIATE');
  assert.throws(() => store.addStyles([newStyle(1)]), elsewhere);
  assert.equal(list(store).total, 0, 'reading goes on');
  other.exec('ROLLBACK');
  other.close();
  store.addStyles([newStyle(1)]);
  assert.equal(list(store).total, 1);
});
