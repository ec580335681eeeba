/** An engine process as its supervisor sees it, and the one that Node's fork makes; a desktop begins it in its own way. */
import { fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type { Port } from '#contract/port.ts';
import { lendingPort, type ByteLine } from '../graphics/graphics-lines.ts';
import { processPort } from '../process-port.ts';
import { countOomKills } from './oom-kills.ts';

export interface EngineExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The end of what it wrote on stderr. */
  readonly lastWords: string;
  /** Whether the system killed processes for want of memory while it ran. */
  readonly hadOomKills: boolean;
}

export interface EngineChild {
  readonly pid: number | undefined;
  readonly port: Port;
  /** Takes a page's line to it; left out where lines get there in another way. */
  readonly lend?: (line: ByteLine) => void;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Once, also where it could not begin. */
  onExit(listener: (exit: EngineExit) => void): void;
}

export interface ChildOptions {
  /** Behind everything that people wait for. */
  readonly isBackground?: boolean;
  /** For tests: another program. */
  readonly entry?: string;
  /** Arguments for it. */
  readonly args?: readonly string[];
  /** For Node. Those of this process are not handed on: they may be a test's or a debugger's. */
  readonly nodeFlags?: readonly string[];
  /** What it writes on stderr; this process's own if left out. */
  readonly onWords?: (words: string) => void;
}

export const engineEntry = fileURLToPath(new URL('../process/main.ts', import.meta.url));
/** Characters of stderr that are kept. */
export const lastWordsLength = 4096;

export function spawnChildEngine(options: ChildOptions = {}): EngineChild {
  const { isBackground = false, entry = engineEntry, args = [], nodeFlags = [] } = options;
  const { onWords = (words: string): void => void process.stderr.write(words) } = options;
  const killsBefore = countOomKills();
  const child = fork(entry, args, {
    serialization: 'advanced',
    execArgv: [...nodeFlags],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  if (isBackground) giveWay(child.pid);
  let lastWords = '';
  child.stderr?.setEncoding('utf8').on('data', (words: string) => {
    lastWords = (lastWords + words).slice(-lastWordsLength);
    onWords(words);
  });
  let listener: ((exit: EngineExit) => void) | undefined;
  let exit: EngineExit | undefined;
  const ended = (code: number | null, signal: string | null): void => {
    if (exit !== undefined) return;
    exit = { code, signal, lastWords, hadOomKills: countOomKills() > killsBefore };
    listener?.(exit);
  };
  child.on('error', (failure) => {
    lastWords += failure.message;
    // A message that could not be sent is an error, too, and no end.
    if (child.pid === undefined) ended(null, null);
  });
  // After its last words. (`close` does not come where it was this end that closed the channel.)
  child.on('exit', (code, signal) => {
    if (child.stderr === null || child.stderr.closed) ended(code, signal);
    else child.stderr.once('close', () => ended(code, signal));
  });
  return {
    pid: child.pid,
    ...lendingPort(processPort(child, 'it ended')),
    kill: (signal) => void child.kill(signal),
    onExit(heard) {
      if (exit === undefined) listener = heard;
      else heard(exit);
    },
  };
}

/** Puts a process behind everything that people wait for. */
export function giveWay(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It may have ended already, or the system refuses: then it is as important as others.
  }
}
