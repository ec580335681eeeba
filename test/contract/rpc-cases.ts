/** One small contract, its handlers, and what every transport must do with it: the parity suite of the ports. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { AppError, type ErrorCode } from '#domain/errors.ts';
import { defineContract } from '#contract/contract.ts';
import type { Client, Handlers } from '#contract/rpc.ts';

export const sampleContract = defineContract({
  methods: {
    add: { params: z.object({ a: z.number(), b: z.number().default(1) }), result: z.number() },
    echo: {
      params: z.object({ bytes: z.instanceof(Uint8Array), floats: z.instanceof(Float32Array) }),
      result: z.object({ bytes: z.instanceof(Uint8Array), floats: z.instanceof(Float32Array) }),
    },
    count: {
      params: z.object({ to: z.number() }),
      result: z.object({ reached: z.number() }),
      progress: z.object({ at: z.number(), bytes: z.instanceof(Uint8Array) }),
    },
    fail: { params: z.object({ isExpected: z.boolean() }), result: z.object({}) },
    /** Runs until it is cancelled, and answers even then. */
    wait: { params: z.object({}), result: z.object({ wasCancelled: z.boolean() }), progress: z.object({}) },
    announce: { params: z.object({ text: z.string() }), result: z.object({}) },
  },
  events: { said: z.object({ text: z.string() }) },
});
export type SampleContract = typeof sampleContract;

export function createSampleHandlers(say: (text: string) => void): Handlers<SampleContract> {
  return {
    add: ({ a, b }) => a + b,
    echo: (params) => params,
    count: async ({ to }, { progress, signal }) => {
      let reached = 0;
      while (reached < to && !signal.aborted) {
        await progress({ at: reached, bytes: Uint8Array.of(reached % 256) });
        reached++;
      }
      return { reached };
    },
    fail: ({ isExpected }) => {
      if (isExpected) throw new AppError('not-found', 'There is no style “x”: choose another.');
      throw new TypeError('a secret: /home/someone');
    },
    wait: async (_, { progress, signal }) => {
      await progress({});
      if (!signal.aborted) {
        await new Promise<void>((done) => signal.addEventListener('abort', () => done(), { once: true }));
      }
      return { wasCancelled: true };
    },
    announce: ({ text }) => {
      say(text);
      return {};
    },
  };
}

export interface Connection {
  readonly client: Client<SampleContract>;
  /** Breaks the connection from the server's side. */
  breakOff(): void;
  /** Everything that the test opened. */
  close(): Promise<void>;
}

export function refusedWith(code: ErrorCode, pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof AppError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, pattern);
    return true;
  };
}

export function testRpcOver(name: string, connect: () => Promise<Connection>): void {
  const over = async (body: (connection: Connection) => Promise<void>): Promise<void> => {
    const connection = await connect();
    try {
      await body(connection);
    } finally {
      await connection.close();
    }
  };

  test(`${name}: a call returns, with defaults filled in`, () =>
    over(async ({ client }) => {
      assert.equal(await client.call('add', { a: 2 }), 3);
      assert.deepEqual(await Promise.all([1, 2, 3].map((a) => client.call('add', { a, b: a }))), [2, 4, 6]);
    }));

  test(`${name}: bytes and floats arrive as what they were`, () =>
    over(async ({ client }) => {
      const sent = {
        bytes: Uint8Array.from({ length: 70_001 }, (_, index) => index % 251),
        floats: Float32Array.of(0.1, -0, 3.4e38, 1e-45),
      };
      const echo = await client.call('echo', sent);
      assert.deepEqual(new Uint8Array(echo.bytes), sent.bytes);
      assert.deepEqual(new Float32Array(echo.floats), sent.floats);
    }));

  test(`${name}: progress comes in order, before the result, at the caller's pace`, () =>
    over(async ({ client }) => {
      const seen: number[] = [];
      const result = await client.call(
        'count',
        { to: 20 },
        {
          onProgress: async ({ at, bytes }) => {
            await new Promise((done) => setImmediate(done));
            assert.deepEqual([...bytes], [at]);
            seen.push(at);
          },
        },
      );
      assert.deepEqual(
        seen,
        Array.from({ length: 20 }, (_, index) => index),
      );
      assert.deepEqual(result, { reached: 20 });
    }));

  test(`${name}: a cancelled call is answered by its handler`, () =>
    over(async ({ client }) => {
      const controller = new AbortController();
      const call = client.call(
        'wait',
        {},
        { signal: controller.signal, onProgress: () => controller.abort() },
      );
      assert.deepEqual(await call, { wasCancelled: true });
    }));

  test(`${name}: failures arrive as code and sentence, bugs as nothing but their being`, () =>
    over(async ({ client }) => {
      await assert.rejects(
        client.call('fail', { isExpected: true }),
        refusedWith('not-found', /^There is no style “x”: choose another\.$/),
      );
      await assert.rejects(client.call('fail', { isExpected: false }), (error) => {
        assert.ok(refusedWith('internal', /fail/)(error));
        assert.doesNotMatch(String(error), /secret|home/);
        return true;
      });
    }));

  test(`${name}: wrong params are refused with the field's name`, () =>
    over(async ({ client }) => {
      const wrong = { a: 'two' } as unknown as { a: number };
      await assert.rejects(client.call('add', wrong), refusedWith('bad-argument', /add.*\ba: /));
      assert.equal(await client.call('add', { a: 1 }), 2);
    }));

  test(`${name}: events reach those who listen, until they stop`, () =>
    over(async ({ client }) => {
      const heard: string[] = [];
      const stop = client.on('said', ({ text }) => heard.push(text));
      await client.call('announce', { text: 'one' });
      stop();
      await client.call('announce', { text: 'two' });
      assert.deepEqual(heard, ['one']);
    }));

  test(`${name}: a lost connection rejects what is open and what comes later`, () =>
    over(async ({ client, breakOff }) => {
      const closed = new Promise((done) => client.onClose(done));
      const call = client.call('wait', {}, { onProgress: breakOff });
      await assert.rejects(call, refusedWith('disconnected', /lost/));
      await closed;
      await assert.rejects(client.call('add', { a: 1 }), refusedWith('disconnected', /lost/));
    }));
}
