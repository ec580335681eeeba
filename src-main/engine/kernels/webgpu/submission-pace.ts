/**
 * How much work goes into one submission. A graphics processor draws the desktop between two submissions, not within
 * one: while a window is live none may take longer than its limit. What a unit of work takes is learned from those that
 * came back; until the first does, the processor is taken for a slow one.
 */
export class SubmissionPace {
  /** Milliseconds a submission may take. */
  limitMs: number;
  /** Shared by all that submit to one queue. */
  readonly queue: QueueTimes;
  #msPerUnit: number;

  constructor(limitMs: number, msPerUnit = SLOW_MS_PER_UNIT, queue: QueueTimes = { lastDone: 0 }) {
    this.limitMs = limitMs;
    this.#msPerUnit = msPerUnit;
    this.queue = queue;
  }

  /** Units of work, of about a multiply-add each, that fit one submission; at least 1. */
  get units(): number {
    return Math.max(1, this.limitMs / this.#msPerUnit);
  }

  /** Milliseconds that so much work is taken to need. */
  msOf(units: number): number {
    return units * this.#msPerUnit;
  }

  /** A submission of `units` that was handed over at one time and done at another, in milliseconds of any clock. */
  measured(units: number, handedOver: number, done: number): void {
    const { queue } = this;
    const took = done - Math.max(handedOver, queue.lastDone);
    queue.lastDone = Math.max(queue.lastDone, done);
    // Small ones measure the way to the processor and back; a slow one counts at once, a fast one by and by.
    if (units < SMALLEST_UNITS || took <= 0) return;
    const msPerUnit = took / units;
    this.#msPerUnit = Math.max(msPerUnit, this.#msPerUnit + 0.25 * (msPerUnit - this.#msPerUnit));
  }
}

/** What is submitted to a queue waits for what was before it, whoever submitted that. */
export interface QueueTimes {
  /** When the newest that is known to be done was. */
  lastDone: number;
}

/** Ten thousand million multiply-adds a second. */
const SLOW_MS_PER_UNIT = 1e-7;
const SMALLEST_UNITS = 1e6;

/** Where nobody watches: short enough for every driver's patience. */
export const UNWATCHED_MS = 200;

/** A picture of a screen at 60 Hz. */
export const WATCHED_MS = 16;
