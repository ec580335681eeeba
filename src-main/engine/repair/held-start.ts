/**
 * What a growth begins with whose cells outside a hole are held: what is known is there at once, the hole is filled
 * smoothly, and the seed's hidden values stand at its cell, from which cells learn where they are. Training with held
 * cells and repair begin alike.
 */
import type { ModelSpec } from '#domain/model-spec.ts';
import { seedState } from '#domain/seed-state.ts';

/**
 * @param shown [H, W, 4]: known cells, and what the hole is filled with
 * @returns [H, W, C]
 */
export function heldStart(spec: ModelSpec, shown: Float32Array): Float32Array {
  const state = seedState(spec);
  const C = spec.automaton.channels;
  for (let cell = 0; cell < shown.length / 4; cell++) {
    state.set(shown.subarray(cell * 4, cell * 4 + 4), cell * C);
  }
  return state;
}
