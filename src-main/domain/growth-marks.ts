/** What is done to a growth by hand, cell by cell: the same wherever its state lies. */
import type { Grid } from './automaton.ts';
import type { ModelSpec } from './model-spec.ts';
import { seedCell } from './seed-state.ts';

/**
 * In cells, from the grid's upper left corner. `erase`: every channel of the cells whose centres (column + ½, row + ½) are at
 * most `radius` from (x, y) becomes 0; `seed`: the cell in column x and row y becomes what the seed cell is.
 */
export type GrowthMark =
  | { readonly kind: 'erase'; readonly x: number; readonly y: number; readonly radius: number }
  | { readonly kind: 'seed'; readonly x: number; readonly y: number };

/** Changes a state [H, W, C]. What lies outside of the grid changes nothing. */
export function makeMark(
  state: Float32Array,
  mark: GrowthMark,
  spec: Pick<ModelSpec, 'grid' | 'automaton' | 'seed' | 'seedOffset'>,
): void {
  const { grid } = spec;
  const C = spec.automaton.channels;
  switch (mark.kind) {
    case 'erase':
      eraseCircle(state, mark, grid, C);
      return;
    case 'seed':
      if (mark.x < grid.width && mark.y < grid.height) {
        state.set(seedCell(spec), (mark.y * grid.width + mark.x) * C);
      }
      return;
    default:
      mark satisfies never;
  }
}

function eraseCircle(
  state: Float32Array,
  { x, y, radius }: { readonly x: number; readonly y: number; readonly radius: number },
  { height: H, width: W }: Grid,
  C: number,
): void {
  const firstRow = Math.max(0, Math.floor(y - radius - 0.5));
  const firstColumn = Math.max(0, Math.floor(x - radius - 0.5));
  for (let row = firstRow; row < H && row + 0.5 <= y + radius; row++) {
    const dy = row + 0.5 - y;
    for (let column = firstColumn; column < W && column + 0.5 <= x + radius; column++) {
      const dx = column + 0.5 - x;
      if (dx * dx + dy * dy > radius * radius) continue;
      const cell = (row * W + column) * C;
      state.fill(0, cell, cell + C);
    }
  }
}
