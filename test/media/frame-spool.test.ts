import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { FrameSpool } from '#media/frame-spool.ts';

const frameOf = (value: number) => ({ pixels: new Uint8Array(8 * 8 * 4).fill(value), width: 8, height: 8 });

test('frames come back in any order, wherever they lie; memory is kept to, and nothing stays', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'morphogen-spool-'));
  t.after(() => rm(folder, { recursive: true }));
  const spool = new FrameSpool({ memoryBytes: 256 * 3, folder });
  for (let i = 0; i < 20; i++) spool.add(frameOf(i));
  assert.equal(spool.usesFile, true);
  if (process.platform !== 'win32') {
    assert.deepEqual(
      await readdir(folder),
      [],
      'its file has no name: a process that is killed leaves nothing',
    );
  }
  for (const i of [19, 0, 7, 3, 2, 18, 19]) assert.deepEqual(spool.frame(i), frameOf(i));
  assert.throws(() => spool.frame(20), RangeError);
  assert.throws(() => spool.add({ pixels: new Uint8Array(4), width: 1, height: 1 }), RangeError);
  spool.dispose();
  assert.deepEqual(await readdir(folder), []);
});

test('a folder that is not there is told in a sentence', () => {
  const spool = new FrameSpool({ memoryBytes: 0, folder: join(tmpdir(), 'morphogen-none', 'none') });
  assert.throws(() => spool.add(frameOf(1)), { code: 'io', message: /frames of this export/ });
  spool.dispose();
});
