/**
 * Work that takes long, in order: one heavy job at a time, and one light one beside it. Every change of state is in the
 * library before anybody hears of it, so that a program that was killed knows what it was doing. What it stands on (the
 * ledger, the runners) is handed in, and the interface says nothing of where it runs: a queue that others share can
 * take its place.
 */
import { AppError } from '#domain/errors.ts';
import type { JobRecord } from '#contract/library-store.ts';
import type { Job, JobKind } from '#contract/shapes/jobs.ts';
import type { Clock } from '../ports.ts';
import { interruptedByEnd, landingOf, tryingAgain, type JobEnding } from './job-landing.ts';
import type { JobLedger } from './job-ledger.ts';
import type { JobContext, JobRunner, StopReason } from './job-runner.ts';
import { isEnded, isResumable, newRecord, viewOf, type JobOrder } from './job-view.ts';

export interface JobQueue {
  /** Takes up what the library knows. What was running is `interrupted` now; what was queued begins. */
  start(): void;
  add(order: JobOrder): Job;
  list(): Job[];
  record(jobId: string): JobRecord;
  pause(jobId: string): Job;
  resume(jobId: string): Job;
  stop(jobId: string): Job;
  /** Answers when what it made is thrown away, or, while it runs, at once. */
  cancel(jobId: string): Promise<Job>;
  dismiss(jobId: string): Promise<void>;
  /** Before the machine sleeps: what runs is kept and waits its turn, and nothing begins. Fulfilled when all is kept. */
  sleep(): Promise<void>;
  /** Goes on with what `sleep` set aside. */
  wake(): void;
  /** Fulfilled when it is neither queued nor running. */
  settled(jobId: string): Promise<Job>;
  /** Ends what runs, in a state to go on from, and begins nothing more. */
  close(): Promise<void>;
}

export interface QueuePorts {
  readonly ledger: JobLedger;
  readonly runners: readonly JobRunner[];
  readonly clock: Clock;
  readonly newId: () => string;
  readonly onBug: (failure: unknown) => void;
}

interface Run {
  readonly isHeavy: boolean;
  reason: StopReason | null;
  /** Somebody wants it to go on after all. */
  isWantedAgain: boolean;
  /** The machine sleeps: it keeps its turn. */
  isSetAside: boolean;
  readonly signals: { readonly reasons: readonly StopReason[]; readonly controller: AbortController }[];
  over: Promise<void>;
}

/** A stronger reason takes the place of a weaker one. */
const strength: Readonly<Record<StopReason, number>> = { pause: 0, stop: 1, close: 2, cancel: 3 };

export function createJobQueue({ ledger, runners, clock, newId, onBug }: QueuePorts): JobQueue {
  /** Ids in the order in which they begin. */
  let waiting: string[] = [];
  const runs = new Map<string, Run>();
  /** Jobs to be run only to keep what they have. */
  const toBeKept = new Set<string>();
  const onSecondTry = new Set<string>();
  const watchers = new Map<string, ((job: Job) => void)[]>();
  let isClosed = false;
  let isAsleep = false;

  function runnerOf(kind: JobKind): JobRunner {
    const runner = runners.find((candidate) => candidate.kind === kind);
    if (runner === undefined) throw new Error(`no runner for ${kind}`);
    return runner;
  }

  function begin(): void {
    for (const id of [...waiting]) {
      if (isClosed || isAsleep) return;
      const record = ledger.get(id);
      const isHeavy = runnerOf(record.kind).isHeavy(record);
      if ([...runs.values()].some((run) => run.isHeavy === isHeavy)) continue;
      waiting = waiting.filter((other) => other !== id);
      const reason = toBeKept.delete(id) ? 'stop' : null;
      const run: Run = {
        ...{ isHeavy, reason, isWantedAgain: false, isSetAside: false },
        ...{ signals: [], over: Promise.resolve() },
      };
      runs.set(id, run);
      run.over = carryOut(id, run);
    }
  }

  async function carryOut(id: string, run: Run): Promise<void> {
    const { kind, startedMs } = ledger.get(id);
    const record = ledger.change(
      id,
      {
        ...{ state: run.reason === null ? 'running' : 'stopping', startedMs: startedMs ?? clock.nowMs() },
        ...{ endedMs: null, etaSeconds: null },
        // That its engine died stays told.
        ...(onSecondTry.has(id) ? {} : { message: null }),
      },
      'now',
    );
    const ending = await runnerOf(kind)
      .run(record, contextOf(id, run))
      .then(
        (outcome): JobEnding => ({ outcome }),
        (failure: unknown): JobEnding => {
          if (!(failure instanceof AppError)) onBug(failure);
          return { failure };
        },
      );
    await land(id, run, ending);
    runs.delete(id);
    tellWatchers(id);
    begin();
  }

  async function land(id: string, run: Run, ending: JobEnding): Promise<void> {
    const landing = landingOf(run.reason, ending, onSecondTry.has(id));
    const { state } = landing;
    // It did go on.
    if (state === 'done' && ledger.get(id).message === tryingAgain)
      ledger.change(id, { message: null }, 'soon');
    if (state === 'cancelled' || state === 'done') {
      await discard(ledger.get(id), state === 'cancelled' ? 'everything' : 'leftovers');
    }
    const isAgain = !isClosed && (state === 'queued' || (state === 'paused' && run.isWantedAgain));
    if (state === 'queued') onSecondTry.add(id);
    ledger.change(
      id,
      {
        state: isAgain ? 'queued' : state === 'queued' ? 'interrupted' : state,
        ...(landing.message === undefined ? {} : { message: landing.message }),
        ...(isEnded(state) ? { endedMs: clock.nowMs() } : {}),
        ...{ etaSeconds: null, phase: '' },
      },
      'now',
    );
    if (!isAgain) return;
    // After its engine's death it goes on where it was; somebody who paused it has given its turn away.
    if (state === 'queued' || run.isSetAside) waiting.unshift(id);
    else waiting.push(id);
  }

  function contextOf(id: string, run: Run): JobContext {
    return {
      stopReason: () => run.reason,
      until(...reasons) {
        const controller = new AbortController();
        if (run.reason !== null && reasons.includes(run.reason)) controller.abort();
        run.signals.push({ reasons, controller });
        return controller.signal;
      },
      report: (change) => void ledger.change(id, change, 'soon'),
      remember: (memory) => void ledger.change(id, { memory }, 'surely'),
    };
  }

  function ask(run: Run, reason: StopReason): void {
    if (run.reason !== null && strength[run.reason] >= strength[reason]) return;
    run.reason = reason;
    for (const { reasons, controller } of run.signals) if (reasons.includes(reason)) controller.abort();
  }

  /** What cannot be thrown away now is thrown away when the program starts next. */
  async function discard(record: JobRecord, what: 'everything' | 'leftovers'): Promise<void> {
    try {
      await runnerOf(record.kind).discard(record, what);
    } catch (failure) {
      if (!(failure instanceof AppError)) onBug(failure);
    }
  }

  function refuse(record: JobRecord, verb: string): never {
    throw new AppError(
      'bad-argument',
      `“${record.title}” is ${record.state}, so it cannot be ${verb}: choose another job.`,
    );
  }

  function enqueue(id: string): Job {
    waiting.push(id);
    const record = ledger.change(id, { state: 'queued', message: null, endedMs: null }, 'now');
    begin();
    return viewOf(record.state === 'queued' ? ledger.get(id) : record);
  }

  function tellWatchers(id: string): void {
    const { state } = ledger.get(id);
    if (runs.has(id) || waiting.includes(id) || state === 'queued') return;
    const told = watchers.get(id) ?? [];
    watchers.delete(id);
    for (const watcher of told) watcher(viewOf(ledger.get(id)));
  }

  function setAside(id: string, state: 'paused' | 'stopped'): Job {
    waiting = waiting.filter((other) => other !== id);
    const ended = state === 'stopped' ? { endedMs: clock.nowMs() } : {};
    ledger.change(id, { state, ...ended }, 'now');
    tellWatchers(id);
    return viewOf(ledger.get(id));
  }

  return {
    start() {
      isClosed = false;
      isAsleep = false;
      onSecondTry.clear();
      toBeKept.clear();
      ledger.load();
      const all = ledger.all().sort((a, b) => a.createdMs - b.createdMs);
      for (const { id, state } of all) {
        if (state === 'running' || state === 'pausing' || state === 'stopping')
          ledger.change(
            id,
            { state: 'interrupted', message: interruptedByEnd, phase: '', etaSeconds: null },
            'now',
          );
      }
      waiting = all.filter(({ state }) => state === 'queued').map(({ id }) => id);
      begin();
    },
    add(order) {
      if (isClosed) throw new AppError('busy', 'Morphogen is closing: start this again afterwards.');
      const record = newRecord(order, newId(), clock.nowMs());
      ledger.add(record);
      waiting.push(record.id);
      begin();
      return viewOf(ledger.get(record.id));
    },
    list: () => ledger.all().map(viewOf),
    record: (jobId) => ledger.get(jobId),
    pause(jobId) {
      const record = ledger.get(jobId);
      const run = runs.get(jobId);
      if (record.state === 'queued') return setAside(jobId, 'paused');
      if (run === undefined || (run.reason !== null && run.reason !== 'pause'))
        return refuse(record, 'paused');
      run.isWantedAgain = false;
      run.isSetAside = false;
      ask(run, 'pause');
      return viewOf(ledger.change(jobId, { state: 'pausing' }, 'now'));
    },
    resume(jobId) {
      const record = ledger.get(jobId);
      const run = runs.get(jobId);
      if (run?.reason === 'pause') run.isWantedAgain = true;
      if (run !== undefined || record.state === 'queued') return viewOf(record);
      if (!isResumable(record.state)) return refuse(record, 'resumed');
      onSecondTry.delete(jobId);
      return enqueue(jobId);
    },
    stop(jobId) {
      const record = ledger.get(jobId);
      const run = runs.get(jobId);
      if (run !== undefined) {
        ask(run, 'stop');
        return viewOf(ledger.change(jobId, { state: 'stopping' }, 'now'));
      }
      if (isEnded(record.state) && record.state !== 'failed') return refuse(record, 'stopped');
      if (toBeKept.has(jobId)) return viewOf(record);
      if (record.startedMs === null) return setAside(jobId, 'stopped');
      toBeKept.add(jobId);
      if (record.state === 'queued') waiting = waiting.filter((other) => other !== jobId);
      // First, as it takes a moment only.
      waiting.unshift(jobId);
      ledger.change(jobId, { state: 'stopping', message: null }, 'now');
      begin();
      return viewOf(ledger.get(jobId));
    },
    async cancel(jobId) {
      const record = ledger.get(jobId);
      const run = runs.get(jobId);
      if (run !== undefined) {
        ask(run, 'cancel');
        return viewOf(ledger.change(jobId, { state: 'stopping' }, 'now'));
      }
      if (isEnded(record.state) && record.state !== 'failed') return refuse(record, 'cancelled');
      waiting = waiting.filter((other) => other !== jobId);
      toBeKept.delete(jobId);
      ledger.change(jobId, { state: 'cancelled', message: null, endedMs: clock.nowMs() }, 'now');
      await discard(record, 'everything');
      tellWatchers(jobId);
      return viewOf(ledger.get(jobId));
    },
    async dismiss(jobId) {
      const record = ledger.get(jobId);
      if (!isEnded(record.state)) return refuse(record, 'taken off the list before it ends');
      await discard(record, 'leftovers');
      ledger.remove(jobId);
    },
    async sleep() {
      isAsleep = true;
      for (const [jobId, run] of runs) {
        if (run.reason !== null) continue;
        run.isWantedAgain = true;
        run.isSetAside = true;
        ask(run, 'pause');
        ledger.change(jobId, { state: 'pausing' }, 'now');
      }
      await Promise.all(Array.from(runs.values(), ({ over }) => over));
    },
    wake() {
      isAsleep = false;
      begin();
    },
    settled: (jobId) =>
      new Promise((resolve) => {
        ledger.get(jobId);
        watchers.set(jobId, [...(watchers.get(jobId) ?? []), resolve]);
        tellWatchers(jobId);
      }),
    async close() {
      isClosed = true;
      for (const run of runs.values()) ask(run, 'close');
      await Promise.all(Array.from(runs.values(), ({ over }) => over));
      ledger.close();
    },
  };
}
