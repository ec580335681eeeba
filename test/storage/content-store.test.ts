import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { createContentStore, hashFile, type StoredFile } from '#storage/content-store.ts';
import { fullDisk } from './full-disk.ts';

const base = await mkdtemp(join(tmpdir(), 'morphogen-content-'));
after(() => rm(base, { recursive: true }));
let made = 0;
const folder = (): string => join(base, String(made++));
const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

async function files(store: { list(): AsyncIterable<StoredFile> }): Promise<string[]> {
  const found: string[] = [];
  for await (const { hash } of store.list()) found.push(hash);
  return found.sort();
}

test('what is put in is found by the hash of its bytes, and lies there once', async () => {
  const store = createContentStore(folder());
  const hash = await store.put(Buffer.from('seed'));
  assert.equal(hash, hashOf('seed'));
  assert.equal(await store.put(Buffer.from('seed')), hash);
  assert.equal(store.putNow(Buffer.from('seed')), hash);
  const other = store.putNow(Buffer.from('leaf'));
  assert.equal(store.path(hash), join(store.folder, hash.slice(0, 2), hash.slice(2)));
  assert.equal(await readFile(store.path(hash), 'utf8'), 'seed');
  assert.equal(await readFile(store.path(other), 'utf8'), 'leaf');
  assert.deepEqual(await files(store), [hash, other].sort());
  assert.deepEqual([await store.has(hash), await store.has(hashOf('none'))], [true, false]);
});

test('a file is copied in under the hash of its bytes; the original stays', async () => {
  const store = createContentStore(folder());
  const path = join(base, 'original.bin');
  const bytes = Buffer.alloc(3 << 20, 'abc');
  await writeFile(path, bytes);
  const hash = await store.adopt(path);
  assert.equal(hash, await hashFile(path));
  assert.equal(await store.adopt(path), hash);
  assert.ok((await readFile(store.path(hash))).equals(bytes));
  assert.ok((await readFile(path)).equals(bytes));
});

test('what is not a file of the store is refused, so that no name leads out of it', async () => {
  const store = createContentStore(folder());
  const sentence = (code: string): object => ({ name: 'AppError', code });
  assert.throws(() => store.path(hashOf('none')), sentence('not-found'));
  for (const name of ['../../etc/passwd', 'AB'.repeat(32), 'ab', ''])
    assert.throws(() => store.path(name), sentence('bad-argument'));
  await assert.rejects(store.adopt(join(base, 'absent')), sentence('not-found'));
  await assert.rejects(store.adopt(base), sentence('io'));
  assert.deepEqual(await files(store), []);
});

test('a full disk leaves nothing half-done', async () => {
  const place = folder();
  const store = createContentStore(place, fullDisk(1000));
  const path = join(base, 'large.bin');
  await writeFile(path, Buffer.alloc(5000, 1));
  const full = { code: 'disk-full', message: /no room left/ };
  await assert.rejects(store.put(Buffer.alloc(4000)), full);
  await assert.rejects(store.adopt(path), full);
  for (const name of await readdir(place)) assert.deepEqual(await readdir(join(place, name)), []);
});

test('leftovers of killed processes are swept, files of other names stay', async () => {
  const store = createContentStore(folder());
  const hash = await store.put(Buffer.from('kept'));
  const near = dirname(store.path(hash));
  // No process has this number on any system.
  await writeFile(join(near, 'x.morphogen-999999999-1.part'), 'left');
  await writeFile(join(near, 'mine.part'), 'not ours');
  await mkdir(join(store.folder, 'notes'));
  await store.sweep();
  assert.deepEqual((await readdir(near)).sort(), [hash.slice(2), 'mine.part'].sort());
  assert.deepEqual(await files(store), [hash]);
});
