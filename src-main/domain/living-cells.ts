/** Which cells of a state live, by the rule that masks them in every step. */
import type { Automaton, Grid } from './automaton.ts';

/**
 * How many cells have a 3×3 neighbourhood whose maximum of the alive channel is above the threshold.
 * @param state [H, W, C]
 */
export function countLivingCells(
  state: Float32Array,
  { height: H, width: W }: Grid,
  { channels: C, aliveChannel, aliveThreshold }: Automaton,
): number {
  // The maximum over columns first, then over rows: two passes of three instead of one of nine.
  const wide = new Uint8Array(H * W);
  for (let cell = 0; cell < H * W; cell++) {
    if (!(state[cell * C + aliveChannel] > aliveThreshold)) continue;
    const column = cell % W;
    wide[cell] = 1;
    if (column > 0) wide[cell - 1] = 1;
    if (column < W - 1) wide[cell + 1] = 1;
  }
  let alive = 0;
  for (let cell = 0; cell < H * W; cell++) {
    const above = cell >= W && wide[cell - W] === 1;
    const below = cell < H * W - W && wide[cell + W] === 1;
    if (wide[cell] === 1 || above || below) alive++;
  }
  return alive;
}
