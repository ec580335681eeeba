import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '#domain/errors.ts';
import type { Port } from '#contract/port.ts';
import { createClient, serve, type Handlers, type ServerOptions } from '#contract/rpc.ts';
import { createPortPair } from './port-pair.ts';
import {
  createSampleHandlers,
  refusedWith,
  sampleContract,
  testRpcOver,
  type SampleContract,
} from './rpc-cases.ts';

testRpcOver('in memory', async () => {
  const { client, server } = connect();
  return {
    client,
    breakOff: () => server.close(),
    close: async () => client.close(),
  };
});

test('two values are on their way at most, even if the handler does not wait', async () => {
  let open = 0;
  let most = 0;
  const { client } = connect({
    count: async ({ to }, { progress }) => {
      for (let at = 0; at < to; at++) void progress({ at, bytes: new Uint8Array(1) });
      await progress({ at: to, bytes: new Uint8Array(1) });
      return { reached: to };
    },
  });
  const seen: number[] = [];
  await client.call(
    'count',
    { to: 9 },
    {
      onProgress: async ({ at }) => {
        most = Math.max(most, ++open);
        await turn();
        seen.push(at);
        open--;
      },
    },
  );
  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.equal(most, 1, 'one after another');
});

test('a handler waits for a caller that is slow', async () => {
  let sent = 0;
  let free: () => void = () => undefined;
  const { client } = connect({
    count: async ({ to }, { progress }) => {
      for (; sent < to; sent++) await progress({ at: sent, bytes: new Uint8Array(1) });
      return { reached: to };
    },
  });
  const blocked = new Promise<void>((done) => (free = done));
  const call = client.call('count', { to: 10 }, { onProgress: () => blocked });
  for (let index = 0; index < 20; index++) await turn();
  assert.equal(sent, 1, 'one was sent and had room behind it, the second waits');
  free();
  assert.deepEqual(await call, { reached: 10 });
});

test('what onProgress throws cancels the call and is thrown', async () => {
  const { client } = connect();
  const failure = new Error('the disk is full');
  const call = client.call(
    'wait',
    {},
    {
      onProgress: () => {
        throw failure;
      },
    },
  );
  await assert.rejects(call, failure);
});

test('cancelling before the call sends nothing', async () => {
  const { client } = connect();
  const signal = AbortSignal.abort();
  await assert.rejects(client.call('wait', {}, { signal }), refusedWith('cancelled', /wait/));
});

test('a handler may answer its cancelling with `cancelled`', async () => {
  const { client } = connect({
    wait: (_, { signal }) =>
      new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(new AppError('cancelled', 'Waiting was cancelled.'))),
      ),
  });
  const controller = new AbortController();
  const call = client.call('wait', {}, { signal: controller.signal });
  await turn();
  controller.abort();
  await assert.rejects(call, refusedWith('cancelled', /was cancelled/));
});

test('a closed port aborts every handler, and their progress waits for nobody', async () => {
  const ended = Promise.withResolvers<string>();
  const { client } = connect({
    count: async (_, { progress, signal }) => {
      while (!signal.aborted) await progress({ at: 0, bytes: new Uint8Array(1) });
      ended.resolve('aborted');
      return { reached: 0 };
    },
  });
  const call = client.call(
    'count',
    { to: 1 },
    {
      onProgress: () => {
        client.close();
        return new Promise(() => undefined);
      },
    },
  );
  await assert.rejects(call, refusedWith('disconnected', /lost/));
  assert.equal(await ended.promise, 'aborted');
});

test('bugs go to onBug, refusals to onRefusal', async () => {
  const bugs: unknown[] = [];
  const refusals: string[] = [];
  const { client } = connect(
    {},
    {
      onBug: (failure, method) => bugs.push([method, failure]),
      onRefusal: (sentence) => refusals.push(sentence),
    },
  );
  await assert.rejects(client.call('fail', { isExpected: false }), refusedWith('internal', /fail/));
  await assert.rejects(client.call('fail', { isExpected: true }), refusedWith('not-found', /style/));
  await assert.rejects(
    client.call('add', {} as { a: number }),
    refusedWith('bad-argument', /add .*\ba: .*number/),
  );
  assert.equal(bugs.length, 1);
  assert.ok(String(bugs[0]).startsWith('fail,TypeError'));
  assert.equal(refusals.length, 1);
});

test('an answer that breaks the contract is no answer', async () => {
  const { client } = connect({ add: () => 'three' as unknown as number });
  await assert.rejects(client.call('add', { a: 1 }), refusedWith('internal', /answer to add/));
});

test('what no port can carry is refused where it is called', async () => {
  const { client } = connect();
  const params = { a: 1, b: (() => 1) as unknown as number };
  await assert.rejects(client.call('add', params), { name: 'DataCloneError' });
  assert.equal(await client.call('add', { a: 1 }), 2);
});

test('a port sees a bounded number of calls at once', async () => {
  const { client } = connect();
  const controller = new AbortController();
  const calls = Array.from({ length: 1000 }, () =>
    client.call('wait', {}, { signal: controller.signal }).then(() => 'answered'),
  );
  await assert.rejects(client.call('add', { a: 1 }), refusedWith('busy', /1000 calls/));
  controller.abort();
  assert.deepEqual(new Set(await Promise.all(calls)), new Set(['answered']));
  assert.equal(await client.call('add', { a: 1 }), 2);
});

test('messages of any shape harm no server and no client', async () => {
  const { left, right } = createPortPair();
  const refusals: string[] = [];
  serve(
    sampleContract,
    right,
    createSampleHandlers(() => undefined),
    { onRefusal: (sentence) => refusals.push(sentence) },
  );
  const replies: unknown[] = [];
  left.onMessage((reply) => replies.push(reply));
  const wrong = [undefined, null, 1, 'call', [], {}, { type: 'call', id: 0 }, { type: 'result', id: 1 }];
  for (const message of wrong) left.post(message);
  left.post({ type: 'call', id: 2, method: 'toString', params: {} });
  left.post({ type: 'call', id: 3, method: 'add', params: { a: Infinity } });
  await turn();
  assert.equal(refusals.length, wrong.length + 2);
  assert.deepEqual(
    replies.map((reply) => (reply as { id: number }).id),
    [0, 1, 2, 3],
  );

  const bugs: unknown[] = [];
  const pair = createPortPair();
  const client = createClient(sampleContract, pair.left, { onBug: (failure) => bugs.push(failure) });
  client.on('said', () => assert.fail('no such event'));
  const call = client.call('add', { a: 1 });
  for (const message of [...wrong, { type: 'event', event: 'said', payload: 3 }]) pair.right.post(message);
  await assert.rejects(call, refusedWith('internal', /./));
  await turn();
  assert.equal(bugs.length, wrong.length, 'the event, too; a result that nobody asked for is passed over');
});

test('an id that runs already is not answered twice', async () => {
  const { left, right } = createPortPair();
  serve(
    sampleContract,
    right,
    createSampleHandlers(() => undefined),
  );
  const replies: unknown[] = [];
  left.onMessage((reply) => replies.push(reply));
  left.post({ type: 'call', id: 1, method: 'wait', params: {} });
  left.post({ type: 'call', id: 1, method: 'add', params: { a: 1 } });
  left.post({ type: 'cancel', id: 1 });
  await turn();
  assert.deepEqual(replies, [
    { type: 'progress', id: 1, value: {} },
    { type: 'result', id: 1, value: { wasCancelled: true } },
  ]);
});

function connect(handlers: Partial<Handlers<SampleContract>> = {}, options: ServerOptions = {}) {
  const { left, right }: { left: Port; right: Port } = createPortPair();
  const sample = createSampleHandlers((text) => server.emit('said', { text }));
  const server = serve(sampleContract, right, { ...sample, ...handlers }, options);
  return { client: createClient(sampleContract, left), server };
}

function turn(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}
