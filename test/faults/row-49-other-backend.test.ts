/** Row 49: a run that goes on with another backend than it began with. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { engineContract } from '#contract/engine-contract.ts';
import { createClient } from '#contract/rpc.ts';
import type { BackendChoice } from '#contract/shapes/engine-state.ts';
import { spawnChildEngine } from '#hosts/engine/supervision/engine-child.ts';
import { readSetUp } from '#hosts/engine/tensorflow/place.ts';
import {
  scratchFolder,
  trainingOf,
  writeTinyModel,
  writeTinyPictures,
} from '#test/hosts/engine/process/engine-stage.ts';

const missing = readSetUp() === null ? 'TensorFlow is not set up on this machine' : false;

test('49: it may, and it is told that the end will not be the same to the last bit', () =>
  goesOn('auto', 'wasm', 'reference'));

test('49: from the processor to TensorFlow', { skip: missing }, () => goesOn('auto', 'wasm', 'tensorflow'));

test('49: and from TensorFlow back', { skip: missing }, () => goesOn('tensorflow', 'tensorflow', 'auto'));

async function goesOn(first: BackendChoice, described: string, second: BackendChoice): Promise<void> {
  const folder = await scratchFolder();
  await writeTinyModel(join(folder, 'tiny.safetensors'));
  await writeTinyPictures(join(folder, 'digits.idx3-ubyte'));
  const trained = async (backend: BackendChoice, iterations: number): Promise<string[]> => {
    const child = spawnChildEngine();
    const exit = new Promise((resolve) => child.onExit(resolve));
    const client = createClient(engineContract, child.port);
    await client.call('engine.open', { backend, threads: null });
    const notices: string[] = [];
    const { reason, iteration } = await client.call('training.run', trainingOf(folder, iterations), {
      onProgress(event) {
        if (event.event === 'notice') notices.push(event.message);
      },
    });
    assert.deepEqual([reason, iteration], ['finished', iterations]);
    client.close();
    await exit;
    return notices;
  };
  assert.deepEqual(await trained(first, 5), []);
  const [notice, ...others] = await trained(second, 8);
  assert.deepEqual(others, []);
  assert.match(
    notice,
    new RegExp(
      `^So far this run was on “${described}: .*”: its results will not be those of an uninterrupted run`,
    ),
  );
}
