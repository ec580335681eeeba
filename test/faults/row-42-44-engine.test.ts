/** Rows 42 to 44: an engine process that crashes, hangs or runs out of memory. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { AppError } from '#domain/errors.ts';
import {
  scratchFolder,
  trainingOf,
  writeTinyModel,
  writeTinyPictures,
} from '#test/hosts/engine/process/engine-stage.ts';
import { supervise } from '#test/hosts/engine/supervision/stand-in.ts';

function failsWith(code: string, words: RegExp): (failure: unknown) => boolean {
  return (failure) => {
    assert.ok(failure instanceof AppError, String(failure));
    assert.equal(failure.code, code);
    assert.match(failure.message, words);
    return true;
  };
}

test('42: an engine that is killed while it trains comes back, and the run goes on from its checkpoint', async () => {
  const folder = await scratchFolder();
  await writeTinyModel(join(folder, 'tiny.safetensors'));
  await writeTinyPictures(join(folder, 'digits.idx3-ubyte'));
  const run = trainingOf(folder, 60);
  const pids: number[] = [];
  const { engine, states } = supervise(null, { onSpawn: (pid) => pids.push(pid) });
  const lost = engine.call('training.run', run, {
    onProgress(event) {
      if (event.event === 'preview') process.kill(pids[0], 'SIGKILL');
    },
  });
  await assert.rejects(lost, failsWith('disconnected', /ended unexpectedly \(by SIGKILL\).*try again/));
  const iterations: number[] = [];
  const { reason, iteration } = await engine.call('training.run', run, {
    onProgress(event) {
      if (event.event === 'started') iterations.push(event.iteration);
    },
  });
  assert.deepEqual([reason, iteration, iterations], ['finished', 60, [0]]);
  assert.equal(pids.length, 2);
  assert.deepEqual(
    states.map(({ status, restarts }) => [status, restarts]),
    [
      ['ready', 0],
      ['restarting', 1],
      ['ready', 1],
    ],
  );
});

for (const worst of ['hang', 'deaf'] as const) {
  test(`43: an engine that answers nothing any more is ended and begun again (${worst})`, async () => {
    const { engine, states, becomes } = supervise(worst, { stallMs: 4000, beatMs: 100 });
    await becomes('ready');
    const lost = engine.call('files.inspect', { path: '/x' });
    await assert.rejects(
      lost,
      failsWith('disconnected', /did not answer for \d seconds and was ended.*try again/),
    );
    await becomes('ready');
    assert.deepEqual(
      states.map(({ status }) => status),
      ['ready', 'stalled', 'restarting', 'ready'],
    );
    assert.match(states[1].problem ?? '', /has not answered for \d seconds/);
    await engine.call('engine.ping', {});
  });
}

test('44: an engine that runs out of memory says so, and is not begun again for ever', async () => {
  const { engine, states, becomes } = supervise('memory');
  const words = /ran out of memory and ended: choose a smaller grid, batch or preset/;
  await assert.rejects(engine.call('files.inspect', { path: '/x' }), failsWith('out-of-memory', words));
  await becomes('ready');
  await assert.rejects(engine.call('files.inspect', { path: '/x' }), failsWith('out-of-memory', words));
  const { problem } = await becomes('failed');
  assert.match(problem ?? '', /twice in a row/);
  assert.deepEqual(
    states.map(({ status }) => status),
    ['ready', 'restarting', 'ready', 'failed'],
  );
});
