import assert from 'node:assert/strict';
import test from 'node:test';
import type { Job } from '#contract/shapes/jobs.ts';
import { endNotice, keepsAwake, noSign, taskbarSign } from '#hosts/electron/desktop/job-signs.ts';

function job(change: Partial<Job> = {}): Job {
  return {
    ...{ id: 'job', kind: 'training', title: 'Train on Icons', state: 'running', done: 25, total: 100 },
    ...{ unit: 'iterations', phase: '', etaSeconds: null, message: null, canResume: true },
    ...{
      createdMs: 0,
      startedMs: 1000,
      endedMs: null,
      modelId: null,
      styleIds: [],
      styleCount: 0,
      repairId: null,
      path: null,
    },
    ...change,
  };
}

test('the taskbar shows how far the running job is, and nothing where none runs', () => {
  assert.deepEqual(taskbarSign([], false), noSign);
  assert.deepEqual(taskbarSign([job({ state: 'done' }), job({ state: 'queued' })], false), noSign);
  assert.deepEqual(taskbarSign([job()], false), { value: 0.25, mode: 'normal' });
  assert.deepEqual(taskbarSign([job({ total: null })], false), { value: 2, mode: 'indeterminate' });
  assert.deepEqual(taskbarSign([job({ done: 300 })], false), { value: 1, mode: 'normal' });
  const later = job({ id: 'later', kind: 'export', startedMs: 5000, done: 90 });
  assert.equal(taskbarSign([later, job()], false).value, 0.25, 'of two, the one that began first');
});

test('after a failure the taskbar says so, also while the next job runs', () => {
  assert.deepEqual(taskbarSign([job({ state: 'failed' })], true), { value: 1, mode: 'error' });
  assert.deepEqual(taskbarSign([job()], true), { value: 0.25, mode: 'error' });
});

test('the machine stays awake while something trains, where that is wished', () => {
  assert.equal(keepsAwake([job()], true), true);
  assert.equal(keepsAwake([job({ kind: 'refinement', state: 'stopping' })], true), true);
  assert.equal(keepsAwake([job()], false), false);
  for (const state of ['queued', 'paused', 'done', 'interrupted', 'failed'] as const)
    assert.equal(keepsAwake([job({ state })], true), false, state);
  assert.equal(keepsAwake([job({ kind: 'export' })], true), false, 'what takes moments does not matter');
});

test('a notice tells of the end of a job of over a minute, and of no other', () => {
  const ended = job({ state: 'done', endedMs: 61_001, modelId: 'model' });
  assert.deepEqual(endNotice(job(), ended), {
    ...{ title: 'Train on Icons: done', body: 'The model is in the gallery.' },
  });
  assert.equal(endNotice(job(), { ...ended, endedMs: 60_999 }), null, 'short');
  assert.equal(endNotice(ended, ended), null, 'told already');
  assert.equal(endNotice(undefined, ended), null, 'it had ended before anybody watched');
  for (const state of ['paused', 'stopped', 'cancelled', 'interrupted'] as const)
    assert.equal(endNotice(job(), { ...ended, state }), null, `${state} is the user’s doing`);
  const failed = endNotice(job(), { ...ended, state: 'failed', message: 'The loss is not a number.' });
  assert.deepEqual(failed, { title: 'Train on Icons: failed', body: 'The loss is not a number.' });
  const styles = endNotice(job({ kind: 'encoding' }), { ...ended, modelId: null, styleCount: 40 });
  assert.equal(styles?.body, '40 styles were made.');
});
