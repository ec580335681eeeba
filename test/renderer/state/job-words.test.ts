import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jobState, type Job } from '#contract/shapes/jobs.ts';
import { isActive, isOver, jobActions, jobShare, jobStatus } from '../../../src-renderer/state/job-words.ts';

function job(change: Partial<Job>): Job {
  return {
    ...{ id: 'a', kind: 'training', title: 'Train on Icons', state: 'running', done: 0, total: null },
    ...{ unit: 'iterations', phase: 'Reading pictures', etaSeconds: null, message: null, canResume: false },
    ...{
      createdMs: 0,
      startedMs: null,
      endedMs: null,
      modelId: null,
      styleIds: [],
      styleCount: 0,
      path: null,
      repairId: null,
    },
    ...change,
  };
}

test('in every state something can be done, and what is over is not thrown away again', () => {
  for (const state of jobState.options) {
    const actions = jobActions(job({ state, canResume: true }));
    assert.ok(actions.length > 0, state);
    assert.equal(actions.includes('dismiss'), isOver(state), state);
    assert.equal(actions.includes('cancel'), !isOver(state), state);
    assert.ok(!(isActive(state) && actions.includes('resume')), state);
  }
  assert.deepEqual(jobActions(job({ state: 'interrupted' })), ['resume', 'stop', 'cancel']);
  assert.deepEqual(jobActions(job({ state: 'failed', canResume: false })), ['dismiss']);
  assert.deepEqual(jobActions(job({ state: 'running', kind: 'export' })), ['pause', 'cancel']);
});

test('what is said of it', () => {
  assert.equal(jobStatus(job({})), 'Reading pictures');
  assert.equal(
    jobStatus(job({ done: 120, total: 2000, etaSeconds: 180 })),
    '120 of 2,000 iterations · 3 min left',
  );
  assert.equal(
    jobStatus(job({ state: 'paused', done: 120, total: 2000 })),
    'Paused at 120 of 2,000 iterations',
  );
  assert.equal(jobStatus(job({ state: 'interrupted', done: 12 })), 'Interrupted at 12 iterations');
});

test('how far it is', () => {
  assert.equal(jobShare(job({})), null);
  assert.equal(jobShare(job({ done: 5, total: 20 })), 0.25);
  assert.equal(jobShare(job({ done: 0, total: 0 })), null);
  assert.equal(jobShare(job({ state: 'done' })), 1);
});
