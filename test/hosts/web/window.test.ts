/** One window's WebSocket: calls, frames, events; what is refused; who is slow, and who is dead. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import { test } from 'node:test';
import { appContract } from '#contract/app-contract.ts';
import { createClient } from '#contract/rpc.ts';
import { encodeMessage } from '#contract/wire.ts';
import { startWebHost } from '#hosts/web/web-host.ts';
import { refusedWith } from '../../contract/rpc-cases.ts';
import { ask, closeOf, openHost, openSocket, portOf, until } from './browser.ts';
import { createStandIn, librarySummary } from './stand-in-service.ts';

test('a window calls, is refused in a sentence, and hears events', async (context) => {
  const open = await openHost(context);
  const client = createClient(appContract, portOf(await openSocket(open)));
  assert.deepEqual(await client.call('undo.undo', {}), librarySummary);
  await assert.rejects(
    client.call('models.rename', { id: 'm1', name: 'Icons' }),
    refusedWith('not-found', /Icons/),
  );
  await assert.rejects(
    client.call('growth.control', { growthId: 'g1', control: { kind: 'step', by: 0.5 } }),
    refusedWith('bad-argument', /control\.by/),
  );
  const heard = new Promise((done) => client.on('library.changed', done));
  open.service.emit('library.changed', librarySummary);
  assert.deepEqual(await heard, librarySummary);
});

test('frames come as bytes, at the pace of the window, until it stops watching', async (context) => {
  const open = await openHost(context);
  const client = createClient(appContract, portOf(await openSocket(open)));
  const controller = new AbortController();
  const steps: number[] = [];
  await client.call(
    'growth.watch',
    { growthId: 'g1' },
    {
      signal: controller.signal,
      onProgress: (frame) => {
        assert.equal(frame.rgba?.length, 64 * 64 * 4);
        assert.equal(frame.rgba?.[0], frame.step % 256);
        if (steps.push(frame.step) === 50) controller.abort();
      },
    },
  );
  assert.deepEqual(steps.slice(0, 50), [...steps.slice(0, 50).keys()]);
  assert.ok(steps.length <= 52, 'two more are on their way at most');
  assert.equal(open.service.cancelled, 1);
});

test('a window that closes ends its calls, and is told nothing more', async (context) => {
  const open = await openHost(context);
  const socket = await openSocket(open);
  const client = createClient(appContract, portOf(socket));
  const call = client.call('growth.watch', { growthId: 'g1' }, { onProgress: () => socket.terminate() });
  await assert.rejects(call, refusedWith('disconnected', /lost/));
  await until(() => open.service.cancelled === 1 && open.service.listeners() === 0);
});

test('a message over the limit closes the window with 1009, and others stay', async (context) => {
  const open = await openHost(context, { maxMessageBytes: 10_000 });
  const [large, other] = [await openSocket(open), await openSocket(open)];
  const closed = closeOf(large);
  large.send(new Uint8Array(10_001));
  assert.equal(await closed, 1009);
  assert.match(open.log.join('\n'), /Max payload size exceeded/);
  assert.deepEqual(await createClient(appContract, portOf(other)).call('undo.undo', {}), librarySummary);
});

test('what is no message closes the window with a code', async (context) => {
  const open = await openHost(context);
  const cases: [string | Uint8Array, number][] = [
    ['{"type":"call"}', 1003],
    [Uint8Array.of(1, 2, 3), 1007],
    [Uint8Array.of(3, 0, 0, 0, 0x7b, 0x7b, 0x7b), 1007],
  ];
  for (const [message, code] of cases) {
    const socket = await openSocket(open);
    const closed = closeOf(socket);
    socket.send(message);
    assert.equal(await closed, code);
  }
  assert.equal(open.log.length, cases.length);
});

test('a message of the wrong shape is answered where it has an id, logged, and harms nothing', async (context) => {
  const open = await openHost(context);
  const socket = await openSocket(open);
  const port = portOf(socket);
  const replies: unknown[] = [];
  port.onMessage((reply) => replies.push(reply));
  const wrong: unknown[] = [
    null,
    7,
    [],
    { type: 'call' },
    { type: 'nonsense', id: 1 },
    { type: 'call', id: 2, method: 'constructor', params: {} },
    { type: 'call', id: 3, method: 'undo.undo', params: 'no' },
    { type: 'call', id: 4, method: '__proto__', params: {} },
    { type: 'call', id: -5, method: 'undo.undo', params: {} },
    { type: 'acknowledge', id: 99 },
    { type: 'cancel', id: 99 },
  ];
  for (const message of wrong) socket.send(encodeMessage(message));
  const client = createClient(appContract, port);
  assert.deepEqual(await client.call('undo.undo', {}), librarySummary);
  const refusals = replies
    .slice(0, -1)
    .map((reply) => reply as { type: string; id: number; code: string; message: string });
  assert.deepEqual(
    refusals.map(({ type, id, code }) => [type, id, code]),
    [1, 2, 3, 4].map((id) => ['error', id, 'bad-argument']),
  );
  assert.match(refusals[2].message, /undo\.undo/);
  assert.equal(open.log.length, 9);
});

test('a window that reads nothing misses old progress, not the newest, nor what is lasting', async (context) => {
  const open = await openHost(context);
  const socket = await openSocket(open);
  const client = createClient(appContract, portOf(socket));
  const iterations: number[] = [];
  const summaries: number[] = [];
  client.on('training.progress', ({ iteration }) => iterations.push(iteration));
  client.on('library.changed', ({ styles }) => summaries.push(styles));
  await client.call('undo.undo', {});
  socket.pause();
  const sent = 20_000;
  // Notices of some size fill the buffers of the kernel as well, whatever their size.
  const filling = 'x'.repeat(64 * 1024);
  for (let index = 0; index < 400; index++) {
    open.service.emit('app.notice', { message: `${index % 2} ${filling}` });
  }
  for (let iteration = 1; iteration <= sent; iteration++) {
    open.service.emit('training.progress', report(iteration));
    open.service.emit('library.changed', { ...librarySummary, styles: iteration });
  }
  const newest = new Promise<void>((done) =>
    client.on('library.changed', ({ styles }) => (styles === sent ? done() : undefined)),
  );
  socket.resume();
  await newest;
  assert.equal(iterations.at(-1), sent);
  assert.equal(summaries.at(-1), sent);
  assert.ok(iterations.length < sent / 10, `${iterations.length} of ${sent} were sent`);
});

test('a window that answers no ping is dead, one that does is not', async (context) => {
  const open = await openHost(context, { pingEveryMs: 20 });
  const dead = await openSocket(open, { autoPong: false });
  const alive = await openSocket(open);
  assert.equal(await closeOf(dead), 1006);
  await once(alive, 'ping');
  assert.equal(alive.readyState, alive.OPEN);
  assert.deepEqual(await createClient(appContract, portOf(alive)).call('undo.undo', {}), librarySummary);
});

test('the next free port is taken where the wanted one is in use', async (context) => {
  const first = await openHost(context);
  const second = await openHost(context, { port: first.host.port });
  assert.ok(second.host.port > first.host.port);
  assert.ok(second.host.address.includes(`:${second.host.port}/`));
  assert.equal((await ask(second, { headers: second.own })).status, 200);
  assert.equal((await ask(second, { headers: { ...second.own, Cookie: first.own.Cookie } })).status, 403);
});

test('where no port is free, that is said', async (context) => {
  const taken = createServer().listen(65_535, '127.0.0.1');
  await Promise.race([once(taken, 'listening'), once(taken, 'error')]);
  context.after(() => taken.close());
  const options = { service: createStandIn(), port: 65_535, rendererFolder: '/', log: () => undefined };
  await assert.rejects(startWebHost(options), refusedWith('busy', /65535.*--port/));
});

test('closing sends the windows away and frees the port', async (context) => {
  const open = await openHost(context);
  const socket = await openSocket(open);
  const closed = closeOf(socket);
  await open.host.close();
  assert.equal(await closed, 1001);
  const probe = createConnection(open.host.port, '127.0.0.1');
  const [failure] = (await once(probe, 'error')) as [NodeJS.ErrnoException];
  assert.equal(failure.code, 'ECONNREFUSED');
});

function report(iteration: number) {
  return {
    jobId: 'j1',
    iteration,
    iterations: 20_000,
    seconds: 1,
    loss: 0.5,
    learningRate: 0.001,
    iterationsPerSecond: 3,
    etaSeconds: 5,
  };
}
