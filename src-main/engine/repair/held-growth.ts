/**
 * Growing a hole shut: a rule runs as ever, and after every step the cells outside the hole show again what is known of
 * them, so that only the hole grows and meets its edge. Their hidden channels are the rule's own.
 */
import type { RuleValues } from '#domain/automaton.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { openGrowth } from '#engine/rollout/growth.ts';
import type { RolloutImplementation } from '#engine/rollout/rollout.ts';

export interface HeldGrowth {
  readonly spec: ModelSpec;
  readonly rule: RuleValues;
  readonly seed: number;
  /** Premultiplied RGBA, [H, W, 4]: what the cells outside the hole show. */
  readonly known: Float32Array;
  /** [H, W], 1 inside. */
  readonly hole: Uint8Array;
  /** Without, the rule grows everything, and what is known has no part in it (the paper's plain way). */
  readonly isLocked: boolean;
  /** The seed cell, or a state [H, W, C]. */
  readonly start: 'seed' | Float32Array;
  readonly steps: number;
  readonly implementation: RolloutImplementation;
  /** After every few steps, with [H, W, C]; throw to stop. */
  readonly onSteps?: (step: number, state: Float32Array) => Promise<void>;
}

/** Steps between two looks at what grows; a few milliseconds each. */
const STRETCH = 4;

/** @returns what shows at the end, [H, W, 4], not clamped */
export async function growHole(setup: HeldGrowth): Promise<Float32Array> {
  const { spec, rule, seed, known, hole, isLocked, start, steps, implementation } = setup;
  const C = spec.automaton.channels;
  const hold = { mask: Uint8Array.from(hole, (inside) => 1 - inside), values: known };
  const growth = openGrowth({ spec, rules: [rule], seed, ...(isLocked && { hold }) }, implementation);
  try {
    if (start !== 'seed') growth.replace(start);
    while (growth.step < steps) {
      growth.advance(Math.min(STRETCH, steps - growth.step));
      await setup.onSteps?.(growth.step, await growth.state());
    }
    const state = await growth.state();
    const shown = new Float32Array(hole.length * 4);
    for (let cell = 0; cell < hole.length; cell++)
      shown.set(state.subarray(cell * C, cell * C + 4), cell * 4);
    return shown;
  } finally {
    growth.dispose();
  }
}

/**
 * What such a growth begins with: what is known is there at once, the hole is filled, and nothing is hidden yet. Training
 * with held cells, repair by a model and by a rule that learned a photo begin alike.
 * @param shown [H, W, 4]
 * @returns [H, W, C]
 */
export function heldStart(shown: Float32Array, channels: number): Float32Array {
  const state = new Float32Array((shown.length / 4) * channels);
  for (let cell = 0; cell < shown.length / 4; cell++) {
    state.set(shown.subarray(cell * 4, cell * 4 + 4), cell * channels);
  }
  return state;
}
