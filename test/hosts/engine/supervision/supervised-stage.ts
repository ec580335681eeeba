/** Engines that do as a test says, under a supervisor whose time passes when the test lets it. */
import { setImmediate as immediately } from 'node:timers/promises';
import { engineContract, type EngineContract } from '#contract/engine-contract.ts';
import { serve, type Handlers, type Server } from '#contract/rpc.ts';
import type { EngineInfo, EngineState } from '#contract/shapes/engine-state.ts';
import type { ByteLine } from '#hosts/engine/graphics/graphics-lines.ts';
import type { EngineChild, EngineExit } from '#hosts/engine/supervision/engine-child.ts';
import { superviseEngine, type SupervisedEngine } from '#hosts/engine/supervision/supervise-engine.ts';
import type { SupervisionClock } from '#hosts/engine/supervision/supervision-clock.ts';
import { createPortPair } from '#test/contract/port-pair.ts';

export interface PlayedClock extends SupervisionClock {
  /** Lets time pass, timers fire in their order, and everyone react. */
  pass(ms: number): Promise<void>;
  /** Time passes without a timer that fires: the machine sleeps. */
  sleep(ms: number): void;
  readonly pending: number;
}

export function createPlayedClock(): PlayedClock {
  let nowMs = 0;
  let timers: { readonly dueMs: number; readonly action: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    after(ms, action) {
      const timer = { dueMs: nowMs + ms, action };
      timers.push(timer);
      return () => void (timers = timers.filter((other) => other !== timer));
    },
    async pass(ms) {
      const endMs = nowMs + ms;
      await react();
      for (;;) {
        const next = timers.toSorted((a, b) => a.dueMs - b.dueMs)[0];
        if (next === undefined || next.dueMs > endMs) break;
        timers = timers.filter((other) => other !== next);
        nowMs = Math.max(nowMs, next.dueMs);
        next.action();
        await react();
      }
      nowMs = Math.max(nowMs, endMs);
      await react();
    },
    sleep: (ms) => void (nowMs += ms),
    get pending() {
      return timers.length;
    },
  };
}

/** Messages over a port, and what follows from them. */
export async function react(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await immediately();
}

export interface PlayedEngine extends EngineChild {
  readonly kills: string[];
  /** Lines that it got. */
  readonly lent: ByteLine[];
  readonly server: Server<EngineContract>;
  die(exit?: Partial<EngineExit>): void;
}

export interface Behaviour {
  /** Answers nothing any more. */
  isHanging?: boolean;
  /** Answers, but never opens. */
  isOpening?: boolean;
  /** Thrown by engine.open. */
  refusal?: Error;
  /** Thrown by files.inspect, which else never answers. */
  loss?: Error;
  /** Thrown by engine.ping. */
  ailment?: Error;
  /** Signals that end it. */
  readonly obeys?: readonly string[];
}

/** @param behave what an engine does, changed at any time */
export function createPlayedEngine(behave: Behaviour): PlayedEngine {
  const { left, right } = createPortPair();
  const kills: string[] = [];
  const lent: ByteLine[] = [];
  let heard: ((exit: EngineExit) => void) | undefined;
  let isOver = false;
  const never = new Promise<never>(() => undefined);
  const refuse = (): never => {
    throw new Error('not played');
  };
  const others = Object.fromEntries(Object.keys(engineContract.methods).map((method) => [method, refuse]));
  const server = serve(engineContract, right, {
    ...(others as unknown as Handlers<EngineContract>),
    'engine.open'(): EngineInfo | Promise<never> {
      if (behave.isHanging === true || behave.isOpening === true) return never;
      if (behave.refusal !== undefined) throw behave.refusal;
      return { backend: 'wasm', threads: 2, description: 'played', device: 'none' };
    },
    'engine.ping'() {
      if (behave.isHanging === true) return never;
      if (behave.ailment !== undefined) throw behave.ailment;
      return { residentBytes: 1 };
    },
    'files.inspect'() {
      if (behave.loss !== undefined) throw behave.loss;
      return never;
    },
  });
  function die(exit: Partial<EngineExit> = {}): void {
    if (isOver) return;
    isOver = true;
    right.close();
    heard?.({ code: 1, signal: null, lastWords: '', hadOomKills: false, ...exit });
  }
  // As the process does: it ends with its channel, unless it hangs.
  right.onClose(() => {
    if (behave.isHanging !== true) die({ code: 0 });
  });
  return {
    pid: undefined,
    port: left,
    ...{ kills, lent, server },
    lend: (line) => void lent.push(line),
    kill(signal) {
      kills.push(signal);
      if ((behave.obeys ?? ['SIGTERM', 'SIGKILL']).includes(signal)) die({ code: null, signal });
    },
    onExit: (listener) => void (heard = listener),
    die,
  };
}

export interface SupervisedStage {
  readonly engine: SupervisedEngine;
  readonly clock: PlayedClock;
  /** Of all processes so far. */
  readonly children: PlayedEngine[];
  readonly states: EngineState[];
  readonly behave: Behaviour;
  last(): PlayedEngine;
}

export async function superviseOnStage(
  behave: Behaviour = {},
  options: { readonly stallMs?: number } = {},
): Promise<SupervisedStage> {
  const clock = createPlayedClock();
  const children: PlayedEngine[] = [];
  const states: EngineState[] = [];
  const engine = superviseEngine({
    ...{ clock, ...options },
    settings: { backend: 'auto', threads: null },
    spawn() {
      const child = createPlayedEngine(behave);
      children.push(child);
      return child;
    },
  });
  engine.onState((state) => states.push(state));
  await react();
  const last = (): PlayedEngine => children[children.length - 1];
  return { engine, clock, children, states, behave, last };
}
