/** Why an engine process ended, in a sentence for those who waited for it. */
import type { ErrorCode } from '#domain/errors.ts';
import type { EngineExit } from './engine-child.ts';

export interface EngineDeath {
  readonly code: Extract<ErrorCode, 'disconnected' | 'out-of-memory'>;
  /** What happened; who reads it adds what comes next. */
  readonly what: string;
}

const MEMORY_WORDS = /out of memory|Allocation failed|std::bad_alloc/i;

/** @param stalledMs how long it had not answered when it was ended for it; null where it ended by itself */
export function deathOf(exit: EngineExit, stalledMs: number | null): EngineDeath {
  const { code, signal, lastWords, hadOomKills } = exit;
  if (stalledMs !== null) {
    const seconds = Math.round(stalledMs / 1000);
    return { code: 'disconnected', what: `The engine did not answer for ${seconds} seconds and was ended` };
  }
  const isKilledForMemory = signal === 'SIGKILL' && hadOomKills;
  const isAborted = signal !== null || code !== 0;
  if (isKilledForMemory || (isAborted && MEMORY_WORDS.test(lastWords))) {
    return { code: 'out-of-memory', what: 'The engine ran out of memory and ended' };
  }
  const how = signal === null ? `with code ${code ?? 'unknown'}` : `by ${signal}`;
  return { code: 'disconnected', what: `The engine ended unexpectedly (${how})` };
}

/** For a call that was lost with it. */
export function sentenceOf({ code, what }: EngineDeath): string {
  return code === 'out-of-memory'
    ? `${what}: choose a smaller grid, batch or preset, or close other programs.`
    : `${what}, so this was not done: try again.`;
}
