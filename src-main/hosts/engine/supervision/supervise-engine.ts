/**
 * An engine process that is there whenever something is asked of it. It is watched by a heartbeat, ended when it hangs,
 * begun again when it dies, but not for ever: after three times in a row, or out of memory twice, it stays down until
 * someone asks for it. What it was doing is lost, and whoever asked is told in a sentence; nothing is asked twice.
 */
import { engineContract, type EngineContract } from '#contract/engine-contract.ts';
import type { MethodName, ParamsIn, Progress, Result } from '#contract/contract.ts';
import { createClient, type CallOptions, type Client } from '#contract/rpc.ts';
import type { Settings } from '#contract/settings.ts';
import type { EngineState } from '#contract/shapes/engine-state.ts';
import { AppError } from '#domain/errors.ts';
import { deathOf, sentenceOf, type EngineDeath } from './death.ts';
import type { ByteLine } from '../graphics/graphics-lines.ts';
import { spawnChildEngine, type EngineChild } from './engine-child.ts';
import { createWaitingLines } from './waiting-lines.ts';
import { startHeartbeat } from './heartbeat.ts';
import { systemClock, type SupervisionClock } from './supervision-clock.ts';

export type EngineSettings = Pick<Settings, 'backend' | 'threads'>;

export interface SupervisionOptions {
  readonly settings: EngineSettings;
  /** Nobody watches what it does: jobs. */
  readonly isBackground?: boolean;
  readonly spawn?: () => EngineChild;
  readonly clock?: SupervisionClock;
  /** So long without an answer is a hang; 30 seconds if left out. */
  readonly stallMs?: number;
  /** Between two heartbeats; two seconds if left out. */
  readonly beatMs?: number;
  /** Bugs of the engine that break its contract. */
  readonly onBug?: (failure: Error) => void;
}

export interface SupervisedEngine {
  /**
   * Waits until the engine is ready.
   * @throws AppError as the engine does; disconnected or out-of-memory where it dies meanwhile, or stays down
   */
  call<M extends MethodName<EngineContract>>(
    method: M,
    params: ParamsIn<EngineContract, M>,
    options?: CallOptions<Progress<EngineContract, M>>,
  ): Promise<Result<EngineContract, M>>;
  state(): EngineState;
  onState(listener: (state: EngineState) => void): void;
  /** Sentences for the user. */
  onNotice(listener: (sentence: string) => void): void;
  /**
   * A page's line to lend a graphics processor by: for the process that is there, or else for the next one. It is closed
   * when that one ends; a page then comes with another.
   */
  lendGraphics(line: ByteLine): void;
  /** Ends it and begins again; also after `failed`. @returns the state once it is ready, or has failed */
  restart(settings: EngineSettings): Promise<EngineState>;
  /** Ends it; it has as long as a hanging one has. */
  close(): Promise<void>;
}

const BACK_OFF_MS = [500, 2000, 8000];
const STALL_MS = 30_000;
/** From SIGTERM, or a closed channel, to SIGKILL. */
const GRACE_MS = 2000;
/** Opening a backend takes a second; one that has not opened by then never will. */
const OPEN_MS = 60_000;
/** From the end of a connection, or of a processor that a heartbeat finds, to that of the process. */
const DEATH_MS = 15_000;
/** Having run so long, it is taken to run well. */
const WELL_MS = 60_000;

/** One process of several, one after another. */
interface Life {
  readonly child: EngineChild;
  readonly client: Client<EngineContract>;
  /** Fulfilled when it has ended. */
  readonly death: Promise<EngineDeath>;
  /** Ended for its silence, which lasted so long. */
  stalledMs: number | null;
  /** What was asked to end did not die. */
  isUnwanted: boolean;
  end(): void;
}

interface Waiter {
  readonly resolve: (life: Life) => void;
  readonly reject: (failure: AppError) => void;
}

export function superviseEngine(options: SupervisionOptions): SupervisedEngine {
  const { spawn = spawnChildEngine, clock = systemClock, stallMs = STALL_MS, beatMs, onBug } = options;
  const { isBackground = false } = options;
  let { settings } = options;
  let state: EngineState = { status: 'starting', info: null, restarts: 0, problem: null };
  let life: Life | null = null;
  let lastDeath: EngineDeath | null = null;
  let isClosed = false;
  let callOff = (): void => undefined;
  let waiters: Waiter[] = [];
  const listeners: ((state: EngineState) => void)[] = [];
  const noticeListeners: ((sentence: string) => void)[] = [];
  const lines = createWaitingLines();

  function change(part: Partial<EngineState>): void {
    state = { ...state, ...part };
    for (const listener of listeners) listener(state);
  }

  /** @param action called off by the next one */
  function later(ms: number, action: () => void): void {
    callOff();
    callOff = clock.after(ms, action);
  }

  function begin(): void {
    const child = spawn();
    const client = createClient(engineContract, child.port, { peer: 'the engine', ...(onBug && { onBug }) });
    let stopBeat = (): void => undefined;
    const mine: Life = {
      ...{ child, client, stalledMs: null, isUnwanted: false },
      death: new Promise((resolve) => {
        child.onExit((exit) => {
          stopBeat();
          const death = deathOf(exit, mine.stalledMs);
          resolve(death);
          if (!mine.isUnwanted) died(death);
        });
      }),
      end() {
        stopBeat();
        mine.isUnwanted = true;
        client.close();
        const callOffKill = clock.after(GRACE_MS, () => child.kill('SIGKILL'));
        void mine.death.then(callOffKill);
      },
    };
    life = mine;
    client.on('engine.changed', (info) => {
      if (life === mine && state.info !== null) change({ info });
    });
    client.on('engine.notice', ({ message }) => {
      for (const listener of noticeListeners) listener(message);
    });
    // Before it is opened: it may then wait for what they lend.
    lines.handOver((line) => lend(child, line));
    later(OPEN_MS, () => stalled(mine, OPEN_MS));
    client.call('engine.open', { ...settings, isBackground }).then(
      (info) => {
        if (life !== mine) return;
        stopBeat = startHeartbeat({
          ...{ client, clock, stallMs, beatMs },
          onStall: (silentMs) => stalled(mine, silentMs),
          onBroken: () => child.kill('SIGKILL'),
        });
        change({ status: 'ready', info, problem: null });
        later(WELL_MS, () => {
          lastDeath = null;
          if (state.restarts > 0) change({ restarts: 0 });
        });
        settle((waiter) => waiter.resolve(mine));
      },
      (failure: unknown) => {
        // One that dies tells why by itself; what it refuses, it will refuse again.
        if (life !== mine || (failure instanceof AppError && failure.code === 'disconnected')) return;
        mine.end();
        fail(failure instanceof AppError ? failure : new AppError('internal', String(failure)));
      },
    );
  }

  function lend(child: EngineChild, line: ByteLine): void {
    if (child.lend === undefined) line.close('this engine has lines of another kind');
    else child.lend(line);
  }

  function stalled(mine: Life, silentMs: number): void {
    mine.stalledMs = silentMs;
    const seconds = Math.round(silentMs / 1000);
    change({
      status: 'stalled',
      problem: `The engine has not answered for ${seconds} seconds and is being ended.`,
    });
    mine.child.kill('SIGTERM');
    const callOffKill = clock.after(GRACE_MS, () => mine.child.kill('SIGKILL'));
    void mine.death.then(callOffKill);
  }

  function died(death: EngineDeath): void {
    const isMemoryAgain = death.code === 'out-of-memory' && lastDeath?.code === 'out-of-memory';
    life = null;
    lastDeath = death;
    const backOffMs = BACK_OFF_MS[state.restarts];
    if (backOffMs === undefined || isMemoryAgain) {
      const again = isMemoryAgain ? 'twice' : `${BACK_OFF_MS.length + 1} times`;
      const advice =
        death.code === 'out-of-memory'
          ? 'choose smaller grids and batches, then restart it'
          : 'restart it, or choose another backend';
      fail(new AppError(death.code, `${death.what}, ${again} in a row: ${advice}.`));
      return;
    }
    change({
      status: 'restarting',
      restarts: state.restarts + 1,
      problem: `${death.what}; it is being started again.`,
    });
    later(backOffMs, begin);
  }

  function fail(failure: AppError): void {
    callOff();
    life = null;
    change({ status: 'failed', problem: failure.message });
    settle((waiter) => waiter.reject(failure));
  }

  function settle(how: (waiter: Waiter) => void): void {
    const waiting = waiters;
    waiters = [];
    for (const waiter of waiting) how(waiter);
  }

  function ready(signal?: AbortSignal): Promise<Life> {
    if (isClosed) return Promise.reject(new AppError('disconnected', 'The engine was ended.'));
    if (state.status === 'failed') {
      return Promise.reject(
        new AppError(lastDeath?.code ?? 'disconnected', state.problem ?? 'The engine failed.'),
      );
    }
    if (state.status === 'ready' && life !== null) return Promise.resolve(life);
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      waiters.push(waiter);
      signal?.addEventListener('abort', () => {
        waiters = waiters.filter((other) => other !== waiter);
        reject(new AppError('cancelled', 'This was cancelled while the engine was starting.'));
      });
    });
  }

  /** Of what lost its connection, or its processor; null where it does not come. */
  function deathOfLife(mine: Life): Promise<EngineDeath | null> {
    return new Promise((resolve) => {
      const callOffWaiting = clock.after(DEATH_MS, () => resolve(null));
      void mine.death.then((death) => {
        callOffWaiting();
        resolve(death);
      });
    });
  }

  /** Leaves the present one to its end. */
  async function leave(): Promise<void> {
    callOff();
    const left = life;
    life = null;
    left?.end();
    await left?.death;
  }

  begin();
  return {
    async call(method, params, callOptions) {
      const mine = await ready(callOptions?.signal);
      try {
        return await mine.client.call(method, params, callOptions);
      } catch (failure) {
        if (!(failure instanceof AppError) || failure.code !== 'disconnected') throw failure;
        const death = await deathOfLife(mine);
        // It lives, and what it computes on was lost to this call alone.
        if (death === null) throw failure;
        if (mine.isUnwanted)
          throw new AppError('disconnected', 'The engine was ended, so this was not done.');
        throw new AppError(death.code, sentenceOf(death), { cause: failure });
      }
    },
    state: () => state,
    onState: (listener) => void listeners.push(listener),
    onNotice: (listener) => void noticeListeners.push(listener),
    lendGraphics(line) {
      if (life === null || life.isUnwanted) lines.add(line);
      else lend(life.child, line);
    },
    async restart(next) {
      settings = next;
      const left = leave();
      lastDeath = null;
      change({ status: 'starting', restarts: 0, problem: null });
      await left;
      if (!isClosed && life === null) begin();
      await ready().catch(() => undefined);
      return state;
    },
    async close() {
      isClosed = true;
      lines.close('the engine was ended');
      settle((waiter) => waiter.reject(new AppError('disconnected', 'The engine was ended.')));
      await leave();
    },
  };
}
