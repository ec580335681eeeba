/**
 * A growth under way: a state that stays in the engine between the moments at which someone looks at it. Steps count
 * from the seed, so a growth drawn in one go, in chunks, or frame by frame is the same to the last bit.
 */
import type { RuleValues } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { seedState } from '#domain/seed-state.ts';
import { rulesOfValues } from '#engine/network/inference.ts';
import { tf } from '#engine/tf.ts';
import { rolloutTurns, type RolloutImplementation } from './rollout.ts';

export interface GrowthSetup {
  readonly spec: ModelSpec;
  /** One a step, in turns. Each has a rule for every sample of the batch, or one for all. */
  readonly rules: readonly RuleValues[];
  /** uint32; which cells fire. Sample b draws as sample b. */
  readonly seed: number;
}

export interface Growth {
  /** B */
  readonly batch: number;
  /** Steps made since the seed. */
  readonly step: number;
  advance(steps: number): void;
  /** [B, H, W, C], an array of its own. */
  state(): Promise<Float32Array>;
  /**
   * Goes on from other values, [B, H, W, C], e.g. with a part erased. The steps go on counting, or count on from `step`:
   * a state that was kept there goes on as it did then.
   */
  replace(state: Float32Array, step?: number): void;
  dispose(): void;
}

/** @throws AppError bad-argument without a rule, mismatch if rules and automaton do not fit, out-of-memory. */
export function openGrowth(
  { spec, rules, seed }: GrowthSetup,
  implementation: RolloutImplementation = 'auto',
): Growth {
  const { automaton, grid } = spec;
  const batch = Math.max(0, ...rules.map(({ count }) => count));
  if (batch === 0) throw new AppError('bad-argument', 'Growing needs a rule, found none; name one.');
  const tensors = rules.map((values) => rulesOfValues(spec, values));
  let step = 0;
  let state = tf.tidy(() => {
    const one = tf.tensor4d(seedOf(spec), [1, grid.height, grid.width, automaton.channels]);
    return batch === 1 ? one : tf.tile(one, [batch, 1, 1, 1]);
  });
  return {
    batch,
    get step() {
      return step;
    },
    advance(steps) {
      const draw = { seed, firstStep: step, firstSample: 0 };
      const next = rolloutTurns(state, tensors, automaton, { steps, draw, implementation });
      state.dispose();
      state = next;
      step += steps;
    },
    async state() {
      return (await state.data<'float32'>()).slice();
    },
    replace(values, newStep = step) {
      const next = tf.tensor4d(values.slice(), state.shape);
      state.dispose();
      state = next;
      step = newStep;
    },
    dispose() {
      state.dispose();
      for (const { w0, b0, w1 } of tensors) tf.dispose([w0, b0, w1]);
    },
  };
}

function seedOf(spec: ModelSpec): Float32Array {
  try {
    return seedState(spec);
  } catch (failure) {
    if (!(failure instanceof RangeError)) throw failure;
    const { height, width } = spec.grid;
    throw new AppError(
      'out-of-memory',
      `A grid of ${height}×${width} cells needs more memory than there is; use a smaller one.`,
      { cause: failure },
    );
  }
}
