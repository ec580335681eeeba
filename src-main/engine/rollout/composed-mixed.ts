/** The rollout of several rules, and of held cells, in tfjs ops, for any tfjs backend. Forward only. */
import type { Automaton } from '#domain/automaton.ts';
import { chosenStyles } from '#domain/mix-choice.ts';
import { tf } from '#engine/tf.ts';
import {
  deltaOf,
  filterTensors,
  firingTensor,
  withHeld,
  holdTensors,
  keptCells,
  perceive,
  type ComposedOptions,
} from './composed.ts';
import type { MixedRules } from './mixed.ts';
import type { Hold, RuleTensors } from './rollout.ts';

/** As rolloutMixed; shapes are the caller's care. */
export function composedMixedRollout(
  x0: tf.Tensor4D,
  { count, rules, pattern, limits }: MixedRules,
  hold: Hold | null,
  automaton: Automaton,
  { steps, draw }: ComposedOptions,
): tf.Tensor4D {
  const [B, H, W, C] = x0.shape;
  return tf.tidy(() => {
    const filters = filterTensors(automaton);
    const apart = Array.from({ length: count }, (_, m) => ruleOf(rules, m, count));
    const limitValues = limits?.dataSync<'float32'>() ?? null;
    const holding = hold === null ? null : holdTensors(hold, x0.shape);
    let state = x0;
    for (let t = 0; t < steps; t++) {
      const step = draw.firstStep + t;
      const next = tf.tidy(() => {
        const { features } = perceive(state, filters, rules.w0.shape[0] / count);
        let delta: tf.Tensor4D;
        if (limitValues === null) {
          delta = deltaOf(features, apart[pattern[step % pattern.length]], state.shape);
        } else {
          const chosen = new Uint8Array(B * H * W);
          for (let b = 0; b < B; b++) {
            chosen.set(chosenStyles(limitValues, H * W, step, draw.firstSample + b, draw.seed), b * H * W);
          }
          delta = deltaOf(features, apart[0], state.shape);
          for (let m = 1; m < count; m++) {
            const cells = tf.tensor4d(
              chosen.map((style) => (style === m ? 1 : 0)),
              [B, H, W, 1],
              'bool',
            );
            delta = tf.where(tf.tile(cells, [1, 1, 1, C]), deltaOf(features, apart[m], state.shape), delta);
          }
        }
        const updated = tf.add<tf.Tensor4D>(
          state,
          tf.mul(delta, firingTensor(state.shape, automaton, draw, t)),
        );
        const kept = tf.mul<tf.Tensor4D>(updated, keptCells(state, updated, automaton));
        return withHeld(kept, holding);
      });
      if (t > 0) state.dispose();
      state = next;
    }
    return state;
  });
}

/** Rule m of the M, [R, …]. */
export function ruleOf(rules: RuleTensors, m: number, count: number): RuleTensors {
  const R = rules.w0.shape[0] / count;
  const part = <T extends tf.Tensor>(tensor: T): T => tf.slice(tensor, m * R, R);
  return { w0: part(rules.w0), b0: part(rules.b0), w1: part(rules.w1) };
}
