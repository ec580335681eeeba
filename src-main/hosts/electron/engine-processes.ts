/**
 * Engine processes as Electron's utility processes, supervised like those that Node's fork makes; and the ends of the lines
 * by which the engine that people look at sends frames to their windows, without this process between.
 */
import process from 'node:process';
import { MessageChannelMain, utilityProcess, type MessagePortMain, type UtilityProcess } from 'electron';
import type { Port } from '#contract/port.ts';
import {
  giveWay,
  lastWordsLength,
  type EngineChild,
  type EngineExit,
} from '#hosts/engine/supervision/engine-child.ts';
import { countOomKills } from '#hosts/engine/supervision/oom-kills.ts';

export interface EngineProcesses {
  readonly spawn: (kind: 'live' | 'heavy') => EngineChild;
  /**
   * Gives the live engine, and each that takes its place, a line of this name.
   * @param deliver gets the other end, for the window
   * @returns what ends it
   */
  addLine(name: string, deliver: (end: MessagePortMain) => void): () => void;
  /**
   * Gives every engine, and each that takes its place, a port of its own to a page that has a graphics processor.
   * @returns what ends it; the ports that were given end with the page
   */
  lendGraphics(lender: GraphicsLender): () => void;
  /** Tells every engine, and each that takes its place, why there is no such page; null: nobody misses one. */
  lackGraphics(why: string | null): void;
}

/** A page, which computes for each engine by itself. */
export interface GraphicsLender {
  /** @param engine one process's life, by a number that no other has */
  take(engine: number, end: MessagePortMain): void;
  /** It has ended. */
  drop(engine: number): void;
}

type Deliver = (end: MessagePortMain) => void;

/** @param entry what they run */
export function createEngineProcesses(entry: string): EngineProcesses {
  const lines = new Map<string, Deliver>();
  const engines = new Map<number, UtilityProcess>();
  let count = 0;
  let live: UtilityProcess | null = null;
  let lender: GraphicsLender | null = null;
  let absence: string | null = null;

  /** @param what as hosts/engine/process/utility-port.ts knows it */
  function connect(engine: UtilityProcess, what: object, deliver: Deliver): void {
    const { port1, port2 } = new MessageChannelMain();
    engine.postMessage(what, [port1]);
    deliver(port2);
  }
  function lend(engine: UtilityProcess, id: number, page: GraphicsLender): void {
    connect(engine, { graphics: true }, (end) => page.take(id, end));
  }

  return {
    spawn(kind) {
      const engine = utilityProcess.fork(entry, [], {
        serviceName: `Morphogen ${kind === 'live' ? 'engine' : 'jobs'}`,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      if (kind === 'live') {
        live = engine;
        for (const [name, deliver] of lines) connect(engine, { line: name }, deliver);
      } else engine.once('spawn', () => giveWay(engine.pid));
      const id = (count += 1);
      engines.set(id, engine);
      if (lender !== null) lend(engine, id, lender);
      else if (absence !== null) engine.postMessage({ graphics: false, why: absence });
      engine.once('exit', () => {
        engines.delete(id);
        lender?.drop(id);
        if (live === engine) live = null;
      });
      return supervisable(engine);
    },
    addLine(name, deliver) {
      lines.set(name, deliver);
      if (live !== null) connect(live, { line: name }, deliver);
      return () => void lines.delete(name);
    },
    lendGraphics(page) {
      lender = page;
      absence = null;
      for (const [id, engine] of engines) lend(engine, id, page);
      return () => {
        if (lender === page) lender = null;
      };
    },
    lackGraphics(why) {
      absence = why;
      for (const engine of engines.values()) engine.postMessage({ graphics: false, why });
    },
  };
}

function supervisable(engine: UtilityProcess): EngineChild {
  const killsBefore = countOomKills();
  let lastWords = '';
  engine.stderr?.on('data', (chunk: Buffer) => {
    const words = chunk.toString();
    lastWords = (lastWords + words).slice(-lastWordsLength);
    process.stderr.write(words);
  });
  // V8's own end, such as a full heap.
  engine.on('error', (type, location) => (lastWords += `${type} at ${location}`));
  let exit: EngineExit | undefined;
  let heard: ((exit: EngineExit) => void) | undefined;
  engine.once('exit', (code) => {
    exit = { ...endOf(code), lastWords, hadOomKills: countOomKills() > killsBefore };
    heard?.(exit);
  });
  return {
    get pid() {
      return engine.pid;
    },
    port: enginePort(engine),
    kill(signal) {
      // Electron's own asks it to end; one that hangs does not hear.
      if (signal === 'SIGTERM') engine.kill();
      else if (engine.pid !== undefined) killNow(engine.pid);
    },
    onExit(listener) {
      if (exit === undefined) heard = listener;
      else listener(exit);
    },
  };
}

function enginePort(engine: UtilityProcess): Port {
  let isOpen = true;
  const closeListeners: ((reason: string) => void)[] = [];
  engine.once('exit', () => {
    isOpen = false;
    for (const listener of closeListeners) listener('it ended');
  });
  return {
    post: (message) => {
      if (isOpen) engine.postMessage(message);
    },
    onMessage: (listener) => void engine.on('message', listener),
    onClose: (listener) => {
      if (isOpen) closeListeners.push(listener);
      else listener('it ended');
    },
    close: () => void engine.kill(),
  };
}

/** Electron tells a signal as the system's own number of how a process ended, or as a shell does. */
function endOf(code: number): Pick<EngineExit, 'code' | 'signal'> {
  const isKilled = process.platform !== 'win32' && (code === 9 || code === 128 + 9);
  return isKilled ? { code: null, signal: 'SIGKILL' } : { code, signal: null };
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}
