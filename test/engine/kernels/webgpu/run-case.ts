/** A case of the parity suite on a backend whose values are read by and by: the same names as runCase gives. */
import { rollout, rolloutLoss, type RuleTensors } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';
import {
  holdTensors,
  ruleTensors,
  stateGradientOf,
  stateShape,
  type Results,
  type RolloutCase,
} from '#test/engine/rollout/rollout-case.ts';

const names = ['dx0', 'dw0', 'db0', 'dw1'] as const;

export async function runCaseAsync(spec: RolloutCase): Promise<Results> {
  const tensors = tf.tidy(() => everything(spec));
  const results = new Map<string, Float32Array>();
  for (const [name, tensor] of Object.entries(tensors)) results.set(name, await tensor.data<'float32'>());
  tf.dispose(tensors);
  return results;
}

function everything(spec: RolloutCase): Record<string, tf.Tensor> {
  const { automaton, steps, draw, batch: B, grid } = spec;
  const x0 = tf.tensor4d(spec.x0, stateShape(spec));
  const rule = ruleTensors(spec);
  const dy = tf.tensor4d(stateGradientOf(spec), stateShape(spec));
  const target = tf.tensor4d(spec.target, [B, grid.height, grid.width, 4]);
  const common = { steps, draw, hold: holdTensors(spec) };
  const weight =
    spec.pixelWeight === null
      ? {}
      : { pixelWeight: tf.tensor3d(spec.pixelWeight, [B, grid.height, grid.width]) };
  const inputs = [x0, rule.w0, rule.b0, rule.w1];

  const fromState = tf.grads((x0, w0, b0, w1) =>
    tf.sum(tf.mul(dy, rollout(x0 as tf.Tensor4D, { w0, b0, w1 } as RuleTensors, automaton, common))),
  )(inputs);
  let loss: tf.Tensor | undefined;
  let state: tf.Tensor | undefined;
  const fromLoss = tf.grads((x0, w0, b0, w1) => {
    const result = rolloutLoss(x0 as tf.Tensor4D, { w0, b0, w1 } as RuleTensors, target, automaton, {
      ...common,
      ...weight,
      loss: spec.loss,
      needsStateGradient: true,
    });
    loss = tf.keep(result.loss);
    state = result.state;
    return tf.sum(tf.mul(result.loss, tf.range(1, B + 1)));
  })(inputs);
  return {
    state: rollout(x0, rule, automaton, common),
    ...Object.fromEntries(names.map((name, i) => [`Σ dy·state: ${name}`, fromState[i]])),
    loss: loss!,
    'state of the loss': state!,
    ...Object.fromEntries(names.map((name, i) => [`loss: ${name}`, fromLoss[i]])),
  };
}
