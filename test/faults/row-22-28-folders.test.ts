/** Rows 22–28 of the catalogue of faults: folders, names and files that change. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import syncFs from 'node:fs';
import fs from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import test from 'node:test';
import { AppError } from '#domain/errors.ts';
import { loadDataset } from '#media/dataset.ts';
import { safeFileName } from '#media/file-name.ts';
import { writePng } from '#media/png.ts';
import { scanFolder, type ScanEntry } from '#media/scan.ts';
import { pattern, patternImage, temporaryFolder, writeFiles } from '#test/media/sample-images.ts';

const grid = { height: 16, width: 16 };
const posix = process.platform !== 'win32';

async function all(folder: string, options: Parameters<typeof scanFolder>[1] = {}): Promise<ScanEntry[]> {
  const entries: ScanEntry[] = [];
  for await (const entry of scanFolder(folder, options)) entries.push(entry);
  return entries;
}

test('row 22: a large folder is scanned as a stream and stops at once when cancelled', async (t) => {
  const folder = await temporaryFolder(t);
  for (let i = 0; i < 8; i++) {
    await fs.mkdir(join(folder, `part-${i}`));
    await Promise.all(
      Array.from({ length: 250 }, (_, j) => fs.writeFile(join(folder, `part-${i}`, `${j}.txt`), '')),
    );
  }
  assert.equal((await all(folder)).length, 2000);
  const abort = new AbortController();
  let seen = 0;
  await assert.rejects(
    (async () => {
      for await (const entry of scanFolder(folder, { signal: abort.signal })) {
        assert.equal(entry.kind, 'file');
        if (++seen === 300) abort.abort();
      }
    })(),
    (error: unknown) => error instanceof AppError && error.code === 'cancelled',
  );
  assert.equal(seen, 300);
  await assert.rejects(loadDataset(folder, { image: 'rgb', grid, signal: abort.signal }), /cancelled/);
  const late = new AbortController();
  const onProgress = ({ phase }: { phase: string }) => {
    if (phase === 'decoding') late.abort();
  };
  await assert.rejects(
    loadDataset(folder, { image: 'rgb', grid, signal: late.signal, onProgress }),
    /cancelled/,
  );
});

test(
  'row 23: what cannot be read is listed and the rest imported',
  { skip: !posix || process.getuid?.() === 0 },
  async (t) => {
    const folder = await temporaryFolder(t);
    const png = await patternImage(20, 20).png().toBuffer();
    await writeFiles(folder, { 'closed/a.png': png, 'locked.png': png, 'open.png': png });
    await fs.chmod(join(folder, 'locked.png'), 0o000);
    await fs.chmod(join(folder, 'closed'), 0o000);
    t.after(() => fs.chmod(join(folder, 'closed'), 0o700));
    const dataset = await loadDataset(folder, { image: 'rgb', grid });
    assert.deepEqual(dataset.names, ['open.png']);
    assert.deepEqual(dataset.skipped.map(({ path }) => path).sort(), ['closed', 'locked.png']);
    for (const { reason } of dataset.skipped) assert.match(reason, /permission denied/);
  },
);

test('row 23: a file or folder that fails to open is listed and the rest imported', async (t) => {
  const folder = await temporaryFolder(t);
  const png = await patternImage(20, 20).png().toBuffer();
  await writeFiles(folder, { 'closed/a.png': png, 'locked.png': png, 'open.png': png });
  const denied = Object.assign(new Error('EACCES'), { code: 'EACCES' });
  const { opendir } = fs;
  const { openSync } = syncFs;
  t.mock.method(syncFs, 'openSync', (path: string, flags: number) => {
    if (path.endsWith('locked.png')) throw denied;
    return openSync(path, flags);
  });
  t.mock.method(fs, 'opendir', (path: string) =>
    path.endsWith('closed') ? Promise.reject(denied) : opendir(path),
  );
  const dataset = await loadDataset(folder, { image: 'rgb', grid });
  assert.deepEqual(dataset.names, ['open.png']);
  assert.deepEqual(dataset.skipped, [
    { path: 'closed', reason: 'folder cannot be read: permission denied' },
    { path: 'locked.png', reason: 'permission denied' },
  ]);
});

test(
  'row 24: symbolic links are not followed, nor folders entered without end',
  { skip: !posix },
  async (t) => {
    const outside = await temporaryFolder(t);
    const folder = await temporaryFolder(t);
    const png = await patternImage(20, 20).png().toBuffer();
    await writeFiles(outside, { 'secret.png': png });
    await writeFiles(folder, { 'in/a.png': png, 'deep/1/2/3/4/b.png': png });
    await fs.symlink(folder, join(folder, 'in', 'loop'));
    await fs.symlink(outside, join(folder, 'out'));
    await fs.symlink(join(outside, 'secret.png'), join(folder, 'secret.png'));
    const entries = await all(folder, { maxDepth: 3 });
    const files = entries.filter(({ kind }) => kind === 'file').map(({ path }) => path);
    assert.deepEqual(files, [join(folder, 'in', 'a.png')]);
    const skipped = new Map(
      entries.flatMap((entry) => (entry.kind === 'skipped' ? [[entry.path, entry.reason]] : [])),
    );
    for (const name of ['in/loop', 'out', 'secret.png'])
      assert.equal(skipped.get(join(folder, name)), 'a symbolic link, not followed');
    assert.equal(skipped.get(join(folder, 'deep/1/2/3')), 'more than 3 folders deep');
    await fs.symlink(folder, join(outside, 'the-root-may-be-a-link'));
    assert.equal(
      (await all(join(outside, 'the-root-may-be-a-link'))).filter(({ kind }) => kind === 'file').length,
      2,
    );
  },
);

test('row 25: pipes, sockets and devices are passed over and never block', { skip: !posix }, async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, { 'a.png': await patternImage(20, 20).png().toBuffer() });
  execFileSync('mkfifo', [join(folder, 'pipe.png')]);
  const server = createServer().listen(join(folder, 'socket.png'));
  t.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const dataset = await loadDataset(folder, { image: 'rgb', grid });
  assert.equal(dataset.count, 1);
  assert.deepEqual(dataset.skipped.map(({ path }) => path).sort(), ['pipe.png', 'socket.png']);
  for (const { reason } of dataset.skipped) assert.equal(reason, 'not a regular file');
  await assert.rejects(loadDataset('/dev/null', { image: 'rgb', grid }), /not a regular file/);
});

test('row 26: names in any form of Unicode are opened as they are', async (t) => {
  const folder = await temporaryFolder(t);
  const names = ['cafe\u0301.png', 'Übung.png', '🦎 gecko.png', '東京/猫.png', "quote'&<b>.png"];
  for (const [i, name] of names.entries())
    await writeFiles(folder, {
      [name]: await patternImage(20, 20, 3, i + 1)
        .png()
        .toBuffer(),
    });
  const dataset = await loadDataset(folder, { image: 'rgb', grid });
  assert.equal(dataset.count, names.length);
  assert.deepEqual(
    dataset.names.map((name) => name.normalize('NFC')),
    names.map((name) => name.normalize('NFC')).sort(),
  );
  assert.deepEqual(dataset.skipped, []);
});

test('row 26: hidden files and the droppings of file managers are no part of a folder', async (t) => {
  const folder = await temporaryFolder(t);
  const png = await patternImage(20, 20).png().toBuffer();
  await writeFiles(folder, {
    'a.png': png,
    '.hidden.png': png,
    '.git/b.png': png,
    'Thumbs.db': 'x',
    'desktop.ini': 'x',
    '.DS_Store': 'x',
    '__MACOSX/._a.png': 'x',
  });
  assert.deepEqual(await all(folder), [{ kind: 'file', path: join(folder, 'a.png') }]);
});

test('row 27: names are made fit for every system, and too long ones are errors', async (t) => {
  const pairs: [string, string][] = [
    ['a/b\\c:d*e?.png', 'a_b_c_d_e_.png'],
    ['CON', '_CON'],
    ['nul.txt', '_nul.txt'],
    ['COM¹', '_COM¹'],
    ['console', 'console'],
    ['dots... ', 'dots'],
    ['', 'unnamed'],
    ['..', 'unnamed'],
    ['cafe\u0301', 'café'],
    ['tab\tnew\nline', 'tab_new_line'],
  ];
  for (const [name, expected] of pairs) assert.equal(safeFileName(name), expected);
  assert.throws(() => safeFileName('x'.repeat(300)), /too long/);
  assert.throws(() => safeFileName('漢'.repeat(100)), /too long/);

  const folder = await temporaryFolder(t);
  const image = { pixels: new Uint8Array(pattern(4, 4, 4)), width: 4, height: 4 };
  await assert.rejects(writePng(join(folder, `${'y'.repeat(300)}.png`), image), (error: unknown) => {
    return error instanceof AppError && /too long/.test(error.message);
  });
  assert.deepEqual(await fs.readdir(folder), []);
});

/** Appends to the file after it was read, the first `times` times. */
async function importWhileWriting(t: test.TestContext, times: number) {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, {
    'busy.png': await patternImage(20, 20, 3, 1).png().toBuffer(),
    'calm.png': await patternImage(20, 20, 3, 2).png().toBuffer(),
  });
  const { openSync, readSync } = syncFs;
  const busy = new Set<number>();
  let opened = 0;
  t.mock.method(syncFs, 'openSync', (path: string, flags: number) => {
    const file = openSync(path, flags);
    if (path.endsWith('busy.png') && opened++ < times) busy.add(file);
    else busy.delete(file);
    return file;
  });
  t.mock.method(
    syncFs,
    'readSync',
    (file: number, bytes: Buffer, offset: number, length: number, position: number) => {
      const count = readSync(file, bytes, offset, length, position);
      if (busy.has(file)) syncFs.appendFileSync(join(folder, 'busy.png'), 'more');
      return count;
    },
  );
  return { dataset: await loadDataset(folder, { image: 'rgb', grid }), opened: () => opened };
}

test('row 28: a file that changes while it is read is read once more', async (t) => {
  const { dataset, opened } = await importWhileWriting(t, 1);
  assert.deepEqual(dataset.names, ['busy.png', 'calm.png']);
  assert.equal(opened(), 2);
});

test('row 28: a file that keeps changing is reported, the rest imported', async (t) => {
  const { dataset, opened } = await importWhileWriting(t, Infinity);
  assert.deepEqual(dataset.names, ['calm.png']);
  assert.match(dataset.skipped[0].reason, /changed while it was read, twice/);
  assert.equal(opened(), 2);
});
