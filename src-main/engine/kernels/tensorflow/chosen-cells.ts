/**
 * Which cells a step has to compute, decided in plain code from the living channel: those that fire and, within two
 * cells, see one that lives. A cell farther off is zero afterwards whatever it does; one that is next to a living cell
 * may rise above the threshold and so keep that cell alive, though it is zeroed itself.
 */
import type { Automaton, Draw } from '#domain/automaton.ts';
import { uniform } from '#domain/random.ts';

export interface CellGrid {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
}

/**
 * Cells of a batch, [B, R]: every sample has as many places, so that products with a rule a sample stay one operation,
 * and one place more than cells at least, which stands for all cells that are not chosen.
 */
export interface ChosenCells {
  /** (b·H + y)·W + x; of a place without a cell some cell of its sample. */
  readonly cells: Int32Array;
  /** 1, or 0 of a place without a cell. */
  readonly filled: Float32Array;
  /** The place of each cell of the batch, [B, H, W]; of those not chosen one without a cell. */
  readonly placeOf: Int32Array;
}

/** Whether each cell [B, H, W] or one of its eight neighbours is set (not 0). */
export function withNeighbours({ batch, height: H, width: W }: CellGrid, set: Uint8Array): Uint8Array {
  const rows = new Uint8Array(set.length);
  const all = new Uint8Array(set.length);
  for (let from = 0; from < batch * H * W; from += W) {
    const last = from + W - 1;
    for (let at = from; at <= last; at++) {
      rows[at] = set[at] | (at > from ? set[at - 1] : 0) | (at < last ? set[at + 1] : 0);
    }
  }
  for (let b = 0; b < batch; b++) {
    const first = b * H * W;
    const end = first + H * W;
    for (let at = first; at < end; at++) {
      all[at] = rows[at] | (at - W >= first ? rows[at - W] : 0) | (at + W < end ? rows[at + W] : 0);
    }
  }
  return all;
}

/** Whether each cell's living value, [B, H, W], is above the threshold. */
export function aboveThreshold(alive: Float32Array, automaton: Automaton): Uint8Array {
  const threshold = Math.fround(automaton.aliveThreshold);
  const above = new Uint8Array(alive.length);
  for (let at = 0; at < above.length; at++) above[at] = alive[at] > threshold ? 1 : 0;
  return above;
}

/** @param lived Whether each cell lives before the step, [B, H, W]. */
export function chooseCells(
  grid: CellGrid,
  automaton: Automaton,
  draw: Draw,
  t: number,
  lived: Uint8Array,
): ChosenCells {
  const { batch } = grid;
  const size = grid.height * grid.width;
  const reached = withNeighbours(grid, lived);
  const fireRate = Math.fround(automaton.fireRate);
  const step = draw.firstStep + t;
  const found = new Int32Array(batch * size);
  const counts = new Int32Array(batch);
  for (let b = 0; b < batch; b++) {
    let count = 0;
    for (let cell = 0; cell < size; cell++) {
      if (reached[b * size + cell] === 0) continue;
      if (uniform(cell, step, draw.firstSample + b, draw.seed) < fireRate) {
        found[b * size + count++] = b * size + cell;
      }
    }
    counts[b] = count;
  }
  const places = counts.reduce((most, count) => Math.max(most, count), 0) + 1;
  const cells = new Int32Array(batch * places);
  const filled = new Float32Array(batch * places);
  const placeOf = new Int32Array(batch * size);
  for (let b = 0; b < batch; b++) {
    const from = b * places;
    const ofSample = found.subarray(b * size, b * size + counts[b]);
    cells.fill(b * size, from, from + places);
    cells.set(ofSample, from);
    filled.fill(1, from, from + counts[b]);
    placeOf.fill(from + places - 1, b * size, (b + 1) * size);
    for (const [i, cell] of ofSample.entries()) placeOf[cell] = from + i;
  }
  return { cells, filled, placeOf };
}

/**
 * Where the 3×3 maximum of each chosen cell and channel is, as places in the state [B, H, W, C]: the first of equals.
 * @param highest Those maxima, [B, H, W, C].
 * @returns [B·R, C]
 */
export function maximumPlaces(
  { height: H, width: W }: CellGrid,
  C: number,
  state: Float32Array,
  highest: Float32Array,
  { cells }: ChosenCells,
): Int32Array {
  const places = new Int32Array(cells.length * C);
  for (let row = 0; row < cells.length; row++) {
    const cell = cells[row];
    const x = cell % W;
    const y = ((cell - x) / W) % H;
    // Outside of the grid the nearest cell stands in, which is one of the nine anyway.
    const above = y > 0 ? -W * C : 0;
    const below = y < H - 1 ? W * C : 0;
    const left = x > 0 ? -C : 0;
    const right = x < W - 1 ? C : 0;
    for (let here = cell * C, at = row * C; here < (cell + 1) * C; here++, at++) {
      const maximum = highest[here];
      // Written out, for it is hot.
      if (state[here + above + left] === maximum) places[at] = here + above + left;
      else if (state[here + above] === maximum) places[at] = here + above;
      else if (state[here + above + right] === maximum) places[at] = here + above + right;
      else if (state[here + left] === maximum) places[at] = here + left;
      else if (state[here] === maximum) places[at] = here;
      else if (state[here + right] === maximum) places[at] = here + right;
      else if (state[here + below + left] === maximum) places[at] = here + below + left;
      else if (state[here + below] === maximum) places[at] = here + below;
      else places[at] = here + below + right;
    }
  }
  return places;
}
