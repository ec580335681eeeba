/**
 * The rollout in tfjs' own terms: kernels that a backend may register (tf.registerKernel) and what they are handed.
 * Inputs are float32 tensors in the layouts of `Automaton`; the rule's leading dimension is B or 1.
 */
import type { Automaton, Draw } from '#domain/automaton.ts';
import type { LossKind } from '#domain/model-spec.ts';

/** Inputs x0, w0, b0, w1 → state [B, H, W, C]. */
export const ROLLOUT = 'Rollout';

/** Inputs x0, w0, b0, w1, dy [B, H, W, C] → dx0, dw0, db0, dw1 of Σ dy·state, in the shapes of the inputs. */
export const ROLLOUT_GRADIENT = 'RolloutGradient';

/**
 * Inputs x0, w0, b0, w1, target [B, H, W, 4] and perhaps pixelWeight [B, H, W] → loss [B], state [B, H, W, C], and
 * the gradients of each sample's own loss: dx0 [B, H, W, C] (or empty, [0], when not asked for), dw0 [B, K, d],
 * db0 [B, d], dw1 [B, d, C], apart for every sample also where the rule is shared.
 */
export const ROLLOUT_LOSS = 'RolloutLoss';

/**
 * As ROLLOUT_GRADIENT and ROLLOUT_LOSS, with cells held (see ROLLOUT_MIX, which grows them): inputs holdMask and
 * holdValues besides, which get no gradient. A backend that lacks them computes them in tfjs ops.
 */
export const ROLLOUT_HELD_GRADIENT = 'RolloutHeldGradient';
export const ROLLOUT_HELD_LOSS = 'RolloutHeldLoss';

/**
 * Several rules on one state, forward only: one step as of ROLLOUT, but that the rule of a cell is chosen as
 * domain/mix-choice.ts says, and that held cells get their values back after it. Inputs x0; w0, b0, w1 of M rules one
 * after another, [M·R, …]: rule m of sample b is m·R + b, or m·R where R = 1; perhaps limits [M − 1, H, W]; perhaps
 * holdMask [B or 1, H, W], held where it is not 0, and holdValues [B or 1, H, W, V], their first V channels → state.
 */
export const ROLLOUT_MIX = 'RolloutMix';

export interface RolloutAttributes {
  readonly automaton: Automaton;
  readonly steps: number;
  readonly draw: Draw;
}

export interface RolloutLossAttributes extends RolloutAttributes {
  readonly loss: LossKind;
  readonly needsStateGradient: boolean;
}

export interface RolloutMixAttributes extends RolloutAttributes {
  /** M */
  readonly rules: number;
  /** The rule of step s is pattern[s mod length]; not read where there are limits. */
  readonly pattern: readonly number[];
}
