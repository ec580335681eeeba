import assert from 'node:assert/strict';
import * as nodeFs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { AppError } from '#domain/errors.ts';
import { parseSafetensors } from '#engine/files/safetensors.ts';
import { safetensorsChunks, type FileChunks } from '#engine/files/safetensors-write.ts';
import { loadCheckpoint, saveCheckpoint } from '#storage/checkpoint-slots.ts';
import { fullDisk } from '#test/storage/full-disk.ts';

let root: string;
before(async () => {
  root = await nodeFs.mkdtemp(join(tmpdir(), 'morphogen-slots-'));
});
after(() => nodeFs.rm(root, { recursive: true }));

async function newFolder(): Promise<string> {
  return join(await nodeFs.mkdtemp(join(root, 'case-')), 'checkpoints');
}

/** A checkpoint that holds its own iteration. */
function checkpoint(iteration: number): FileChunks {
  return safetensorsChunks(new Map([['w', { shape: [1], data: Float32Array.of(iteration) }]]), new Map());
}

function decode(bytes: Uint8Array, name: string): number {
  return Number(parseSafetensors(bytes, { name }).tensors.get('w')!.data[0]);
}

async function names(folder: string): Promise<string[]> {
  return (await nodeFs.readdir(folder)).sort();
}

test('the newest of two checkpoints is loaded, and older ones are removed', async () => {
  const folder = await newFolder();
  assert.equal(await loadCheckpoint(folder, decode), null);
  for (const iteration of [100, 200, 300]) await saveCheckpoint(folder, iteration, checkpoint(iteration));
  assert.deepEqual(await names(folder), [
    'checkpoint-000000200.safetensors',
    'checkpoint-000000300.safetensors',
  ]);
  const path = join(folder, 'checkpoint-000000300.safetensors');
  assert.deepEqual(await loadCheckpoint(folder, decode), { value: 300, iteration: 300, path, notice: null });
  // A run that starts anew: its first checkpoint takes the place of the other run's.
  await saveCheckpoint(folder, 0, checkpoint(0));
  assert.deepEqual(await names(folder), ['checkpoint-000000000.safetensors']);
});

test('row 48: an unreadable newest checkpoint falls back to the one before, with a sentence', async () => {
  const folder = await newFolder();
  for (const iteration of [100, 200]) await saveCheckpoint(folder, iteration, checkpoint(iteration));
  const newest = join(folder, 'checkpoint-000000200.safetensors');
  await nodeFs.truncate(newest, 20);
  const loaded = await loadCheckpoint(folder, decode);
  assert.equal(loaded?.value, 100);
  assert.match(
    loaded.notice!,
    /goes on from iteration 100: checkpoint-000000200\.safetensors is not a sound/,
  );
  // The run that resumed from there replaces the bad one, not the good one.
  await saveCheckpoint(folder, 150, checkpoint(150));
  assert.deepEqual(await names(folder), [
    'checkpoint-000000100.safetensors',
    'checkpoint-000000150.safetensors',
  ]);
});

test('row 48: where no checkpoint can be read, all reasons are given and nothing is removed', async () => {
  const folder = await newFolder();
  for (const iteration of [1, 2]) await saveCheckpoint(folder, iteration, checkpoint(iteration));
  for (const name of await names(folder)) await nodeFs.writeFile(join(folder, name), '');
  await assert.rejects(loadCheckpoint(folder, decode), (error) => {
    assert.ok(error instanceof AppError && error.code === 'bad-file');
    assert.match(error.message, /000000002\.safetensors.*empty.*000000001\.safetensors.*empty/);
    return true;
  });
  assert.equal((await names(folder)).length, 2);
});

test('row 47: a checkpoint with a value that is not finite is not written, and the good ones stay', async () => {
  const folder = await newFolder();
  await saveCheckpoint(folder, 1, checkpoint(1));
  await assert.rejects(
    async () => saveCheckpoint(folder, 2, checkpoint(NaN)),
    (error) => error instanceof AppError && error.code === 'not-finite',
  );
  assert.equal((await loadCheckpoint(folder, decode))?.value, 1);
});

test('row 29: a disk that is full while saving keeps both checkpoints and says the bytes needed', async () => {
  const folder = await newFolder();
  for (const iteration of [1, 2]) await saveCheckpoint(folder, iteration, checkpoint(iteration));
  await assert.rejects(saveCheckpoint(folder, 3, checkpoint(3), { fs: fullDisk(10) }), (error) => {
    assert.ok(error instanceof AppError && error.code === 'disk-full');
    assert.match(
      error.message,
      /no room left on the disk for .*checkpoint-000000003\.safetensors \(1 kB needed\)/,
    );
    return true;
  });
  assert.deepEqual(await names(folder), [
    'checkpoint-000000001.safetensors',
    'checkpoint-000000002.safetensors',
  ]);
});

test('a fault in decoding that is no AppError is a bug and is not passed over', async () => {
  const folder = await newFolder();
  await saveCheckpoint(folder, 1, checkpoint(1));
  const broken = (): never => {
    throw new TypeError('a bug');
  };
  await assert.rejects(loadCheckpoint(folder, broken), TypeError);
});
