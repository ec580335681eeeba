/** Where a job is when its runner has ended, by how it ended and what it was asked meanwhile. */
import { AppError } from '#domain/errors.ts';
import type { JobState } from '#contract/shapes/jobs.ts';
import type { JobOutcome, StopReason } from './job-runner.ts';

export type JobEnding = { readonly outcome: JobOutcome } | { readonly failure: unknown };

export interface Landing {
  readonly state: JobState;
  /** Undefined leaves what the runner said. */
  readonly message?: string | null;
}

export const interruptedByEnd =
  'Morphogen ended while this was running: resume it to go on from where it was kept.';
export const tryingAgain = 'The engine stopped unexpectedly: this goes on from where it was last kept.';
const diedAgain =
  'The engine stopped unexpectedly twice: resume it to try again, or choose something smaller if memory is short.';
const mistake =
  'This ended by a mistake in Morphogen; what it had done before is kept: resume it to try again.';

/** @param isSecondTry whether it began again by itself already, after the engine's death */
export function landingOf(reason: StopReason | null, ending: JobEnding, isSecondTry: boolean): Landing {
  if (reason === 'cancel') return { state: 'cancelled', message: null };
  if ('outcome' in ending) {
    if (ending.outcome === 'finished') return { state: 'done' };
    return asAsked(reason) ?? { state: 'failed', message: mistake };
  }
  const { failure } = ending;
  if (reason === 'close') return { state: 'interrupted', message: interruptedByEnd };
  if (!(failure instanceof AppError) || failure.code === 'internal') {
    return { state: 'failed', message: mistake };
  }
  switch (failure.code) {
    case 'cancelled':
      return asAsked(reason) ?? { state: 'failed', message: failure.message };
    case 'disconnected':
      if (reason === 'pause') return { state: 'paused', message: null };
      if (isSecondTry || reason === 'stop') return { state: 'interrupted', message: diedAgain };
      return { state: 'queued', message: tryingAgain };
    case 'disk-full':
      return {
        state: 'paused',
        message: `${failure.message} What was done before is kept: resume when there is room.`,
      };
    default:
      return { state: 'failed', message: failure.message };
  }
}

function asAsked(reason: StopReason | null): Landing | undefined {
  switch (reason) {
    case 'pause':
      return { state: 'paused' };
    case 'stop':
      return { state: 'stopped' };
    case 'close':
      return { state: 'interrupted', message: interruptedByEnd };
    case 'cancel':
    case null:
      return undefined;
    default:
      return reason satisfies never;
  }
}
