/** What is remembered of graphics processors: the answer of a trial, by a key that changes with all that could change it. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { kernelsVersion, processorKey } from '#engine/kernels/webgpu/processor-key.ts';
import { TRIED_FILE, triedProcessors } from '#hosts/engine/webgpu/tried-processors.ts';

const info = { vendor: 'nvidia', architecture: 'hopper', device: 'h200', description: 'NVIDIA: 550.1' };

test('right and wrong are remembered by key, and read again at the next start', async (t) => {
  const file = await cacheFile(t);
  const tried = triedProcessors(file);
  assert.equal(tried.verdict('a'), undefined);
  await tried.remember('a', null);
  await tried.remember('b', 'b computes wrong numbers.');

  const again = triedProcessors(file);
  assert.equal(again.verdict('a'), null);
  assert.equal(again.verdict('b'), 'b computes wrong numbers.');
  assert.equal(again.verdict('c'), undefined);
  assert.deepEqual(again.known(false), ['a', 'b']);
  assert.deepEqual(again.known(true), ['a']);

  await again.remember('b', null);
  assert.deepEqual(triedProcessors(file).known(true), ['a', 'b']);
});

test('a file that is broken, of another format or partly nonsense says nothing of what it garbles', async (t) => {
  const file = await cacheFile(t);
  const good = { key: 'a', wrong: null, unfinished: 0 };
  const read = async (text: string): Promise<string[]> => {
    await writeFile(file, text);
    return triedProcessors(file).known(false);
  };
  assert.deepEqual(await read(JSON.stringify({ format: 1, tried: [good] })), ['a']);
  assert.deepEqual(await read(JSON.stringify({ format: 2, tried: [good] })), []);
  assert.deepEqual(await read('{"format":1,"tried":[{"ke'), []);
  assert.deepEqual(await read('null'), []);
  assert.deepEqual(
    await read(JSON.stringify({ format: 1, tried: [null, { ...good, wrong: 7 }, { key: 'b' }, good] })),
    ['a'],
  );
  // And it is whole again after the next answer.
  await read('nonsense');
  await triedProcessors(file).remember('b', null);
  assert.deepEqual(triedProcessors(file).known(false), ['b']);
});

test('a trial that brought the process down twice counts as wrong; once may have been impatience', async (t) => {
  const file = await cacheFile(t);
  const tried = triedProcessors(file);
  await tried.begin('a');
  assert.equal(tried.verdict('a'), undefined);
  await tried.begin('a');
  assert.match(String(tried.verdict('a')), /more than once.*--backend webgpu/);
  await tried.remember('a', null);
  assert.equal(tried.verdict('a'), null);
});

test('the file does not grow without end, and a folder that cannot be written is no failure', async (t) => {
  const file = await cacheFile(t);
  const tried = triedProcessors(file);
  for (let i = 0; i < 60; i++) await tried.remember(`key ${i}`, null);
  assert.equal(tried.known(false).length, 50);
  assert.equal(tried.verdict('key 9'), undefined);
  assert.equal(tried.verdict('key 59'), null);

  const nowhere = triedProcessors(join(file, 'below-a-file', TRIED_FILE));
  await nowhere.remember('a', null);
  assert.equal(nowhere.verdict('a'), undefined);
  assert.match(await readFile(file, 'utf8'), /key 59/);
});

test('the key changes with the processor, its driver, what compiles the kernels, and the kernels', () => {
  const key = processorKey(info, 'Dawn 1');
  const others = [
    processorKey({ ...info, device: 'h100' }, 'Dawn 1'),
    processorKey({ ...info, description: 'NVIDIA: 560.2' }, 'Dawn 1'),
    processorKey(info, 'Dawn 2'),
    processorKey(info, 'Dawn 1', 'other kernels'),
  ];
  assert.equal(new Set([key, ...others]).size, 5);
  assert.equal(processorKey({ ...info }, 'Dawn 1'), key);
  assert.match(kernelsVersion(), /^[0-9a-f]{16}$/);
  assert.ok(processorKey({ ...info, description: 'x'.repeat(5000) }, 'Dawn 1').length <= 1000);
});

async function cacheFile(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'morphogen-tried-'));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, TRIED_FILE);
}
