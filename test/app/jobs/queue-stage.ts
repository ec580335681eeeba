/** A queue over a store in memory, with runners that do what the test says, and a clock that stands still. */
import type { JobRecord } from '#contract/library-store.ts';
import type { Job } from '#contract/shapes/jobs.ts';
import { createJobLedger } from '#app/jobs/job-ledger.ts';
import { createJobQueue, type JobQueue } from '#app/jobs/job-queue.ts';
import type { JobContext, JobOutcome, JobRunner } from '#app/jobs/job-runner.ts';
import { createManualTime, type ManualTime } from '../manual-time.ts';

export interface Runner {
  readonly jobId: string;
  readonly context: JobContext;
  end(outcome: JobOutcome): Promise<void>;
  fail(failure: Error): Promise<void>;
}

export interface QueueStage {
  readonly queue: JobQueue;
  readonly time: ManualTime;
  /** As on the disk. */
  readonly stored: Map<string, JobRecord>;
  readonly running: Map<string, Runner>;
  readonly told: Job[];
  readonly removed: string[];
  readonly discarded: { jobId: string; what: string }[];
  readonly bugs: unknown[];
  /** Writes of the store; throwing ones are played by `fault`. */
  writes: number;
  fault: (() => void) | null;
  add(kind?: 'training' | 'export'): Job;
  /** The program is killed, and started again. */
  restart(): QueueStage;
}

/** Lets everything that waits for nothing but promises go on. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

export function createQueueStage(stored = new Map<string, JobRecord>(), ids = { next: 1 }): QueueStage {
  const time = createManualTime();
  const running = new Map<string, Runner>();
  const told: Job[] = [];
  const removed: string[] = [];
  const discarded: { jobId: string; what: string }[] = [];
  const bugs: unknown[] = [];
  let isDead = false;

  const runner = (kind: 'training' | 'export'): JobRunner => ({
    kind,
    isHeavy: () => kind === 'training',
    run: (job, context) =>
      new Promise((resolve, reject) => {
        const ended = async (action: () => void): Promise<void> => {
          running.delete(job.id);
          action();
          await settle();
        };
        running.set(job.id, {
          ...{ jobId: job.id, context },
          end: (outcome) => ended(() => resolve(outcome)),
          fail: (failure) => ended(() => reject(failure)),
        });
      }),
    discard: (job, what) => {
      discarded.push({ jobId: job.id, what });
      return Promise.resolve();
    },
  });

  const write = (action: () => void): void => {
    if (isDead) return;
    stage.fault?.();
    stage.writes++;
    action();
  };
  const ledger = createJobLedger({
    clock: time.clock,
    timers: time.timers,
    onBug: (bug) => bugs.push(bug),
    emit(event, payload) {
      if (event === 'jobs.changed') told.push(payload as Job);
      if (event === 'jobs.removed') removed.push((payload as { jobId: string }).jobId);
    },
    store: {
      jobs: () => [...stored.values()],
      addJob: (job) => write(() => stored.set(job.id, structuredClone(job))),
      updateJob: (id, change) =>
        write(() => stored.set(id, { ...stored.get(id)!, ...structuredClone(change) })),
      removeJob: (id) => write(() => stored.delete(id)),
    },
  });
  const queue = createJobQueue({
    ...{ ledger, clock: time.clock, runners: [runner('training'), runner('export')] },
    newId: () => `job-${ids.next++}`,
    onBug: (bug) => bugs.push(bug),
  });
  const stage: QueueStage = {
    ...{ queue, time, stored, running, told, removed, discarded, bugs, writes: 0, fault: null },
    add: (kind = 'training') =>
      queue.add({ kind, title: `A ${kind}`, unit: 'things', total: null, request: { wish: 1 } }),
    restart() {
      isDead = true;
      return createQueueStage(stored, ids);
    },
  };
  queue.start();
  return stage;
}
