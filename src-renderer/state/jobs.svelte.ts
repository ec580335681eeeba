/** What the user does with jobs, and what is told when one ends. */
import type { Job } from '#contract/shapes/jobs.ts';
import { client } from '../lib/client.ts';
import { app } from './app-state.svelte.ts';
import { attempt } from './attempt.ts';
import { isActive, type JobAction } from './job-words.ts';
import { repair } from './repair.svelte.ts';
import { router } from './router.svelte.ts';
import { toasts } from './toasts.svelte.ts';
import { plural } from './words.ts';

class Jobs {
  isPanelOpen = $state(false);
  active: readonly Job[] = $derived(app.jobs.filter(({ state }) => isActive(state)));
  waiting: readonly Job[] = $derived(
    app.jobs.filter(({ state }) => state === 'interrupted' || state === 'paused'),
  );

  async act(job: Job, action: JobAction): Promise<void> {
    const jobId = job.id;
    await attempt<unknown>(() => {
      switch (action) {
        case 'pause':
          return client.call('jobs.pause', { jobId });
        case 'resume':
          return client.call('jobs.resume', { jobId });
        case 'stop':
          return client.call('jobs.stop', { jobId });
        case 'cancel':
          return client.call('jobs.cancel', { jobId });
        case 'dismiss':
          return client.call('jobs.dismiss', { jobId });
        default:
          return action satisfies never;
      }
    });
  }

  /** Once, at the start: what the last end of the program interrupted may go on. */
  offerResuming(): void {
    const interrupted = app.jobs.filter(({ state }) => state === 'interrupted');
    const [first] = interrupted;
    if (first === undefined) return;
    if (interrupted.length === 1)
      toasts.show(`“${first.title}” was interrupted when Morphogen ended.`, {
        action: { label: 'Resume', run: () => void this.act(first, 'resume') },
        topic: first.id,
      });
    else
      toasts.show(`${plural(interrupted.length, 'job')} were interrupted when Morphogen ended.`, {
        action: { label: 'Show', run: () => (this.isPanelOpen = true) },
      });
  }

  /** Tells of jobs that end from now on. */
  watch(): () => void {
    return app.onJob((job, before) => {
      if (before === null) this.#tellStart(job);
      if (before === null || before.state === job.state) return;
      if (job.state === 'done') this.#tellEnd(job);
      if (job.state === 'failed')
        toasts.show(job.message ?? `${job.title} failed.`, {
          kind: 'bad',
          topic: job.id,
          action: { label: 'Show', run: () => (this.isPanelOpen = true) },
        });
    });
  }

  /** Where its result is. */
  show(job: Job): void {
    if (job.kind === 'training') router.train(job.id);
    else if (job.repairId !== null) void this.#showRepair(job.repairId);
    else if (job.styleIds.length === 1) router.grow(...job.styleIds);
    else router.gallery();
  }

  async #showRepair(repairId: string): Promise<void> {
    router.repair();
    if (!(await repair.openKept(repairId)))
      toasts.show('This photo is not here any more: open it again.', { kind: 'bad' });
  }

  #tellStart(job: Job): void {
    toasts.show(`${job.title}: started`, {
      topic: job.id,
      action: { label: 'Activity', run: () => (this.isPanelOpen = true) },
    });
  }

  #tellEnd(job: Job): void {
    const made = job.styleCount > 0 ? `: ${plural(job.styleCount, 'style')}` : '';
    const action = job.kind === 'export' ? null : { label: 'Show', run: () => this.show(job) };
    toasts.show(`${job.title}${made}, done`, { kind: 'good', action, topic: job.id });
  }
}

export const jobs = new Jobs();
