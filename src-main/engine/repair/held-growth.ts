/**
 * Growing a hole shut: a rule runs as ever, and after every step the cells outside the hole show again what is known of
 * them, so that only the hole grows and meets its edge. Their hidden channels are the rule's own.
 */
import type { RuleValues } from '#domain/automaton.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { openGrowth, type Growth } from '#engine/rollout/growth.ts';
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
  /** The seed cell, as models are trained; or what is known, with the hole empty, as a rule that learned a photo is. */
  readonly start: 'seed' | 'known';
  readonly steps: number;
  readonly implementation: RolloutImplementation;
  /** After every step, with [H, W, C]; throw to stop. */
  readonly onStep?: (step: number, state: Float32Array) => Promise<void>;
}

/** @returns what shows at the end, [H, W, 4], not clamped */
export async function growHole(setup: HeldGrowth): Promise<Float32Array> {
  const { spec, rule, seed, known, hole, isLocked, steps, implementation } = setup;
  const C = spec.automaton.channels;
  const growth: Growth = openGrowth({ spec, rules: [rule], seed }, implementation);
  try {
    let state = setup.start === 'seed' ? await growth.state() : new Float32Array(hole.length * C);
    const hold = (): void => {
      for (let cell = 0; cell < hole.length; cell++) {
        if (hole[cell] === 0) state.set(known.subarray(cell * 4, cell * 4 + 4), cell * C);
      }
    };
    if (isLocked || setup.start === 'known') {
      hold();
      growth.replace(state);
    }
    while (growth.step < steps) {
      growth.advance(1);
      state = await growth.state();
      if (isLocked) {
        hold();
        growth.replace(state);
      }
      await setup.onStep?.(growth.step, state);
    }
    const shown = new Float32Array(hole.length * 4);
    for (let cell = 0; cell < hole.length; cell++)
      shown.set(state.subarray(cell * C, cell * C + 4), cell * 4);
    return shown;
  } finally {
    growth.dispose();
  }
}
