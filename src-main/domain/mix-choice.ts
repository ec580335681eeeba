/**
 * Which of several rules a cell follows in a step, to the last bit.
 *
 * `turns`: a pattern of Σratio steps, the same for all cells; step s, counted from the seed, follows pattern[s mod
 * Σratio]. The k-th of a style's r turns (k = 1…r) is due at k·Σratio/r; turns come in the order in which they are due,
 * of those due together the earlier style's first. 1:1 is AB, 2:1 AAB, 3:2 ABAAB, as Bresenham draws a line.
 *
 * `random` and `areas`: every cell that fires draws u = (pcg4d(cell, step, sample + 0x6d697874, seed)[0] >> 8), 24 bits
 * on a stream that no mask uses, and follows the first style whose limit is above u, or the last one. Limits of a cell are
 * round(2²⁴·(w₀ + … + wₖ)/Σw) in float64, k = 0…n−2; for `random` w are the weights, for `areas` the cells of each style
 * in the square around the cell, as far as it lies on the grid.
 */
import type { Grid } from './automaton.ts';
import type { AreaMap } from './mix.ts';
import { pcg4d } from './random.ts';

/** Limits and draws are integers below or, of limits, up to this: exact in float32. */
export const DRAWS = 2 ** 24;

/** Added to the sample. A single bit would not do: pcg4d hardly spreads its highest ones. */
const MIX_STREAM = 0x6d69_7874;

/** The style of each step, [Σratio]; ratio are integers, one of them above 0. */
export function turnPattern(ratio: readonly number[]): number[] {
  const total = ratio.reduce((sum, turns) => sum + turns, 0);
  const made = ratio.map(() => 0);
  return Array.from({ length: total }, () => {
    let next = -1;
    for (const [style, turns] of ratio.entries()) {
      if (made[style] === turns) continue;
      // (made + 1)/turns, compared without dividing.
      if (next === -1 || (made[style] + 1) * ratio[next] < (made[next] + 1) * turns) next = style;
    }
    made[next]++;
    return next;
  });
}

/** The limits of the weights in every cell, [n − 1, H, W]. */
export function evenLimits(weights: readonly number[], { height, width }: Grid): Float32Array {
  const cells = height * width;
  const limits = new Float32Array((weights.length - 1) * cells);
  for (const [k, limit] of limitsOf(weights).entries()) limits.fill(limit, k * cells, (k + 1) * cells);
  return limits;
}

/** The limits of a painted map, [n − 1, H, W]; the grid's cell (y, x) is the map's (⌊y·h/H⌋, ⌊x·w/W⌋). */
export function areaLimits(map: AreaMap, styles: number, { height: H, width: W }: Grid): Float32Array {
  const limits = new Float32Array((styles - 1) * H * W);
  const sums = Array.from({ length: styles }, (_, style) => areaSums(map, style, H, W));
  const counts = new Array<number>(styles);
  for (let y = 0; y < H; y++) {
    const [top, bottom] = [Math.max(0, y - map.softness), Math.min(H, y + map.softness + 1)];
    for (let x = 0; x < W; x++) {
      const [left, right] = [Math.max(0, x - map.softness), Math.min(W, x + map.softness + 1)];
      for (const [style, sum] of sums.entries()) {
        const at = (row: number, column: number): number => sum[row * (W + 1) + column];
        counts[style] = at(bottom, right) - at(top, right) - at(bottom, left) + at(top, left);
      }
      for (const [k, limit] of limitsOf(counts).entries()) limits[(k * H + y) * W + x] = limit;
    }
  }
  return limits;
}

/** What cell draws in a step, of 0…DRAWS − 1; step and sample count absolutely. */
export function mixDraw(cell: number, step: number, sample: number, seed: number): number {
  return pcg4d(cell, step, (sample + MIX_STREAM) >>> 0, seed, scratch)[0] >>> 8;
}

/** The style that each cell [H·W] follows in a step, by limits [n − 1, H, W]. */
export function chosenStyles(
  limits: ArrayLike<number>,
  cells: number,
  step: number,
  sample: number,
  seed: number,
): Uint8Array {
  const chosen = new Uint8Array(cells);
  for (let cell = 0; cell < cells; cell++) {
    const draw = mixDraw(cell, step, sample, seed);
    for (let at = cell; at < limits.length && draw >= limits[at]; at += cells) chosen[cell]++;
  }
  return chosen;
}

function limitsOf(weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return weights.slice(0, -1).map((weight) => Math.round((DRAWS * (sum += weight)) / total));
}

/** Cells of one style above and left of (y, x), [H + 1, W + 1]. */
function areaSums({ height, width, cells }: AreaMap, style: number, H: number, W: number): Int32Array {
  const sums = new Int32Array((H + 1) * (W + 1));
  const digit = String(style);
  for (let y = 0; y < H; y++) {
    const row = Math.floor((y * height) / H) * width;
    let inRow = 0;
    for (let x = 0; x < W; x++) {
      if (cells[row + Math.floor((x * width) / W)] === digit) inRow++;
      sums[(y + 1) * (W + 1) + x + 1] = sums[y * (W + 1) + x + 1] + inRow;
    }
  }
  return sums;
}

const scratch = new Uint32Array(4);
