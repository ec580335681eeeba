/**
 * What each kind of job has to say for itself: how it is done, and what is thrown away of it. A runner is started
 * with the job as it is kept, and goes on from its memory; whatever it has done up to there is safe.
 */
import type { JobRecord } from '#contract/library-store.ts';
import type { JobKind } from '#contract/shapes/jobs.ts';

/** `close`: the program ends. `pause` and `close` go on later; `stop` keeps what there is; `cancel` keeps nothing. */
export type StopReason = 'pause' | 'stop' | 'cancel' | 'close';

/** What a runner may change while it runs. */
export type JobReport = Partial<
  Pick<
    JobRecord,
    | 'done'
    | 'total'
    | 'unit'
    | 'phase'
    | 'etaSeconds'
    | 'message'
    | 'modelId'
    | 'styleIds'
    | 'styleCount'
    | 'path'
  >
>;

export interface JobContext {
  /** Why it is to end, or null. May change from one to a stronger one. */
  stopReason(): StopReason | null;
  /** Aborted as soon as it is to end for one of these reasons. */
  until(...reasons: readonly StopReason[]): AbortSignal;
  /** For people; kept about once a second. */
  report(change: JobReport): void;
  /** For going on later; kept at once, with what was reported. JSON. */
  remember(memory: unknown): void;
}

/** `finished`: all of it is done, whatever it was asked meanwhile. `ended`: it ended early, as it was asked to. */
export type JobOutcome = 'finished' | 'ended';

export interface JobRunner {
  readonly kind: JobKind;
  /** One heavy job runs at a time; a light one may run beside it. */
  isHeavy(job: JobRecord): boolean;
  run(job: JobRecord, context: JobContext): Promise<JobOutcome>;
  /**
   * Throws away what it made (`everything`), or only what is of no use once nobody can resume it (`leftovers`). Not
   * called while it runs; may be called again.
   */
  discard(job: JobRecord, what: 'everything' | 'leftovers'): Promise<void>;
}
