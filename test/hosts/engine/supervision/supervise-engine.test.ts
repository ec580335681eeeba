import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '#domain/errors.ts';
import type { ByteLine } from '#hosts/engine/graphics/graphics-lines.ts';
import { react, superviseOnStage, type SupervisedStage } from './supervised-stage.ts';

const backOffs = [500, 2000, 8000];
const memoryWords = 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory';

function failsWith(code: string, words: RegExp): (failure: unknown) => boolean {
  return (failure) => {
    assert.ok(failure instanceof AppError, String(failure));
    assert.equal(failure.code, code);
    assert.match(failure.message, words);
    return true;
  };
}

async function dieAndComeBack(on: SupervisedStage, backOffMs: number): Promise<void> {
  const { length } = on.children;
  on.last().die();
  await on.clock.pass(backOffMs - 1);
  assert.equal(on.children.length, length, 'not before its time');
  await on.clock.pass(1);
  assert.equal(on.children.length, length + 1);
  assert.equal(on.engine.state().status, 'ready');
}

test('it is ready once its backend is open, and says which', async () => {
  const on = await superviseOnStage();
  assert.deepEqual(on.engine.state(), {
    status: 'ready',
    info: { backend: 'wasm', threads: 2, description: 'played', device: 'none' },
    restarts: 0,
    problem: null,
  });
  assert.deepEqual(await on.engine.call('engine.ping', {}), { residentBytes: 1 });
  await on.engine.close();
  assert.equal(on.clock.pending, 0, 'no timer is left');
});

test('what is asked while it starts waits for it; cancelling ends the waiting', async () => {
  const on = await superviseOnStage();
  on.last().die();
  await react();
  const controller = new AbortController();
  const cancelled = on.engine.call('engine.ping', {}, { signal: controller.signal });
  const waiting = on.engine.call('engine.ping', {});
  controller.abort();
  await assert.rejects(cancelled, failsWith('cancelled', /./));
  await on.clock.pass(500);
  assert.deepEqual(await waiting, { residentBytes: 1 });
  await on.engine.close();
});

test('it is begun again at most three times in a row, each time later; then someone must ask for it', async () => {
  const on = await superviseOnStage();
  for (const backOffMs of backOffs) await dieAndComeBack(on, backOffMs);
  assert.equal(on.engine.state().restarts, 3);
  const waiting = on.engine.call('files.inspect', { path: '/x' });
  on.last().die({ code: null, signal: 'SIGSEGV' });
  await assert.rejects(waiting, failsWith('disconnected', /SIGSEGV/));
  await on.clock.pass(100_000);
  assert.equal(on.children.length, 4);
  const { status, problem } = on.engine.state();
  assert.equal(status, 'failed');
  assert.match(problem ?? '', /4 times in a row: restart it/);
  await assert.rejects(on.engine.call('engine.ping', {}), failsWith('disconnected', /in a row/));
  const state = await on.engine.restart({ backend: 'reference', threads: 1 });
  assert.deepEqual([state.status, state.restarts, state.problem], ['ready', 0, null]);
  assert.deepEqual(await on.engine.call('engine.ping', {}), { residentBytes: 1 });
  await on.engine.close();
});

test('a minute without a fault, and the count begins anew', async () => {
  const on = await superviseOnStage();
  for (const backOffMs of backOffs) await dieAndComeBack(on, backOffMs);
  await on.clock.pass(60_000);
  assert.equal(on.engine.state().restarts, 0);
  await dieAndComeBack(on, backOffs[0]);
  assert.equal(on.engine.state().restarts, 1);
  await on.engine.close();
});

test('states are told in their order', async () => {
  const on = await superviseOnStage();
  await dieAndComeBack(on, 500);
  assert.deepEqual(
    on.states.map(({ status }) => status),
    ['ready', 'restarting', 'ready'],
  );
  assert.match(on.states[1].problem ?? '', /ended unexpectedly \(with code 1\); it is being started again/);
  assert.equal(on.states[1].info?.backend, 'wasm');
  await on.engine.close();
});

test('a backend that does not work is not tried again', async () => {
  const on = await superviseOnStage({
    refusal: new AppError('unsupported', 'This machine has no wasm: choose auto.'),
  });
  assert.equal(on.engine.state().status, 'failed');
  assert.equal(on.engine.state().problem, 'This machine has no wasm: choose auto.');
  await on.clock.pass(100_000);
  assert.equal(on.children.length, 1);
  delete on.behave.refusal;
  assert.equal((await on.engine.restart({ backend: 'auto', threads: null })).status, 'ready');
  await on.engine.close();
});

test('one that says it is broken is ended and begun again', async () => {
  const on = await superviseOnStage();
  on.behave.ailment = new AppError('internal', 'A thread is lost.');
  await on.clock.pass(2000);
  assert.deepEqual(on.last().kills, ['SIGKILL']);
  delete on.behave.ailment;
  await on.clock.pass(500);
  assert.equal(on.engine.state().status, 'ready');
  await on.engine.close();
});

test('closing rejects what waits, ends the process, and kills it if it hangs', async () => {
  const on = await superviseOnStage();
  const lost = on.engine.call('files.inspect', { path: '/x' });
  const rejected = assert.rejects(lost, failsWith('disconnected', /was ended/));
  await on.engine.close();
  await rejected;
  await assert.rejects(on.engine.call('engine.ping', {}), failsWith('disconnected', /was ended/));

  const hanging = await superviseOnStage({ obeys: ['SIGKILL'] });
  hanging.behave.isHanging = true;
  const closed = hanging.engine.close();
  await hanging.clock.pass(2000);
  await closed;
  assert.deepEqual(hanging.last().kills, ['SIGKILL']);
});

test('a restart on purpose is none of those that are counted, and takes the new settings', async () => {
  const on = await superviseOnStage();
  const state = await on.engine.restart({ backend: 'wasm', threads: 1 });
  assert.deepEqual([state.status, state.restarts, on.children.length], ['ready', 0, 2]);
  await on.clock.pass(100_000);
  assert.equal(on.children.length, 2);
  await on.engine.close();
});

test('out of memory: told as such, and not tried for ever', async () => {
  const on = await superviseOnStage();
  const lost = on.engine.call('files.inspect', { path: '/x' });
  const told = assert.rejects(
    lost,
    failsWith('out-of-memory', /ran out of memory.*smaller grid, batch or preset/),
  );
  on.last().die({ code: null, signal: 'SIGABRT', lastWords: memoryWords });
  await told;
  await on.clock.pass(500);
  assert.equal(on.engine.state().status, 'ready');
  on.last().die({ code: null, signal: 'SIGKILL', hadOomKills: true });
  await on.clock.pass(100_000);
  assert.equal(on.children.length, 2);
  assert.equal(on.engine.state().status, 'failed');
  assert.match(on.engine.state().problem ?? '', /ran out of memory and ended, twice in a row/);
  await on.engine.close();
});

test('no answer for half a minute: stalled, ended, and killed where that does not help', async () => {
  const on = await superviseOnStage({ obeys: ['SIGKILL'] });
  const lost = on.engine.call('files.inspect', { path: '/x' });
  const told = assert.rejects(lost, failsWith('disconnected', /did not answer for 30 seconds/));
  on.behave.isHanging = true;
  await on.clock.pass(29_000);
  assert.equal(on.engine.state().status, 'ready');
  await on.clock.pass(1500);
  assert.equal(on.engine.state().status, 'stalled');
  assert.deepEqual(on.last().kills, ['SIGTERM']);
  delete on.behave.isHanging;
  await on.clock.pass(2000);
  assert.deepEqual(on.children[0].kills, ['SIGTERM', 'SIGKILL']);
  await told;
  await on.clock.pass(500);
  assert.equal(on.engine.state().status, 'ready');
  assert.deepEqual(
    on.states.map(({ status }) => status),
    ['ready', 'stalled', 'restarting', 'ready'],
  );
  await on.engine.close();
});

test('one that answers, and never opens its backend, is ended after a minute', async () => {
  const on = await superviseOnStage({ isOpening: true });
  await on.clock.pass(59_000);
  assert.equal(on.engine.state().status, 'starting');
  delete on.behave.isOpening;
  await on.clock.pass(1000);
  assert.deepEqual(on.children[0].kills, ['SIGTERM']);
  await on.clock.pass(500);
  assert.equal(on.engine.state().status, 'ready');
  await on.engine.close();
});

test('a machine that slept for an hour has no hanging engine', async () => {
  const on = await superviseOnStage();
  await on.clock.pass(10_000);
  on.clock.sleep(3_600_000);
  await on.clock.pass(10_000);
  assert.equal(on.engine.state().status, 'ready');
  assert.deepEqual([on.children.length, on.last().kills.length], [1, 0]);
  await on.engine.close();
});

test('what computes may change while it runs, and what the user should know is told', async () => {
  const on = await superviseOnStage();
  const told: string[] = [];
  on.engine.onNotice((sentence) => told.push(sentence));
  const info = {
    backend: 'webgpu',
    threads: 2,
    description: 'webgpu in the window',
    device: 'none',
  } as const;
  const { server } = on.last();
  server.emit('engine.changed', info);
  server.emit('engine.notice', { message: 'It went away.' });
  await react();
  const { status, info: now } = on.engine.state();
  assert.deepEqual([status, now, told], ['ready', info, ['It went away.']]);
  assert.deepEqual(on.states.at(-1)?.info, info);
  await on.engine.close();
});

test('a page lends to the process that is there, or else to the next one', async () => {
  const on = await superviseOnStage();
  const line = (): ByteLine & { closedFor: string } => {
    const one = {
      ...{ closedFor: '', send: () => undefined, onBytes: () => undefined, onClose: () => undefined },
      close: (reason: string) => void (one.closedFor = reason),
    };
    return one;
  };
  const [first, second, third] = [line(), line(), line()];
  on.engine.lendGraphics(first);
  assert.deepEqual(on.last().lent, [first]);
  on.last().die();
  await react();
  on.engine.lendGraphics(second);
  assert.equal(on.children.length, 1);
  await on.clock.pass(500);
  assert.deepEqual(
    on.children.map(({ lent }) => lent),
    [[first], [second]],
  );
  on.last().die();
  await react();
  on.engine.lendGraphics(third);
  await on.engine.close();
  assert.equal(third.closedFor, 'the engine was ended');
});

test('what one call lost, with a process that lives, is told to that call', async () => {
  const on = await superviseOnStage({ loss: new AppError('disconnected', 'The processor went away.') });
  let told: unknown = null;
  const lost = on.engine.call('files.inspect', { path: '/x' }).catch((failure: unknown) => (told = failure));
  await on.clock.pass(14_000);
  assert.equal(told, null, 'it may still die of it');
  await on.clock.pass(2000);
  await lost;
  assert.ok(failsWith('disconnected', /The processor went away/)(told));
  assert.equal(on.children.length, 1);
  await on.engine.close();
  assert.equal(on.clock.pending, 0, 'no timer is left');
});
