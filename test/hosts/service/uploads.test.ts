import assert from 'node:assert/strict';
import { readdir, readFile, utimes } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { createUploads } from '#hosts/service/uploads.ts';
import { safeName, safeParts } from '#hosts/service/safe-names.ts';
import { newFolder } from './service-stage.ts';

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield await Promise.resolve(Buffer.from(text));
}

test('several files become one folder; a file or a folder alone is that one', async (t) => {
  const uploads = createUploads(await newFolder(t));
  const id = await uploads.create();
  await uploads.add(id, 'Cats/tabby.png', chunks('ta', 'bby'));
  assert.match(await uploads.path(id), /Cats$/);
  assert.equal(await readFile(join(await uploads.path(id), 'tabby.png'), 'utf8'), 'tabby');
  await uploads.add(id, 'dog.png', chunks('x'));
  assert.deepEqual((await readdir(await uploads.path(id))).sort(), ['Cats', 'dog.png']);
  const one = await uploads.create();
  await uploads.add(one, 'tabby.png', chunks('x'));
  assert.match(await uploads.path(one), /tabby\.png$/);
  await uploads.add(one, 'TABBY.png', chunks('y'));
  assert.deepEqual((await readdir(await uploads.path(one))).sort(), ['TABBY-2.png', 'tabby.png'].sort());
});

test('no name leads out of the folder, and each is one that every system takes', async (t) => {
  const root = await newFolder(t);
  const uploads = createUploads(root);
  const id = await uploads.create();
  const names = [
    ...[
      '../../evil',
      '/etc/passwd',
      'C:\\Windows\\x',
      '..\\..\\x',
      'a/../../../b',
      './',
      '..',
      '',
      'con.png',
    ],
    ...['nul', 'a\u0000b', `${'深'.repeat(200)}.png`, 'y/'.repeat(100), '.hidden', 'a. . .'],
  ];
  for (const name of names) await uploads.add(id, name, chunks('x'));
  const files = (await readdir(root, { recursive: true, withFileTypes: true })).filter((entry) =>
    entry.isFile(),
  );
  assert.equal(files.length, names.length);
  for (const { parentPath, name } of files) {
    const parts = relative(root, join(parentPath, name)).split(sep);
    assert.equal(parts[0], id);
    for (const part of parts) assert.equal(safeName(part), part, part);
  }
});

test('safe names are safe again, and never special', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
      for (const part of [safeName(name), ...safeParts(name)]) {
        assert.equal(safeName(part), part);
        assert.ok(part !== '' && part !== '.' && part !== '..' && !/[/\\\u0000:]/.test(part));
        assert.ok(Buffer.byteLength(part) <= 200);
      }
    }),
    { numRuns: 2000 },
  );
});

test('what breaks off leaves nothing; ids that are none, or were swept, are refused', async (t) => {
  const root = await newFolder(t);
  const uploads = createUploads(root);
  const id = await uploads.create();
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(Uint8Array.of(1));
    throw new Error('the window went away');
  }
  await assert.rejects(uploads.add(id, 'half.png', broken()), /went away/);
  assert.deepEqual(await readdir(join(root, id)), []);
  for (const other of ['../x', '..', 'nobody', id.replace(/.$/, (last) => (last === '0' ? '1' : '0'))]) {
    await assert.rejects(uploads.add(other, 'x', chunks('x')), { code: 'not-found' });
    await assert.rejects(uploads.path(other), { code: 'not-found' });
  }
});

test('old uploads that no job wants are swept', async (t) => {
  const root = await newFolder(t);
  const uploads = createUploads(root);
  const [old, wanted, young] = [await uploads.create(), await uploads.create(), await uploads.create()];
  const days = 24 * 3600;
  const nowMs = Date.now();
  for (const id of [old, wanted]) {
    await utimes(join(root, id), nowMs / 1000 - 2 * days, nowMs / 1000 - 2 * days);
  }
  await uploads.sweep(nowMs, new Set([wanted]));
  assert.deepEqual((await readdir(root)).sort(), [wanted, young].sort());
});
