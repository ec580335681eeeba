import assert from 'node:assert/strict';
import test from 'node:test';
import { AppError } from '#domain/errors.ts';
import { createQueueStage } from './queue-stage.ts';

test('a fast job is written once a second and told ten times a second, and its last word is not lost', () => {
  const stage = createQueueStage();
  const { id } = stage.add();
  stage.time.pass(5000);
  const { context } = stage.running.get(id)!;
  const [writes, told] = [stage.writes, stage.told.length];
  for (let done = 1; done <= 300; done++) {
    context.report({ done });
    stage.time.pass(10);
  }
  stage.time.pass(2000);
  const seconds = 3;
  assert.ok(stage.writes - writes <= seconds + 1, `${stage.writes - writes} writes`);
  assert.ok(stage.told.length - told <= 10 * seconds + 1, `${stage.told.length - told} events`);
  assert.ok(stage.told.length - told >= 10 * seconds - 3);
  assert.equal(stage.stored.get(id)!.done, 300);
  assert.equal(stage.told.at(-1)!.done, 300);
});

test('what is to be remembered is on the disk when `remember` returns, with what was reported before', () => {
  const stage = createQueueStage();
  const { id } = stage.add();
  const { context } = stage.running.get(id)!;
  context.report({ done: 5 });
  context.remember({ checkpoint: 5 });
  const { done, memory } = stage.stored.get(id)!;
  assert.deepEqual({ done, memory }, { done: 5, memory: { checkpoint: 5 } });
});

test('row 66: the clock on the wall jumps, and progress is told as before', () => {
  const stage = createQueueStage();
  const { id } = stage.add();
  const { context } = stage.running.get(id)!;
  stage.time.pass(1000);
  stage.time.jump(-24 * 3600 * 1000);
  context.report({ done: 1 });
  stage.time.pass(1000);
  assert.equal(stage.stored.get(id)!.done, 1);
  assert.equal(stage.told.at(-1)!.done, 1);
});

test('row 29: no room to write progress is no end of the job; it is written when there is room', () => {
  const stage = createQueueStage();
  const { id } = stage.add();
  stage.time.pass(2000);
  const full = new AppError('disk-full', 'There is no room left on the disk.');
  stage.fault = () => {
    throw full;
  };
  const { context } = stage.running.get(id)!;
  context.report({ done: 9 });
  stage.time.pass(1000);
  assert.equal(stage.stored.get(id)!.done, 0);
  assert.equal(stage.told.at(-1)!.done, 9);
  assert.throws(() => context.remember({}), full, 'what must be kept says that it is not');
  stage.fault = null;
  stage.time.pass(10_000);
  assert.equal(stage.stored.get(id)!.done, 9);
  assert.deepEqual(stage.bugs, []);
});
