/**
 * Pictures to latents and rules, without the noise of training, and rules in and out of tensors. Whoever calls owns
 * the result and disposes it.
 */
import type { RuleValues } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { decode } from '#engine/network/decoders.ts';
import { encode, encoderInput } from '#engine/network/encoder.ts';
import { networkOf, rulePartShape } from '#engine/network/weights.ts';
import type { DecoderName, RulePart, Weights } from '#engine/network/weights.ts';
import type { RuleTensors } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';

/** Premultiplied RGBA pictures [n, H, W, 4] → their mean latents [n, E]. */
export function inferLatents(weights: Weights, spec: ModelSpec, rgba: Float32Array): tf.Tensor2D {
  const { height: H, width: W } = spec.grid;
  const { planes } = networkOf(spec);
  return tf.tidy(() => {
    const images = tf.tensor4d(encoderInput(spec, rgba), [rgba.length / (H * W * 4), H, W, planes]);
    return encode(weights, spec, images).mean;
  });
}

/** Premultiplied RGBA pictures [n, H, W, 4] → the rules of their mean latents. */
export function inferRules(weights: Weights, spec: ModelSpec, rgba: Float32Array): RuleTensors {
  const z = inferLatents(weights, spec, rgba);
  const rules = rulesOfLatents(weights, spec, z);
  z.dispose();
  return rules;
}

/** Latents [n, E] → their rules. */
export function rulesOfLatents(
  weights: Weights,
  spec: ModelSpec,
  z: tf.Tensor2D,
  decoder: DecoderName = 'decoder',
): RuleTensors {
  return tf.tidy(() => ({ ...decode(weights, spec, z, decoder) }));
}

export async function readRules(rules: RuleTensors): Promise<RuleValues> {
  const values = async (part: tf.Tensor): Promise<Float32Array> => (await part.data<'float32'>()).slice();
  return {
    count: rules.w0.shape[0],
    w0: await values(rules.w0),
    b0: await values(rules.b0),
    w1: await values(rules.w1),
  };
}

/** @throws AppError mismatch if the values are not those of the spec's automaton */
export function rulesOfValues(spec: ModelSpec, rules: RuleValues): RuleTensors {
  const part = (name: RulePart): tf.Tensor => {
    const shape = [rules.count, ...rulePartShape(spec, name)];
    const values = rules[name];
    if (values.length !== shape.reduce((product, size) => product * size, 1)) {
      throw new AppError(
        'mismatch',
        `The rule's ${name} has ${values.length} values where the spec asks for [${shape.join(', ')}]; use a rule of the same automaton.`,
      );
    }
    return tf.tensor(values.slice(), shape, 'float32');
  };
  return tf.tidy(() => ({
    w0: part('w0') as tf.Tensor3D,
    b0: part('b0') as tf.Tensor2D,
    w1: part('w1') as tf.Tensor3D,
  }));
}

/** One of several rules. */
export function ruleAt(rules: RuleValues, index: number): RuleValues {
  const slice = (values: Float32Array): Float32Array => {
    const size = values.length / rules.count;
    return values.slice(index * size, (index + 1) * size);
  };
  return { count: 1, w0: slice(rules.w0), b0: slice(rules.b0), w1: slice(rules.w1) };
}
