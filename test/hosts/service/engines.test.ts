import assert from 'node:assert/strict';
import test from 'node:test';
import type { EngineState } from '#contract/shapes/engine-state.ts';
import type { ByteLine } from '#hosts/engine/graphics/graphics-lines.ts';
import type { SupervisedEngine } from '#hosts/engine/supervision/supervise-engine.ts';
import { createEngines, type OpenEngine } from '#hosts/service/engines.ts';

const choice = { backend: 'auto', threads: null } as const;

/** Processes that note what happens to them; a call ends when the test says so. */
function stage(): {
  readonly open: OpenEngine;
  readonly log: string[];
  readonly calls: (() => void)[];
  /** Lines that a process got, in their order. */
  readonly lent: ByteLine[];
  status: EngineState['status'];
} {
  const log: string[] = [];
  const lent: ByteLine[] = [];
  const calls: (() => void)[] = [];
  let opened = 0;
  const played = {
    ...{ log, calls, lent },
    status: 'ready' as EngineState['status'],
    open: (kind: 'live' | 'heavy', { threads }: { threads: number | null }): SupervisedEngine => {
      const name = `${kind}-${++opened}`;
      log.push(`open ${name} ${String(threads)}`);
      const state = (): EngineState => ({ status: played.status, info: null, restarts: 0, problem: null });
      return {
        call: () => new Promise((resolve) => calls.push(() => resolve({} as never))),
        state,
        onState: () => undefined,
        onNotice: () => undefined,
        lendGraphics: (line) => {
          log.push(`lend ${name}`);
          lent.push(line);
        },
        restart: (settings) => {
          log.push(`restart ${name} ${String(settings.threads)}`);
          return Promise.resolve(state());
        },
        close: () => {
          log.push(`close ${name}`);
          return Promise.resolve();
        },
      };
    },
  };
  return played;
}

const idle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

test('the heavy process is there for the first call, one for all, and gone when nobody needs it', async () => {
  const { open, log, calls } = stage();
  const engines = createEngines(open, choice, 0);
  assert.deepEqual(log, ['open live-1 null']);
  const both = Promise.all([engines.heavy.call('engine.ping', {}), engines.heavy.call('engine.ping', {})]);
  assert.deepEqual(log.slice(1), ['open heavy-2 null']);
  calls[0]();
  await idle();
  assert.equal(log.length, 2, 'the other call is still running');
  calls[1]();
  await both;
  while (log.length < 3) await idle();
  assert.equal(log[2], 'close heavy-2');
  const third = engines.heavy.call('engine.ping', {});
  assert.equal(log[3], 'open heavy-3 null');
  calls[2]();
  await third;
  await engines.close();
  assert.ok(log.includes('close live-1') && log.includes('close heavy-3'));
});

test('new settings begin the live one again at once, and the heavy one when it is free', async () => {
  const { open, log, calls } = stage();
  const engines = createEngines(open, choice, 0);
  const job = engines.heavy.call('engine.ping', {});
  await engines.restart({ backend: 'auto', threads: 1 });
  assert.deepEqual(log.slice(2), ['restart live-1 1'], 'what runs is not disturbed');
  calls[0]();
  await job;
  while (!log.includes('close heavy-2')) await idle();
  const next = engines.heavy.call('engine.ping', {});
  assert.equal(log.at(-1), 'open heavy-3 1');
  calls[1]();
  await next;
  await engines.close();
});

test('a heavy process that died too often is begun anew by the next one who asks', async () => {
  const played = stage();
  const engines = createEngines(played.open, choice, 60_000);
  const first = engines.heavy.call('engine.ping', {});
  played.calls[0]();
  await first;
  played.status = 'failed';
  const second = engines.heavy.call('engine.ping', {});
  while (played.calls.length < 2) await idle();
  assert.deepEqual(played.log.slice(1), ['open heavy-2 null', 'close heavy-2', 'open heavy-3 null']);
  played.calls[1]();
  await second;
  await engines.close();
});

test('a line for jobs waits for the process that does them; one that closes meanwhile does not', async () => {
  const { open, log, calls, lent } = stage();
  const engines = createEngines(open, choice, 0);
  const [live, heavy, gone, late] = [line(), line(), line(), line()];
  engines.lendGraphics('live', live);
  engines.lendGraphics('heavy', gone);
  engines.lendGraphics('heavy', heavy);
  assert.deepEqual(lent, [live]);
  gone.leave();
  const job = engines.heavy.call('engine.ping', {});
  assert.deepEqual(lent, [live, heavy]);
  assert.deepEqual(log.slice(1), ['lend live-1', 'open heavy-2 null', 'lend heavy-2']);
  engines.lendGraphics('heavy', late);
  assert.deepEqual(lent, [live, heavy, late]);
  calls[0]();
  await job;
  while (!log.includes('close heavy-2')) await idle();
  const next = line();
  engines.lendGraphics('heavy', next);
  await engines.close();
  const after = line();
  engines.lendGraphics('live', after);
  assert.deepEqual([next.closedFor, after.closedFor], ['Morphogen was closed', 'Morphogen was closed']);
});

function line(): ByteLine & { closedFor: string | null; leave(): void } {
  const listeners: ((reason: string) => void)[] = [];
  const one = {
    closedFor: null as string | null,
    send: () => undefined,
    onBytes: () => undefined,
    onClose: (listener: (reason: string) => void) => void listeners.push(listener),
    close: (reason: string) => {
      one.closedFor = reason;
    },
    leave: () => listeners.forEach((listener) => listener('the window was closed')),
  };
  return one;
}
