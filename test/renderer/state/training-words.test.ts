/** What the Train screen says: choices, costs, states, and numbers that were typed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Job, JobState } from '#contract/shapes/jobs.ts';
import { presetNames } from '#domain/model-presets.ts';
import {
  clockWords,
  estimateWords,
  learningRateOf,
  lossWords,
  presetChoices,
  rateWords,
  skippedText,
  stateAdvice,
  wholeNumber,
} from '../../../src-renderer/state/training-words.ts';

test('every preset can be chosen; several pictures leave out that of one', () => {
  const names = (isSingle: boolean | null): string[] => presetChoices(isSingle).map(({ value }) => value);
  assert.deepEqual(names(null).toSorted(), [...presetNames].toSorted());
  assert.ok(!names(false).includes('single'));
  assert.deepEqual(names(true), ['single']);
});

const estimate = {
  iterations: 10_000,
  batch: 32,
  msPerIteration: 120,
  seconds: 1200,
  peakBytes: 2e9,
  freeBytes: 8e9,
};

test('the time follows the iterations that are wished', () => {
  assert.equal(estimateWords(estimate, null).time, 'about 20 min');
  assert.equal(estimateWords(estimate, 500).time, 'about 60 s');
  assert.match(estimateWords(estimate, 500).pace, /^500 iterations of 32 pictures, 8\.3 iterations\/s$/);
});

test('memory that does not fit is said, with what to do', () => {
  assert.equal(estimateWords(estimate, null).warning, null);
  assert.match(
    estimateWords({ ...estimate, peakBytes: 9e9 }, null).warning ?? '',
    /9\.0 GB.*8\.0 GB.*smaller/,
  );
  assert.match(estimateWords({ ...estimate, peakBytes: 7e9 }, null).warning ?? '', /little memory/);
});

test('every state that waits for someone says what to do next', () => {
  const job = { canResume: true, message: null } as Job;
  const said = (state: JobState, change: Partial<Job> = {}): string | null =>
    stateAdvice({ ...job, ...change, state });
  for (const state of ['paused', 'interrupted', 'stopped'] as const)
    assert.match(said(state) ?? '', /[Rr]esume/, state);
  assert.match(said('failed', { message: 'The disk is full.' }) ?? '', /^The disk is full\. .*tried again/);
  assert.equal(said('failed', { message: 'The disk is full.', canResume: false }), 'The disk is full.');
  assert.equal(said('running'), null);
  assert.equal(said('done', { message: '3 files were skipped.' }), '3 files were skipped.');
  for (const state of ['queued', 'pausing', 'stopping', 'cancelled'] as const) assert.ok(said(state));
});

test('numbers as they are typed', () => {
  assert.equal(wholeNumber('', 1, 10), null);
  assert.equal(wholeNumber(' 10,000 ', 1, 1e9), 10_000);
  for (const text of ['0', '1.5', 'abc', '-3', '11', 'Infinity'])
    assert.equal(wholeNumber(text, 1, 10), undefined);
  assert.equal(learningRateOf(' '), null);
  assert.equal(learningRateOf('0,001'), 0.001);
  for (const text of ['0', '2', 'x', '-1']) assert.equal(learningRateOf(text), undefined);
});

test('losses, rates and times have a fixed length, more or less', () => {
  assert.deepEqual([0.0031234, 0.5, 1.26e-7, NaN].map(lossWords), ['0.00312', '0.5', '1.3e-7', '—']);
  assert.deepEqual([12.34, 1.5, 0.25, 0].map(rateWords), [
    '12 iterations/s',
    '1.5 iterations/s',
    '4.0 s an iteration',
    '—',
  ]);
  assert.deepEqual([0, 247.9, 3729].map(clockWords), ['0:00', '4:07', '1:02:09']);
});

test('skipped files are copied one a line', () => {
  const skipped = [
    { path: 'a/b.png', reason: 'empty file' },
    { path: 'ü.jpg', reason: 'damaged or cut short' },
  ];
  assert.equal(skippedText(skipped), 'a/b.png\tempty file\nü.jpg\tdamaged or cut short');
});
