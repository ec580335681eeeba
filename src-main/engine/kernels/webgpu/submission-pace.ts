/**
 * How much work goes into one submission. A graphics processor draws the desktop between two submissions, not within
 * one: while a window is live none may take longer than its limit. What a unit of work takes is learned, for each kind of
 * kernel by itself, from submissions that came back; until the first does, the processor is taken for a slow one.
 */
export interface Work {
  /** Kernels of one kind take about the same time for a unit. */
  readonly kind: string;
  /** About a multiply-add, or a value touched, each. */
  readonly units: number;
}

export class SubmissionPace {
  /** Milliseconds a submission may take. */
  limitMs: number;
  readonly #msPerUnit = new Map<string, number>();
  /** When the newest submission that is known to be done was: what comes to a queue waits for what was before it. */
  #lastDone = 0;

  constructor(limitMs: number) {
    this.limitMs = limitMs;
  }

  /** Units of a kind that fit one submission; at least 1. */
  unitsOf(kind: string): number {
    return Math.max(1, this.limitMs / this.#of(kind));
  }

  /** Milliseconds that it is taken to need. */
  msOf(work: readonly Work[]): number {
    return work.reduce((sum, { kind, units }) => sum + units * this.#of(kind), 0);
  }

  /** A submission that was handed over at one time and done at another, in milliseconds of any clock. */
  measured(work: readonly Work[], handedOver: number, done: number): void {
    const took = done - Math.max(handedOver, this.#lastDone);
    this.#lastDone = Math.max(this.#lastDone, done);
    const units = work.reduce((sum, one) => sum + one.units, 0);
    // Small ones measure the way to the processor and back.
    if (took <= 0 || (units < SMALLEST_UNITS && took < SMALLEST_MS)) return;
    const all = this.msOf(work);
    if (all === 0) return;
    const ratio = took / all;
    const unitsByKind = new Map<string, number>();
    for (const one of work) unitsByKind.set(one.kind, (unitsByKind.get(one.kind) ?? 0) + one.units);
    for (const [kind, ofKind] of unitsByKind) {
      const ms = this.#of(kind);
      // Who has little part in it is little to blame. A slow one counts at once, a fast one by and by.
      const blame = Math.min(1, (2 * ofKind * ms) / all) * (ratio > 1 ? 1 : 0.25);
      this.#msPerUnit.set(kind, ms * (1 + blame * (ratio - 1)));
    }
  }

  #of(kind: string): number {
    return this.#msPerUnit.get(kind) ?? (isOwn(kind) ? SLOW_MS_PER_UNIT : SLOW_OTHER_MS_PER_UNIT);
  }
}

const isOwn = (kind: string): boolean => kind.startsWith('rollout');

/** Ten thousand million multiply-adds a second; what is bound by memory, or less well made, a quarter. */
const SLOW_MS_PER_UNIT = 1e-7;
const SLOW_OTHER_MS_PER_UNIT = 4e-7;
const SMALLEST_UNITS = 1e6;
const SMALLEST_MS = 2;

/** Where nobody watches: short enough for every driver's patience. */
export const UNWATCHED_MS = 200;

/** A picture of a screen at 60 Hz. */
export const WATCHED_MS = 16;
