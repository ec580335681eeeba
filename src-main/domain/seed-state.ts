import type { ModelSpec } from './model-spec.ts';

/**
 * The state that every growth starts from, [H, W, C]: zero but for the centre cell [⌊H/2⌋, ⌊W/2⌋], whose first four
 * values are 1 (`rgba`, the paper) or whose channels 3…C−1 are (`hidden`, the authors' colour code and Distill 2020).
 */
export function seedState(spec: Pick<ModelSpec, 'grid' | 'automaton' | 'seed'>): Float32Array {
  const { height: H, width: W } = spec.grid;
  const C = spec.automaton.channels;
  const state = new Float32Array(H * W * C);
  const centre = (Math.floor(H / 2) * W + Math.floor(W / 2)) * C;
  const [first, end] = spec.seed === 'rgba' ? [0, 4] : [3, C];
  state.fill(1, centre + first, centre + end);
  return state;
}
