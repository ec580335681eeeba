/** What the jobs look like from outside of the window: on the taskbar, as a notice, and whether the machine may sleep. */
import type { ProgressBarOptions } from 'electron';
import type { Job } from '#contract/shapes/jobs.ts';

export interface TaskbarSign {
  /** As Electron has it: 0 to 1, above 1 where it is not known, below 0 for none. */
  readonly value: number;
  readonly mode: ProgressBarOptions['mode'];
}

/** Nobody waits at a window for less. */
export const LONG_JOB_MS = 60_000;

const runs = new Set<Job['state']>(['running', 'pausing', 'stopping']);
const trains = new Set<Job['kind']>(['training', 'refinement', 'repair']);
export const noSign: TaskbarSign = { value: -1, mode: 'none' };

/** @param hasFailed whether a job has failed since the window was looked at last */
export function taskbarSign(jobs: readonly Job[], hasFailed: boolean): TaskbarSign {
  // The heavy one is the one that takes long, and it began first or is alone.
  const running = jobs.filter(({ state }) => runs.has(state)).sort(byStart)[0];
  if (running === undefined) return hasFailed ? { value: 1, mode: 'error' } : noSign;
  const { done, total } = running;
  if (total === null || total === 0) return { value: 2, mode: 'indeterminate' };
  return { value: Math.min(done / total, 1), mode: hasFailed ? 'error' : 'normal' };
}

function byStart(a: Job, b: Job): number {
  return (a.startedMs ?? a.createdMs) - (b.startedMs ?? b.createdMs);
}

/** Whether something trains that a sleep of the machine would stop. */
export function keepsAwake(jobs: readonly Job[], staysAwake: boolean): boolean {
  return staysAwake && jobs.some(({ kind, state }) => trains.has(kind) && runs.has(state));
}

export interface EndNotice {
  readonly title: string;
  readonly body: string;
}

/** What is said when a long job has ended by itself; null for what the user ended, and for short ones. */
export function endNotice(before: Job | undefined, job: Job): EndNotice | null {
  const hasEnded = before !== undefined && runs.has(before.state) && !runs.has(job.state);
  if (!hasEnded || job.startedMs === null || job.endedMs === null) return null;
  if (job.endedMs - job.startedMs < LONG_JOB_MS) return null;
  if (job.state === 'done') return { title: `${job.title}: done`, body: madeWords(job) };
  if (job.state === 'failed')
    return { title: `${job.title}: failed`, body: job.message ?? 'Open Morphogen to see why.' };
  return null;
}

function madeWords({ done, unit, styleCount, modelId }: Job): string {
  if (styleCount > 0) return styleCount === 1 ? 'One style was made.' : `${styleCount} styles were made.`;
  if (modelId !== null) return 'The model is in the gallery.';
  return done > 0 ? `${done} ${unit}.` : 'It is in the gallery.';
}
