import type { ModelSpec } from './model-spec.ts';

type SeedSpec = Pick<ModelSpec, 'automaton' | 'seed' | 'seedOffset'>;

/**
 * The state that every growth starts from, [H, W, C]: zero but for the centre cell [⌊H/2⌋, ⌊W/2⌋], or the one at the
 * spec's offset from it, whose first four values are 1 (`rgba`, the paper) or whose channels 3…C−1 are (`hidden`, the
 * authors' colour code and Distill 2020).
 */
export function seedState(spec: SeedSpec & Pick<ModelSpec, 'grid'>): Float32Array {
  const { height: H, width: W } = spec.grid;
  const C = spec.automaton.channels;
  const state = new Float32Array(H * W * C);
  const { x, y } = spec.seedOffset ?? { x: 0, y: 0 };
  const [column, row] = [inside(Math.floor(W / 2) + x, W), inside(Math.floor(H / 2) + y, H)];
  state.set(seedCell(spec), (row * W + column) * C);
  return state;
}

/** The values of the one cell that a growth starts from, [C]. */
export function seedCell({ automaton, seed }: SeedSpec): Float32Array {
  const cell = new Float32Array(automaton.channels);
  const [first, end] = seed === 'rgba' ? [0, 4] : [3, cell.length];
  return cell.fill(1, first, end);
}

/** On a grid smaller than the one that the offset was made for, at its edge. */
function inside(place: number, side: number): number {
  return Math.min(side - 1, Math.max(0, place));
}
