/** What is said of a job, and what can be done with it in each of its states. */
import type { Job, JobState } from '#contract/shapes/jobs.ts';
import { countWords, durationWords } from './words.ts';

export type JobAction = 'pause' | 'resume' | 'stop' | 'cancel' | 'dismiss';

export function isActive(state: JobState): boolean {
  return ['queued', 'running', 'pausing', 'stopping'].includes(state);
}

/** Ended, for good or until it is resumed. */
export function isOver(state: JobState): boolean {
  return ['done', 'stopped', 'cancelled', 'failed'].includes(state);
}

export function jobActions(job: Job): JobAction[] {
  const canStop = !['import', 'export'].includes(job.kind);
  switch (job.state) {
    case 'queued':
      return ['pause', 'cancel'];
    case 'running':
      return canStop ? ['pause', 'stop', 'cancel'] : ['pause', 'cancel'];
    case 'pausing':
    case 'stopping':
      return ['cancel'];
    case 'paused':
    case 'interrupted':
      return canStop ? ['resume', 'stop', 'cancel'] : ['resume', 'cancel'];
    case 'done':
    case 'cancelled':
      return ['dismiss'];
    case 'stopped':
    case 'failed':
      return job.canResume ? ['resume', 'dismiss'] : ['dismiss'];
    default:
      return job.state satisfies never;
  }
}

/** 0…1; null while it is not known. */
export function jobShare(job: Job): number | null {
  if (job.state === 'done') return 1;
  return job.total === null || job.total === 0 ? null : job.done / job.total;
}

/** "120 of 2,000 iterations · 3 min left", "Paused at 120 of 2,000 iterations". */
export function jobStatus(job: Job): string {
  const amount =
    job.total === null
      ? job.done > 0
        ? `${countWords(job.done)} ${job.unit}`
        : ''
      : `${countWords(job.done)} of ${countWords(job.total)} ${job.unit}`;
  const at = amount === '' ? '' : ` at ${amount}`;
  switch (job.state) {
    case 'queued':
      return 'Waiting for its turn';
    case 'running':
      return [
        amount === '' ? job.phase || 'Starting' : amount,
        job.etaSeconds === null ? '' : `${durationWords(job.etaSeconds)} left`,
      ]
        .filter((part) => part !== '')
        .join(' · ');
    case 'pausing':
      return 'Saving, then it pauses';
    case 'stopping':
      return 'Saving what there is';
    case 'paused':
      return `Paused${at}`;
    case 'interrupted':
      return `Interrupted${at}`;
    case 'done':
      return 'Done';
    case 'stopped':
      return `Stopped${at}; what there was is kept`;
    case 'cancelled':
      return 'Cancelled';
    case 'failed':
      return 'Failed';
    default:
      return job.state satisfies never;
  }
}
