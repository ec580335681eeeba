/**
 * How far what has grown is to be believed beyond the smooth way into a hole: tried on what is known, where the same
 * hole is laid over other places. A model that does not know this kind of picture then adds nothing to it.
 */
import type { Grid } from '#domain/automaton.ts';
import { meetingEdge, smoothlyFilled } from './surroundings.ts';

/** Places where the hole is tried, in parts of the grid's sides. */
const SHIFTS = [
  [0.25, 0],
  [-0.25, 0],
  [0, 0.25],
  [0, -0.25],
  [0.5, 0.5],
] as const;

export interface Trial {
  /** [H, W], 1 inside: over what is known alone. */
  readonly tried: Uint8Array;
  /** [H, W, 4]: what the tried hole is filled with smoothly; elsewhere what is given. */
  readonly smooth: Float32Array;
}

/**
 * The hole laid over other places.
 * @param given [H, W, 4]: what is known, and what stands in the hole
 * @param hole [H, W], 1 inside
 */
export function trialsOf(given: Float32Array, hole: Uint8Array, { height: H, width: W }: Grid): Trial[] {
  return SHIFTS.map(([down, across]) => {
    const [dy, dx] = [Math.round(down * H), Math.round(across * W)];
    const tried = hole.map((inside, cell) => {
      if (inside === 1) return 0;
      const y = (Math.floor(cell / W) + dy + H) % H;
      const x = ((cell % W) + dx + W) % W;
      return hole[y * W + x];
    });
    return { tried, smooth: smoothlyFilled(given, tried, W) };
  });
}

/**
 * The factor 0…1 on the difference from the smooth way that comes nearest to what is known (least squares).
 * @param grown of each trial, [H, W, 4]
 * @param known [H, W, 4]
 */
export function trustBy(
  trials: readonly Trial[],
  grown: readonly Float32Array[],
  known: Float32Array,
): number {
  let [product, square] = [0, 0];
  for (const [t, { tried, smooth }] of trials.entries()) {
    for (let i = 0; i < known.length; i++) {
      if (tried[i >> 2] === 0) continue;
      const change = grown[t][i] - smooth[i];
      product += (known[i] - smooth[i]) * change;
      square += change * change;
    }
  }
  return square === 0 ? 0 : Math.min(1, Math.max(0, product / square));
}

/**
 * The same of a picture that grew whole, hole and all.
 * @param grown, known [H, W, 4]; what is known in the hole is not looked at
 * @param hole [H, W], 1 inside
 */
export function trustIn(grown: Float32Array, known: Float32Array, hole: Uint8Array, grid: Grid): number {
  // What is in the hole itself is unknown: there, what has grown stands for it.
  const given = known.map((value, i) => (hole[i >> 2] === 1 ? grown[i] : value));
  const trials = trialsOf(given, hole, grid);
  const met = trials.map(({ tried }) => meetingEdge(grown, given, tried, grid.width));
  return trustBy(trials, met, known);
}
