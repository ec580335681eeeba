/**
 * States of a growth kept on the way, so that going back does not mean growing from the seed. They lie evenly over the
 * steps; when they need more memory than they may, every second one goes.
 */

/** Steps between two states at first; growing so many again is not noticed. */
const FIRST_EVERY = 16;
/** A state of so many bytes comes from anywhere in a moment. */
const NEAR_BYTES = 2 ** 18;

export class KeptStates {
  readonly #states = new Map<number, Float32Array>();
  readonly #capacity: number;
  readonly #firstEvery: number;
  #every: number;

  /**
   * @param stateBytes of each
   * @param isFar states lie elsewhere: what is large takes longer to come than to be grown again, so fewer are kept
   */
  constructor(budgetBytes: number, stateBytes: number, isFar = false) {
    this.#capacity = Math.floor(budgetBytes / stateBytes);
    const times = isFar ? Math.max(1, stateBytes / NEAR_BYTES) : 1;
    this.#firstEvery = FIRST_EVERY * 2 ** Math.floor(Math.log2(times));
    this.#every = this.#firstEvery;
  }

  get count(): number {
    return this.#states.size;
  }

  /** The next step after `step` whose state should be kept; Infinity if none fits. */
  nextDue(step: number): number {
    return this.#capacity === 0 ? Infinity : (Math.floor(step / this.#every) + 1) * this.#every;
  }

  isDue(step: number): boolean {
    return this.#capacity > 0 && step % this.#every === 0 && !this.has(step);
  }

  has(step: number): boolean {
    return this.#states.has(step);
  }

  /** @param state [H, W, C], not to be changed any more */
  keep(step: number, state: Float32Array): void {
    if (this.#capacity === 0) return;
    this.#states.set(step, state);
    while (this.#states.size > this.#capacity) {
      this.#every *= 2;
      for (const kept of this.#states.keys()) if (kept % this.#every !== 0) this.#states.delete(kept);
    }
  }

  /** The latest one that is not after `step`. */
  nearest(step: number): { readonly step: number; readonly state: Float32Array } | null {
    let latest = -1;
    for (const kept of this.#states.keys()) if (kept <= step && kept > latest) latest = kept;
    const state = this.#states.get(latest);
    return state === undefined ? null : { step: latest, state };
  }

  /** What comes after `step` is no longer true. */
  forgetAfter(step: number): void {
    for (const kept of this.#states.keys()) if (kept > step) this.#states.delete(kept);
    // What follows may lie as close together as the room that is left allows.
    let every = this.#firstEvery;
    while (step / every > this.#capacity / 2) every *= 2;
    this.#every = Math.min(this.#every, every);
  }
}
