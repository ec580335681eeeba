/**
 * The rollout of several rules on one state, and of cells that are held: one kernel call however many steps, on the
 * backend's kernel where it has one, else composed of tfjs ops. Not differentiable, unless it is one rule's. Which rule
 * a cell follows is told, to the last bit, in domain/mix-choice.ts.
 */
import type { Automaton } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import { MOST_STYLES } from '#domain/mix.ts';
import { tf } from '#engine/tf.ts';
import { composedMixedRollout } from './composed-mixed.ts';
import { ROLLOUT_MIX, type RolloutMixAttributes } from './kernel-names.ts';
import {
  checkHold,
  checkShape,
  checkTask,
  hasKernel,
  heldInputs,
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

/**
 * x0 [B, H, W, C] → the state after `steps`, [B, H, W, C].
 * @throws AppError mismatch if the shapes are not those of the automaton
 */
export function rolloutMixed(
  x0: tf.Tensor4D,
  mixed: MixedRules,
  automaton: Automaton,
  options: Omit<RolloutOptions, 'memory'>,
): tf.Tensor4D {
  const { count, rules, pattern, limits } = mixed;
  if (count === 1) return rollout(x0, rules, automaton, options);
  const { steps, draw, hold = null } = options;
  check(x0, mixed, automaton, options);
  if (steps === 0) return tf.clone(x0);
  if (!hasKernel(ROLLOUT_MIX, options))
    return composedMixedRollout(x0, mixed, hold, automaton, { steps, draw });
  const attributes: RolloutMixAttributes = { automaton, steps, draw, rules: count, pattern: [...pattern] };
  const { w0, b0, w1 } = rules;
  const chosen = limits === null ? {} : { limits };
  return tf.tidy(
    () =>
      runKernel(ROLLOUT_MIX, { x0, w0, b0, w1, ...chosen, ...heldInputs(hold) }, attributes) as tf.Tensor4D,
  );
}

function check(
  x0: tf.Tensor4D,
  { count, rules, pattern, limits }: MixedRules,
  automaton: Automaton,
  { steps, hold }: Omit<RolloutOptions, 'memory'>,
): void {
  const [, H, W] = x0.shape;
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
  checkHold(x0, hold);
}
