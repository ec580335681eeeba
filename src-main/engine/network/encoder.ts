/**
 * Images to latents. The encoder sees the spec's planes of the premultiplied RGBA picture: the value of a digit, the
 * colour of a photograph, or all four. ReLU follows every convolution; the latent's layers are linear.
 */
import type { ModelSpec } from '#domain/model-spec.ts';
import { convolution, dense } from '#engine/network/layers.ts';
import { networkOf, weightOf } from '#engine/network/weights.ts';
import type { Weights } from '#engine/network/weights.ts';
import { tf } from '#engine/tf.ts';

export interface Latent {
  /** [B, E]; for a deterministic latent this is z. */
  readonly mean: tf.Tensor2D;
  /** [B, E], for a gaussian latent. */
  readonly logVariance?: tf.Tensor2D;
}

/** images [B, H, W, planes], see encoderInput. Differentiable in the weights only. The caller disposes the result. */
export function encode(weights: Weights, spec: ModelSpec, images: tf.Tensor4D): Latent {
  const network = networkOf(spec);
  let x = images;
  let index = 0;
  for (const layer of network.encoder) {
    if (layer.kind === 'pool') {
      x = tf.maxPool(x, 2, 2, 'valid');
      continue;
    }
    const filter = weightOf(weights, `encoder.${index}.kernel`);
    const bias = weightOf(weights, `encoder.${index}.bias`);
    const { stride, padding } = layer;
    x = convolution(x, filter, bias, { stride, padding, inputGradient: index > 0 });
    index++;
  }
  const flat = tf.reshape<tf.Rank.R2>(x, [images.shape[0], -1]);
  const head = (name: string): tf.Tensor2D =>
    dense(flat, weightOf(weights, `${name}.kernel`), weightOf(weights, `${name}.bias`), 'linear');
  const mean = head('latent.mean');
  return network.latentKind === 'gaussian' ? { mean, logVariance: head('latent.logvar') } : { mean };
}

/** The encoder's planes [n, H, W, planes] of premultiplied RGBA pictures [n, H, W, 4]. */
export function encoderInput(spec: ModelSpec, rgba: Float32Array): Float32Array {
  const { planes } = networkOf(spec);
  if (planes === 4) return rgba.slice();
  const cells = rgba.length / 4;
  const input = new Float32Array(cells * planes);
  for (let cell = 0; cell < cells; cell++) {
    for (let p = 0; p < planes; p++) input[cell * planes + p] = rgba[cell * 4 + p];
  }
  return input;
}
