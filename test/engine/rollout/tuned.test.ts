/** A backend that can find its way of computing is asked to; one that cannot is left alone. */
import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { presets } from '#domain/model-presets.ts';
import { AppError } from '#domain/errors.ts';
import { LessMemoryError } from '#engine/less-memory.ts';
import { rolloutWay, tuneRollout, type TunableBackend } from '#engine/rollout/tuned.ts';
import { tf } from '#engine/tf.ts';

const { automaton, grid } = presets.digits;
const work = { automaton, grid, batch: 2, training: true };

afterEach(() => {
  if (tf.findBackendFactory('tunable')) tf.removeBackend('tunable');
});

async function use(tuneRollout: TunableBackend['tuneRollout']): Promise<void> {
  const backend = Object.assign(new tf.KernelBackend(), {
    ...{ tuneRollout, rolloutWay: () => 'some way', dispose: () => undefined },
  });
  tf.registerBackend('tunable', () => backend);
  await tf.setBackend('tunable');
}

test('what has but one way has nothing to say', async () => {
  await tf.setBackend('cpu');
  await tuneRollout(work);
  assert.equal(rolloutWay(work), null);
});

test('one that has several finds its own, and stays with the usual where there is no memory for that', async () => {
  const asked: unknown[] = [];
  await use(async (given) => void asked.push(given));
  await tuneRollout(work);
  assert.deepEqual(asked, [work]);
  assert.equal(rolloutWay(work), 'some way');
  for (const failure of [new LessMemoryError('Less.'), new AppError('out-of-memory', 'None.')]) {
    tf.removeBackend('tunable');
    await use(() => Promise.reject(failure));
    await tuneRollout(work);
  }
});

test('a processor that is gone is no reason to go on', async () => {
  await use(() => Promise.reject(new AppError('disconnected', 'Gone.')));
  await assert.rejects(tuneRollout(work), { code: 'disconnected' });
});
