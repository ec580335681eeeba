import type { ModelSpec } from './model-spec.ts';

type SeedSpec = Pick<ModelSpec, 'automaton' | 'seed'>;

/**
 * The state that every growth starts from, [H, W, C]: zero but for the centre cell [⌊H/2⌋, ⌊W/2⌋], whose first four
 * values are 1 (`rgba`, the paper) or whose channels 3…C−1 are (`hidden`, the authors' colour code and Distill 2020).
 */
export function seedState(spec: SeedSpec & Pick<ModelSpec, 'grid'>): Float32Array {
  const { height: H, width: W } = spec.grid;
  const C = spec.automaton.channels;
  const state = new Float32Array(H * W * C);
  state.set(seedCell(spec), (Math.floor(H / 2) * W + Math.floor(W / 2)) * C);
  return state;
}

/** The values of the one cell that a growth starts from, [C]. */
export function seedCell({ automaton, seed }: SeedSpec): Float32Array {
  const cell = new Float32Array(automaton.channels);
  const [first, end] = seed === 'rgba' ? [0, 4] : [3, cell.length];
  return cell.fill(1, first, end);
}
