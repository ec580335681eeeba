/**
 * The jobs as they are now, in memory and in the library. What matters is written at once; how far a job is, about
 * once a second, so that a fast job does not keep the disk busy; windows hear of it at most ten times a second. What
 * cannot be written for lack of room stays in memory, and is tried again.
 */
import { AppError } from '#domain/errors.ts';
import type { JobRecord, LibraryStore } from '#contract/library-store.ts';
import type { AppPorts } from '../ports.ts';
import { viewOf } from './job-view.ts';

export type JobChange = Partial<Omit<JobRecord, 'id' | 'kind' | 'request'>>;

export interface LedgerPorts extends Pick<AppPorts, 'clock' | 'timers' | 'emit' | 'onBug'> {
  readonly store: Pick<LibraryStore, 'jobs' | 'addJob' | 'updateJob' | 'removeJob'>;
}

export interface JobLedger {
  /** Reads them all anew. */
  load(): void;
  all(): JobRecord[];
  /** @throws AppError not-found */
  get(jobId: string): JobRecord;
  add(job: JobRecord): void;
  /** `soon`: written and told with the next ones. `now`: tried at once. `surely`: throws what keeps it from being kept. */
  change(jobId: string, change: JobChange, when: 'soon' | 'now' | 'surely'): JobRecord;
  remove(jobId: string): void;
  /** Writes what waits, and calls off all timers. */
  close(): void;
}

const WRITE_EVERY_MS = 1000;
const TELL_EVERY_MS = 100;
const TRY_AGAIN_MS = 5000;

interface Entry {
  record: JobRecord;
  unwritten: JobChange | null;
  isUntold: boolean;
  writtenAtMs: number;
  toldAtMs: number;
  writing: (() => void) | null;
  telling: (() => void) | null;
}

export function createJobLedger(ports: LedgerPorts): JobLedger {
  const entries = new Map<string, Entry>();

  function hold(record: JobRecord): void {
    entries.set(record.id, {
      ...{ record, unwritten: null, isUntold: false, writtenAtMs: -Infinity, toldAtMs: -Infinity },
      ...{ writing: null, telling: null },
    });
  }

  function find(jobId: string): Entry {
    const entry = entries.get(jobId);
    if (entry !== undefined) return entry;
    throw new AppError('not-found', 'This job is not on the list any more: it ended and was taken off.');
  }

  /** What fails stays unwritten, and is tried again later. */
  function write(entry: Entry): void {
    callOffWriting(entry);
    if (entry.unwritten === null) return;
    entry.writing = ports.timers.after(TRY_AGAIN_MS, () => tryToWrite(entry));
    ports.store.updateJob(entry.record.id, entry.unwritten);
    entry.unwritten = null;
    callOffWriting(entry);
    entry.writtenAtMs = ports.clock.monotonicMs();
  }

  function tryToWrite(entry: Entry): void {
    try {
      write(entry);
    } catch (failure) {
      if (!(failure instanceof AppError)) ports.onBug(failure);
    }
  }

  function tell(entry: Entry): void {
    entry.telling?.();
    entry.telling = null;
    if (!entry.isUntold) return;
    entry.isUntold = false;
    entry.toldAtMs = ports.clock.monotonicMs();
    ports.emit('jobs.changed', viewOf(entry.record));
  }

  function callOffWriting(entry: Entry): void {
    entry.writing?.();
    entry.writing = null;
  }

  function callOff(entry: Entry): void {
    callOffWriting(entry);
    entry.telling?.();
    entry.telling = null;
  }

  return {
    load() {
      for (const entry of entries.values()) callOff(entry);
      entries.clear();
      for (const record of ports.store.jobs()) hold(record);
    },
    all: () => Array.from(entries.values(), ({ record }) => record),
    get: (jobId) => find(jobId).record,
    add(job) {
      ports.store.addJob(job);
      hold(job);
      ports.emit('jobs.changed', viewOf(job));
    },
    change(jobId, change, when) {
      const entry = find(jobId);
      entry.record = { ...entry.record, ...change };
      entry.unwritten = { ...entry.unwritten, ...change };
      entry.isUntold = true;
      if (when === 'surely') write(entry);
      else if (when === 'now') tryToWrite(entry);
      const nowMs = ports.clock.monotonicMs();
      if (when === 'now') tell(entry);
      else {
        entry.telling ??= ports.timers.after(Math.max(0, entry.toldAtMs + TELL_EVERY_MS - nowMs), () =>
          tell(entry),
        );
      }
      if (when === 'soon') {
        entry.writing ??= ports.timers.after(Math.max(0, entry.writtenAtMs + WRITE_EVERY_MS - nowMs), () =>
          tryToWrite(entry),
        );
      }
      return entry.record;
    },
    remove(jobId) {
      const entry = find(jobId);
      ports.store.removeJob(jobId);
      callOff(entry);
      entries.delete(jobId);
      ports.emit('jobs.removed', { jobId });
    },
    close() {
      for (const entry of entries.values()) {
        tryToWrite(entry);
        callOff(entry);
      }
    },
  };
}
