/**
 * How much work goes into one submission. A graphics processor draws the desktop between two submissions, not within
 * one: while a window is live none may take longer than its limit. What a unit of work takes is learned from those that
 * came back; until the first does, the processor is taken for a slow one.
 */
export class SubmissionPace {
  /** Milliseconds a submission may take. */
  limitMs: number;
  #msPerUnit = SLOW_MS_PER_UNIT;
  #lastDone = 0;

  constructor(limitMs: number) {
    this.limitMs = limitMs;
  }

  /** Units of work, of about a multiply-add each, that fit one submission; at least 1. */
  get units(): number {
    return Math.max(1, this.limitMs / this.#msPerUnit);
  }

  /** A submission of `units` that was handed over at one time and done at another, in milliseconds of any clock. */
  measured(units: number, handedOver: number, done: number): void {
    const took = done - Math.max(handedOver, this.#lastDone);
    this.#lastDone = Math.max(this.#lastDone, done);
    // Small ones measure the way to the processor and back; a slow one counts at once, a fast one by and by.
    if (units < SMALLEST_UNITS || took <= 0) return;
    const msPerUnit = took / units;
    this.#msPerUnit = Math.max(msPerUnit, this.#msPerUnit + 0.25 * (msPerUnit - this.#msPerUnit));
  }
}

/** Ten thousand million multiply-adds a second. */
const SLOW_MS_PER_UNIT = 1e-7;
const SMALLEST_UNITS = 1e6;

/** Where nobody watches: short enough for every driver's patience. */
export const UNWATCHED_MS = 200;

/** A picture of a screen at 60 Hz. */
export const WATCHED_MS = 16;
