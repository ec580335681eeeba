/** Where the set-up of TensorFlow is looked for, and what counts as one. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { readSetUp, tensorflowFolder } from '#hosts/engine/tensorflow/place.ts';

test('it lies in the caches of the user, or where the environment says', () => {
  assert.equal(tensorflowFolder('linux', {}, '/home/a'), '/home/a/.cache/morphogen/tensorflow');
  assert.equal(tensorflowFolder('linux', { XDG_CACHE_HOME: '/c' }, '/home/a'), '/c/morphogen/tensorflow');
  assert.equal(
    tensorflowFolder('linux', { XDG_CACHE_HOME: 'c' }, '/home/a'),
    '/home/a/.cache/morphogen/tensorflow',
  );
  assert.equal(tensorflowFolder('darwin', {}, '/Users/a'), '/Users/a/Library/Caches/Morphogen/tensorflow');
  assert.equal(tensorflowFolder('linux', { MORPHOGEN_TENSORFLOW: '/big/tf' }, '/home/a'), '/big/tf');
});

test('a set-up of another system or layout, or half of one, is none', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'morphogen-place-'));
  t.after(() => rm(folder, { recursive: true }));
  const system = `${process.platform}-${process.arch}`;
  const whole = { format: 1, variant: 'cpu', version: '2.21.0', package: '4.22.0', system };
  const read = async (text: string): Promise<unknown> => {
    await writeFile(join(folder, 'set-up.json'), text);
    return readSetUp(folder);
  };
  assert.equal(readSetUp(folder), null);
  assert.deepEqual(await read(JSON.stringify(whole)), whole);
  assert.equal(await read(JSON.stringify({ ...whole, system: 'plan9-z80' })), null);
  assert.equal(await read(JSON.stringify({ ...whole, format: 2 })), null);
  assert.equal(await read('{"format":1,'), null);
});
