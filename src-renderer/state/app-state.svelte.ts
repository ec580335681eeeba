/** What every screen needs: settings, engine, jobs, how much the library holds, and whether anybody answers. */
import type { AppContract } from '#contract/app-contract.ts';
import type { Result } from '#contract/contract.ts';
import type { Job } from '#contract/shapes/jobs.ts';
import type { SettingsPatch } from '#contract/settings.ts';
import { client } from '../lib/client.ts';
import type { ConnectionState } from '../lib/connection.ts';
import { attempt, failureMessage } from './attempt.ts';
import { router } from './router.svelte.ts';
import { toasts } from './toasts.svelte.ts';

type Snapshot = Result<AppContract, 'app.snapshot'>;

class AppState {
  connection: ConnectionState = $state('connecting');
  /** Why the application, which runs, refuses this page. */
  refusal: string | null = $state(null);
  /** Grows by one with every connection; what lives on the server's side of one is opened again when it changes. */
  connectionCount = $state(0);
  /** Null until the application answered once. */
  snapshot: Snapshot | null = $state.raw(null);
  /** Why there is no snapshot, if the application answers but cannot give one. */
  problem: string | null = $state(null);

  settings = $derived(this.snapshot?.settings ?? null);
  engine = $derived(this.snapshot?.engine ?? null);
  library = $derived(this.snapshot?.library ?? null);
  /** Newest first. */
  jobs: readonly Job[] = $derived(
    [...(this.snapshot?.jobs ?? [])].sort((a, b) => b.createdMs - a.createdMs || (a.id < b.id ? 1 : -1)),
  );
  readonly #systemReducesMotion = matchMedia('(prefers-reduced-motion: reduce)');
  #isMotionReducedBySystem = $state(this.#systemReducesMotion.matches);
  /** By the setting, or by the system's. */
  reducesMotion = $derived(
    this.settings?.reducedMotion === 'on' ||
      (this.settings?.reducedMotion !== 'off' && this.#isMotionReducedBySystem),
  );
  #hasShownNotices = false;
  readonly #jobListeners = new Set<(job: Job, before: Job | null) => void>();

  start(): void {
    router.start();
    this.#systemReducesMotion.addEventListener('change', ({ matches }) => {
      this.#isMotionReducedBySystem = matches;
    });
    client.onState((state) => {
      this.connection = state;
      this.refusal = client.refusal;
      if (state === 'open') void this.#refresh();
    });
    client.on('engine.state', (engine) => this.#merge({ engine }));
    client.on('library.changed', (library) => this.#merge({ library }));
    client.on('settings.changed', (settings) => this.#merge({ settings }));
    client.on('jobs.changed', (job) => {
      const before = this.job(job.id);
      const others = this.snapshot?.jobs.filter(({ id }) => id !== job.id) ?? [];
      this.#merge({ jobs: [...others, job] });
      for (const listener of this.#jobListeners) listener(job, before);
    });
    client.on('jobs.removed', ({ jobId }) =>
      this.#merge({ jobs: this.snapshot?.jobs.filter(({ id }) => id !== jobId) ?? [] }),
    );
    client.on('app.notice', ({ message }) => toasts.show(message));
    client.start();
  }

  job(jobId: string): Job | null {
    return this.jobs.find(({ id }) => id === jobId) ?? null;
  }

  /** Of every change of a job from now on; `before` is null for a new one. */
  onJob(listener: (job: Job, before: Job | null) => void): () => void {
    this.#jobListeners.add(listener);
    return () => this.#jobListeners.delete(listener);
  }

  async changeSettings(patch: SettingsPatch): Promise<void> {
    const settings = await attempt(() => client.call('settings.set', patch));
    if (settings !== undefined) this.#merge({ settings });
  }

  /** Shows how much there is at once, without waiting for the event. */
  setLibrary(library: Snapshot['library']): void {
    this.#merge({ library });
  }

  async #refresh(): Promise<void> {
    try {
      this.snapshot = await client.call('app.snapshot', {});
    } catch (failure) {
      this.problem = failureMessage(failure);
      return;
    }
    this.problem = null;
    this.connectionCount += 1;
    if (this.#hasShownNotices) return;
    this.#hasShownNotices = true;
    for (const notice of this.snapshot.notices) toasts.show(notice);
  }

  #merge(change: Partial<Snapshot>): void {
    if (this.snapshot !== null) this.snapshot = { ...this.snapshot, ...change };
  }
}

export const app = new AppState();
