import assert from 'node:assert/strict';
import test from 'node:test';
import { AppError } from '#domain/errors.ts';
import { createQueueStage, settle } from './queue-stage.ts';

const state = (stage: ReturnType<typeof createQueueStage>, id: string): string => stage.stored.get(id)!.state;

test('one heavy job at a time, in order; a light one beside it', async () => {
  const stage = createQueueStage();
  const [first, second, light] = [stage.add(), stage.add(), stage.add('export')];
  assert.deepEqual([...stage.running.keys()], [first.id, light.id]);
  assert.equal(first.state, 'running');
  assert.equal(second.state, 'queued');
  await stage.running.get(first.id)!.end('finished');
  assert.equal(state(stage, first.id), 'done');
  assert.deepEqual([...stage.running.keys()], [light.id, second.id]);
});

test('pausing gives the turn away; resumed, a job waits for its next one', async () => {
  const stage = createQueueStage();
  const [first, second] = [stage.add(), stage.add()];
  assert.equal(stage.queue.pause(first.id).state, 'pausing');
  const { context } = stage.running.get(first.id)!;
  assert.equal(context.stopReason(), 'pause');
  assert.ok(context.until('pause').aborted && !context.until('stop').aborted);
  await stage.running.get(first.id)!.end('ended');
  assert.equal(state(stage, first.id), 'paused');
  assert.ok(stage.running.has(second.id));
  assert.equal(stage.queue.resume(first.id).state, 'queued');
  await stage.running.get(second.id)!.end('finished');
  assert.ok(stage.running.has(first.id));
  assert.equal(stage.stored.get(first.id)!.message, null);
});

test('resumed while it is pausing, it goes on by itself', async () => {
  const stage = createQueueStage();
  const { id } = stage.add();
  stage.queue.pause(id);
  assert.equal(stage.queue.resume(id).state, 'pausing');
  await stage.running.get(id)!.end('ended');
  assert.equal(state(stage, id), 'running');
});

test('before a sleep what runs is kept and nothing begins; awake, it goes on first, in the order of before', async () => {
  const stage = createQueueStage();
  const [first, second] = [stage.add(), stage.add()];
  const asleep = stage.queue.sleep();
  assert.equal(stage.running.get(first.id)!.context.stopReason(), 'pause');
  await stage.running.get(first.id)!.end('ended');
  await asleep;
  assert.deepEqual([state(stage, first.id), state(stage, second.id)], ['queued', 'queued']);
  const late = stage.add('export');
  assert.deepEqual([...stage.running.keys()], [], 'what is added meanwhile waits, too');
  stage.queue.wake();
  assert.deepEqual([...stage.running.keys()].sort(), [first.id, late.id].sort());
});

test('a machine that wakes before all is kept goes on by itself, and a job that somebody paused stays paused', async () => {
  const stage = createQueueStage();
  const [first, second] = [stage.add(), stage.add('export')];
  stage.queue.pause(second.id);
  void stage.queue.sleep();
  stage.queue.wake();
  await stage.running.get(first.id)!.end('ended');
  assert.equal(state(stage, first.id), 'running');
  await stage.running.get(second.id)!.end('ended');
  assert.equal(state(stage, second.id), 'paused');
});

test('a job that is done before it can pause is done', async () => {
  const stage = createQueueStage();
  const { id } = stage.add();
  stage.queue.pause(id);
  await stage.running.get(id)!.end('finished');
  assert.equal(state(stage, id), 'done');
});

test('stop keeps, cancel throws away; cancelling wins over stopping', async () => {
  const stage = createQueueStage();
  const [kept, thrown] = [stage.add(), stage.add()];
  assert.equal(stage.queue.stop(kept.id).state, 'stopping');
  await stage.running.get(kept.id)!.end('ended');
  assert.equal(state(stage, kept.id), 'stopped');
  assert.deepEqual(stage.discarded, [], 'what was kept can be gone on with');
  stage.queue.stop(thrown.id);
  await stage.queue.cancel(thrown.id);
  assert.equal(stage.running.get(thrown.id)!.context.stopReason(), 'cancel');
  await stage.running.get(thrown.id)!.end('ended');
  assert.equal(state(stage, thrown.id), 'cancelled');
  assert.deepEqual(stage.discarded, [{ jobId: thrown.id, what: 'everything' }]);
});

test('a paused job is stopped by running it only to keep what it has', async () => {
  const stage = createQueueStage();
  const { id } = stage.add();
  stage.queue.pause(id);
  await stage.running.get(id)!.end('ended');
  assert.equal(stage.queue.stop(id).state, 'stopping');
  assert.equal(stage.running.get(id)!.context.stopReason(), 'stop');
  await stage.running.get(id)!.end('ended');
  assert.equal(state(stage, id), 'stopped');
});

test('a queued job that never began is stopped, paused and cancelled without running', async () => {
  const stage = createQueueStage();
  const first = stage.add();
  const [stopped, paused, cancelled] = [stage.add(), stage.add(), stage.add()];
  assert.equal(stage.queue.stop(stopped.id).state, 'stopped');
  assert.equal(stage.queue.pause(paused.id).state, 'paused');
  assert.equal((await stage.queue.cancel(cancelled.id)).state, 'cancelled');
  await stage.running.get(first.id)!.end('finished');
  assert.equal(stage.running.size, 0);
});

test('a job that failed says why and can be resumed', async () => {
  const stage = createQueueStage();
  const { id } = stage.add();
  await stage.running.get(id)!.fail(new AppError('not-found', 'The folder is gone: choose another one.'));
  assert.equal(state(stage, id), 'failed');
  assert.equal(stage.stored.get(id)!.message, 'The folder is gone: choose another one.');
  stage.queue.resume(id);
  assert.equal(state(stage, id), 'running');
});

test('a mistake ends the job alone, and is told in general terms', async () => {
  const stage = createQueueStage();
  const [first, second] = [stage.add(), stage.add()];
  const bug = new TypeError('x is undefined');
  await stage.running.get(first.id)!.fail(bug);
  assert.deepEqual(stage.bugs, [bug]);
  assert.match(stage.stored.get(first.id)!.message ?? '', /mistake in Morphogen/);
  assert.ok(stage.running.has(second.id));
});

test('after the death of its engine it goes on once by itself, before others, and then asks', async () => {
  const stage = createQueueStage();
  const [first, second] = [stage.add(), stage.add()];
  const death = new AppError('disconnected', 'The connection to the engine was lost.');
  await stage.running.get(first.id)!.fail(death);
  assert.ok(stage.running.has(first.id) && !stage.running.has(second.id));
  assert.match(stage.stored.get(first.id)!.message ?? '', /stopped unexpectedly: this goes on/);
  await stage.running.get(first.id)!.fail(death);
  assert.equal(state(stage, first.id), 'interrupted');
  assert.match(stage.stored.get(first.id)!.message ?? '', /twice.*resume/);
  assert.ok(stage.running.has(second.id));
});

test('a killed program: what ran is interrupted and offers to be resumed, what was queued begins', () => {
  const before = createQueueStage();
  const [running, queued] = [before.add(), before.add()];
  before.running.get(running.id)!.context.remember({ at: 7 });
  const after = before.restart();
  assert.equal(state(after, running.id), 'interrupted');
  const shown = after.queue.list().find(({ id }) => id === running.id)!;
  assert.ok(shown.canResume);
  assert.match(shown.message ?? '', /resume it to go on/);
  assert.deepEqual(after.queue.record(running.id).memory, { at: 7 });
  assert.ok(after.running.has(queued.id));
});

test('closing asks what runs to end, waits for it, and begins nothing more', async () => {
  const stage = createQueueStage();
  const [first, second] = [stage.add(), stage.add()];
  let isClosed = false;
  const closing = stage.queue.close().then(() => (isClosed = true));
  await settle();
  assert.equal(isClosed, false);
  assert.ok(stage.running.get(first.id)!.context.until('close').aborted);
  await stage.running.get(first.id)!.end('ended');
  await closing;
  assert.equal(state(stage, first.id), 'interrupted');
  assert.equal(state(stage, second.id), 'queued');
  assert.equal(stage.running.size, 0);
  assert.equal(stage.time.waiting, 0, 'no timer is left');
  assert.throws(() => stage.add(), /closing/);
});

test('only what ended is taken off the list, and then it is gone', async () => {
  const stage = createQueueStage();
  const { id } = stage.add();
  await assert.rejects(stage.queue.dismiss(id), { code: 'bad-argument' });
  await stage.running.get(id)!.end('finished');
  await stage.queue.dismiss(id);
  assert.deepEqual(stage.removed, [id]);
  assert.equal(stage.stored.size, 0);
  assert.throws(() => stage.queue.pause(id), { code: 'not-found' });
});

test('whoever waits for a job hears when it is neither queued nor running', async () => {
  const stage = createQueueStage();
  const { id } = stage.add();
  const settled = stage.queue.settled(id);
  await stage.running.get(id)!.end('finished');
  assert.equal((await settled).state, 'done');
  assert.equal((await stage.queue.settled(id)).state, 'done');
});
