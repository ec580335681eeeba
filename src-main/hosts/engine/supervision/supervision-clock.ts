/** Time, for a supervisor; tests hand in their own. */
export interface SupervisionClock {
  /** Never jumps. */
  nowMs(): number;
  /** @returns what calls it off. */
  after(ms: number, action: () => void): () => void;
}

export const systemClock: SupervisionClock = {
  nowMs: () => performance.now(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};
