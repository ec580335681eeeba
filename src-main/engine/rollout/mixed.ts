/**
 * The rollout of several rules on one state, and of cells that are held: one kernel call however many steps, on the
 * backend's kernel where it has one, else composed of tfjs ops. Not differentiable. Which rule a cell follows is told,
 * to the last bit, in domain/mix-choice.ts.
 *
 * Held cells: after each step, once its living mask is applied, the first V channels of every held cell become the
 * values given. What the other channels of such a cell do, and whether it lives in the next step, follows from that. The
 * state that a rollout begins with is the caller's.
 */
import type { Automaton } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import { MOST_STYLES } from '#domain/mix.ts';
import { tf } from '#engine/tf.ts';
import { composedMixedRollout } from './composed-mixed.ts';
import { ROLLOUT_MIX, type RolloutMixAttributes } from './kernel-names.ts';
import {
  checkShape,
  checkTask,
  hasKernel,
  rollout,
  runKernel,
  type RolloutOptions,
  type RuleTensors,
} from './rollout.ts';

export interface MixedRules {
  /** M */
  readonly count: number;
  /** One rule after another, [M·R, …]: rule m of sample b is m·R + b, or m where R = 1. */
  readonly rules: RuleTensors;
  /** The rule of step s, counted from the seed, is pattern[s mod length]; not read where there are limits. */
  readonly pattern: readonly number[];
  /** [M − 1, H, W]; null: the pattern decides for all cells. */
  readonly limits: tf.Tensor3D | null;
}

export interface Hold {
  /** [B or 1, H, W]; a cell is held where it is not 0. */
  readonly mask: tf.Tensor3D;
  /** [B or 1, H, W, V]: the first V channels, e.g. the four visible ones, or all. */
  readonly values: tf.Tensor4D;
}

export interface MixedRolloutOptions extends Omit<RolloutOptions, 'memory'> {
  readonly hold?: Hold | null;
}

/**
 * x0 [B, H, W, C] → the state after `steps`, [B, H, W, C].
 * @throws AppError mismatch if the shapes are not those of the automaton
 */
export function rolloutMixed(
  x0: tf.Tensor4D,
  mixed: MixedRules,
  automaton: Automaton,
  options: MixedRolloutOptions,
): tf.Tensor4D {
  const { hold = null, ...plain } = options;
  const { count, rules, pattern, limits } = mixed;
  if (count === 1 && hold === null) return rollout(x0, rules, automaton, plain);
  const { steps, draw } = options;
  check(x0, mixed, automaton, options);
  if (steps === 0) return tf.clone(x0);
  if (!hasKernel(ROLLOUT_MIX, plain))
    return composedMixedRollout(x0, mixed, hold, automaton, { steps, draw });
  const attributes: RolloutMixAttributes = { automaton, steps, draw, rules: count, pattern: [...pattern] };
  const { w0, b0, w1 } = rules;
  const chosen = limits === null || count === 1 ? {} : { limits };
  const held = hold === null ? {} : { holdMask: hold.mask, holdValues: hold.values };
  return tf.tidy(
    () => runKernel(ROLLOUT_MIX, { x0, w0, b0, w1, ...chosen, ...held }, attributes) as tf.Tensor4D,
  );
}

function check(
  x0: tf.Tensor4D,
  { count, rules, pattern, limits }: MixedRules,
  automaton: Automaton,
  { steps, hold }: MixedRolloutOptions,
): void {
  const [B, H, W] = x0.shape;
  if (!(count >= 1 && count <= MOST_STYLES)) {
    throw new AppError(
      'bad-argument',
      `A mix has 1 to ${MOST_STYLES} rules, found ${count}; leave some out.`,
    );
  }
  checkTask(x0, rules, automaton, steps, count);
  if (limits !== null) checkShape('limits', limits, [count - 1, H, W]);
  else if (
    pattern.length === 0 ||
    !pattern.every((rule) => Number.isInteger(rule) && rule >= 0 && rule < count)
  ) {
    throw new AppError(
      'bad-argument',
      `A pattern names rules from 0 to ${count - 1}, found [${pattern.join(', ')}]; correct it.`,
    );
  }
  if (hold === undefined || hold === null) return;
  const samples = hold.mask.shape[0] === 1 ? 1 : B;
  const V = Math.min(Math.max(1, hold.values.shape[3]), automaton.channels);
  checkShape('the mask of held cells', hold.mask, [samples, H, W]);
  checkShape('the values of held cells', hold.values, [samples, H, W, V]);
}
