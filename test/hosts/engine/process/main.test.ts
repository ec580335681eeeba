import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { AppError } from '#domain/errors.ts';
import { engineContract } from '#contract/engine-contract.ts';
import { createClient } from '#contract/rpc.ts';
import { spawnChildEngine, type EngineExit } from '#hosts/engine/supervision/engine-child.ts';
import { scratchFolder, startEngine, trainingOf, writeTinyModel, writeTinyPictures } from './engine-stage.ts';

const parent = fileURLToPath(new URL('engine-parent.ts', import.meta.url));

test('it opens one backend, once, and says what it is', async () => {
  const child = spawnChildEngine();
  const exit = new Promise<EngineExit>((resolve) => child.onExit(resolve));
  const client = createClient(engineContract, child.port);
  const isBusy = (failure: unknown): boolean => failure instanceof AppError && failure.code === 'busy';
  await assert.rejects(client.call('files.inspect', { path: '/x' }), isBusy);
  const info = await client.call('engine.open', { backend: 'reference', threads: null });
  assert.deepEqual([info.backend, info.threads], ['reference', 1]);
  assert.match(info.description, /plain loops/);
  assert.ok(info.device.length > 0);
  await assert.rejects(client.call('engine.open', { backend: 'auto', threads: null }), isBusy);
  client.close();
  assert.deepEqual([(await exit).code, (await exit).signal], [0, null]);
});

test('a backend that cannot be so is refused, and another one may be opened', async () => {
  const child = spawnChildEngine();
  const exit = new Promise<EngineExit>((resolve) => child.onExit(resolve));
  const client = createClient(engineContract, child.port);
  await assert.rejects(
    client.call('engine.open', { backend: 'reference', threads: 4 }),
    (failure) => failure instanceof AppError && failure.code === 'bad-argument',
  );
  assert.equal((await client.call('engine.open', { backend: 'composed', threads: 1 })).backend, 'composed');
  client.close();
  await exit;
});

test('it ends with its channel, also in the middle of a training', async () => {
  const folder = await scratchFolder();
  await writeTinyModel(join(folder, 'tiny.safetensors'));
  await writeTinyPictures(join(folder, 'digits.idx3-ubyte'));
  const { client, exit } = await startEngine(folder);
  const lost = client.call('training.run', trainingOf(folder, 1_000_000), {
    onProgress(event) {
      if (event.event === 'preview') client.close();
    },
  });
  await assert.rejects(lost, (failure) => failure instanceof AppError && failure.code === 'disconnected');
  assert.deepEqual([(await exit).code, (await exit).signal], [0, null]);
});

test('it does not outlive its parent, however that ends', async () => {
  // Its stderr is the engine's, too: it ends when the last of both has ended.
  const process = spawn(globalThis.process.execPath, [parent], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => process.on('close', resolve));
  const pid = await new Promise<number>((resolve) => {
    process.stdout.once('data', (text: Buffer) => resolve(Number(text)));
  });
  assert.ok(isRunning(pid));
  process.kill('SIGKILL');
  await ended;
  while (isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
});

function isRunning(pid: number): boolean {
  try {
    return globalThis.process.kill(pid, 0);
  } catch {
    return false;
  }
}
