/** The window's connection over ports in this process, with the clock in the test's hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AppContract, appContract } from '#contract/app-contract.ts';
import type { Port } from '#contract/port.ts';
import { type Handlers, type Server, serve } from '#contract/rpc.ts';
import { AppError } from '#domain/errors.ts';
import { createPortPair } from '#test/contract/port-pair.ts';
import { Connection, type ConnectionState } from '../../../src-renderer/lib/connection.ts';

interface Stage {
  readonly connection: Connection;
  readonly states: ConnectionState[];
  /** Waits that were asked for, in milliseconds. */
  readonly waits: number[];
  /** Lets the last wait pass. */
  pass(): Promise<void>;
  /** Answers from now on, or does not. */
  answers: boolean;
  /** A sentence with which it does not. */
  refusal: string | null;
  /** Of the newest connection. */
  server: Server<AppContract> | null;
}

function stage({ answers = true }: { answers?: boolean } = {}): Stage {
  const waits: number[] = [];
  let waiting: (() => void) | null = null;
  const made: Stage = {
    answers,
    refusal: null,
    server: null,
    waits,
    states: [],
    pass: async () => {
      const callback = waiting;
      waiting = null;
      callback?.();
      await settled();
    },
    connection: new Connection({
      openPort: (): Promise<Port> => {
        if (!made.answers)
          return Promise.reject(
            made.refusal === null ? new Error('nobody answers') : new AppError('disconnected', made.refusal),
          );
        const { left, right } = createPortPair();
        made.server = serve(appContract, right, handlers);
        return Promise.resolve(left);
      },
      after: (delayMs, callback) => {
        waits.push(delayMs);
        waiting = callback;
        return () => (waiting = null);
      },
    }),
  };
  made.connection.onState((state) => made.states.push(state));
  return made;
}

/** Just what the tests call. */
const handlers = {
  'gallery.tags': () => [{ name: 'nice', count: 2 }],
  'models.list': () => new Promise(() => undefined),
} as unknown as Handlers<AppContract>;

function settled(): Promise<void> {
  return new Promise((done) => setImmediate(done));
}

test('a call before the first connection waits for it', async () => {
  const { connection } = stage();
  const tags = connection.call('gallery.tags', {});
  connection.start();
  assert.deepEqual(await tags, [{ name: 'nice', count: 2 }]);
  connection.close();
});

test('a lost connection fails open calls and new ones, and comes back by itself', async () => {
  const made = stage();
  const { connection } = made;
  connection.start();
  await settled();
  const open = connection.call('models.list', {});
  made.answers = false;
  made.server?.close();
  await assert.rejects(open, { code: 'disconnected' });
  await assert.rejects(connection.call('gallery.tags', {}), { code: 'disconnected' });
  await made.pass();
  made.answers = true;
  await made.pass();
  assert.deepEqual(made.states, ['open', 'lost', 'lost', 'open']);
  assert.equal((await connection.call('gallery.tags', {})).length, 1);
  connection.close();
});

test('listeners hear every later connection, until they are taken away', async () => {
  const made = stage();
  const heard: string[] = [];
  const stop = made.connection.on('app.notice', ({ message }) => heard.push(message));
  made.connection.start();
  await settled();
  made.server?.emit('app.notice', { message: 'first' });
  await settled();
  made.server?.close();
  await made.pass();
  made.server?.emit('app.notice', { message: 'second' });
  await settled();
  stop();
  made.server?.emit('app.notice', { message: 'third' });
  await settled();
  assert.deepEqual(heard, ['first', 'second']);
  made.connection.close();
});

test('waits grow to five seconds, begin anew after a connection, and are cut short by a click', async () => {
  const made = stage({ answers: false });
  made.connection.start();
  for (let attempt = 0; attempt < 7; attempt += 1) {
    await settled();
    await made.pass();
  }
  assert.deepEqual(made.waits, [250, 500, 1000, 2000, 4000, 5000, 5000, 5000]);
  made.answers = true;
  made.connection.retry();
  await settled();
  assert.equal(made.connection.state, 'open');
  made.answers = false;
  made.server?.close();
  assert.equal(made.waits.at(-1), 250);
  made.connection.close();
});

test('an application that refuses the page says why, until it lets it in', async () => {
  const made = stage({ answers: false });
  made.refusal = 'This address is of an earlier start.';
  made.connection.start();
  await settled();
  assert.equal(made.connection.refusal, 'This address is of an earlier start.');
  made.answers = true;
  await made.pass();
  assert.equal(made.connection.refusal, null);
  made.connection.close();
});

test('after it is closed nothing is tried any more', async () => {
  const made = stage({ answers: false });
  made.connection.start();
  await settled();
  made.connection.close();
  await made.pass();
  assert.equal(made.waits.length, 1);
});
