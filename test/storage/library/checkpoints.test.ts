import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyFolder, newJob, open, steadyClock } from './sample-library.ts';

test('the newest checkpoint of a job is known, after a restart too, and goes with its job', async () => {
  const data = await emptyFolder();
  const now = steadyClock();
  const { store } = await open(data, { now });
  store.addJob(newJob('j'));
  assert.equal(store.newestCheckpoint('j'), null);
  for (const iteration of [0, 250, 500]) store.addCheckpoint('j', iteration);
  // One that was unreadable: the run went on from an earlier one, and that is the newest now.
  store.addCheckpoint('j', 300);
  store.close();
  const again = await open(data, { now });
  assert.equal(again.store.newestCheckpoint('j')?.iteration, 300);
  again.store.removeJob('j');
  assert.throws(() => again.store.newestCheckpoint('j'), { name: 'AppError', code: 'not-found' });
  assert.throws(() => again.store.addCheckpoint('j', 1), { name: 'AppError', code: 'not-found' });
});
