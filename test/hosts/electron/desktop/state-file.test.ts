import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { openStateFile, withRecent } from '#hosts/electron/desktop/state-file.ts';
import { emptyFolder } from '#test/storage/library/sample-library.ts';

const noProblem = (failure: unknown): never => assert.fail(String(failure));
const place = { x: 1, y: 2, width: 900, height: 700, isMaximized: true };

test('what is changed is there at the next start', async () => {
  const folder = await emptyFolder();
  const first = await openStateFile(folder, noProblem);
  assert.deepEqual(first.state(), { window: null, folders: {}, recent: [] });
  first.change({ window: place });
  first.change({ folders: { photo: '/photos' } });
  await first.written();
  const next = await openStateFile(folder, noProblem);
  assert.deepEqual(next.state(), { window: place, folders: { photo: '/photos' }, recent: [] });
});

test('what cannot be read is begun again, part by part', async () => {
  const folder = await emptyFolder();
  const path = join(folder, 'desktop.json');
  for (const text of ['', '{', 'null', '[1]', '"x"']) {
    await writeFile(path, text);
    assert.deepEqual((await openStateFile(folder, noProblem)).state().recent, [], text);
  }
  await writeFile(path, JSON.stringify({ window: { x: 'left' }, folders: { photo: '/p' }, recent: [7] }));
  assert.deepEqual((await openStateFile(folder, noProblem)).state(), {
    ...{ window: null, folders: { photo: '/p' }, recent: [] },
  });
});

test('where it cannot be written, that is said once, and nothing else happens', async () => {
  const folder = await emptyFolder();
  const problems: unknown[] = [];
  const file = await openStateFile(folder, (failure) => problems.push(failure));
  // A folder of its name is in the way.
  await mkdir(join(folder, 'desktop.json', 'x'), { recursive: true });
  file.change({ recent: ['/a'] });
  await file.written();
  file.change({ recent: ['/b'] });
  await file.written();
  assert.equal(problems.length, 1);
  assert.deepEqual(file.state().recent, ['/b']);
  await rm(join(folder, 'desktop.json'), { recursive: true });
  file.change({ recent: ['/c'] });
  await file.written();
  assert.match(await readFile(join(folder, 'desktop.json'), 'utf8'), /"\/c"/);
});

test('recent files: the newest first, each once, ten at most', () => {
  assert.deepEqual(withRecent(['/a', '/b'], ['/b', '/c']), ['/b', '/c', '/a']);
  const many = Array.from({ length: 30 }, (_, index) => `/${index}`);
  assert.deepEqual(withRecent(many, ['/new']), ['/new', ...many.slice(0, 9)]);
});
