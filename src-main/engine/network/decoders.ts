/** Latents to rules: three perceptrons of the same widths, one each for w0, b0 and w1. */
import type { ModelSpec } from '#domain/model-spec.ts';
import { dense } from '#engine/network/layers.ts';
import { networkOf, rulePartShape, weightOf } from '#engine/network/weights.ts';
import type { DecoderName, RulePart, Weights } from '#engine/network/weights.ts';
import type { RuleTensors } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';

/** z [B, E] → a rule a sample. Differentiable in z and the weights. The caller disposes the result. */
export function decode(
  weights: Weights,
  spec: ModelSpec,
  z: tf.Tensor2D,
  decoder: DecoderName = 'decoder',
): RuleTensors {
  const layers = networkOf(spec)[decoder]?.length ?? 0;
  const part = (name: RulePart): tf.Tensor => {
    let x = z;
    for (let i = 0; i <= layers; i++) {
      const kernel = weightOf(weights, `${decoder}.${name}.${i}.kernel`);
      const bias = weightOf(weights, `${decoder}.${name}.${i}.bias`);
      x = dense(x, kernel, bias, i < layers ? 'relu' : 'linear');
    }
    return tf.reshape(x, [z.shape[0], ...rulePartShape(spec, name)]);
  };
  return { w0: part('w0') as tf.Tensor3D, b0: part('b0') as tf.Tensor2D, w1: part('w1') as tf.Tensor3D };
}

/** The decoders of a rule by which pictures grow with their known cells held. */
export function heldDecoderOf(spec: ModelSpec): DecoderName {
  return networkOf(spec).heldDecoder === undefined ? 'decoder' : 'heldDecoder';
}
