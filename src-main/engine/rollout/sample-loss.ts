/**
 * The loss of final states in tfjs ops, differentiable: what the rollout kernels compute at once, for the composed
 * rollout and for states that are there already (validation).
 */
import type { LossKind } from '#domain/model-spec.ts';
import { tf } from '#engine/tf.ts';

/** Bounds of p in bce, as float32 has them: 1 − p must come out the same everywhere. */
export const BCE_LOW = Math.fround(0.001);
export const BCE_HIGH = Math.fround(0.999);

/**
 * Loss of each sample [B]: the mean over H·W·4 of weight·ℓ(state[…, :4], target). ℓ is (x − t)², or bce:
 * −(t·log p + (1 − t)·log(1 − p)) with p = x clamped to 0.001…0.999, continued linearly outside.
 * @param state [B, H, W, C]
 * @param target [B, H, W, 4]
 * @param pixelWeight [B, H, W]
 */
export function sampleLoss(
  state: tf.Tensor4D,
  target: tf.Tensor4D,
  loss: LossKind,
  pixelWeight?: tf.Tensor3D,
): tf.Tensor1D {
  return tf.tidy(() => {
    const rgba = tf.slice(state, [0, 0, 0, 0], [-1, -1, -1, 4]);
    const values = loss === 'mse' ? tf.square(tf.sub(rgba, target)) : crossEntropy(rgba, target);
    const weighted = pixelWeight === undefined ? values : tf.mul(values, tf.expandDims(pixelWeight, 3));
    return tf.mean<tf.Tensor1D>(weighted, [1, 2, 3]);
  });
}

function crossEntropy(x: tf.Tensor4D, target: tf.Tensor4D): tf.Tensor4D {
  const p = tf.clipByValue(x, BCE_LOW, BCE_HIGH);
  const q = tf.sub(1, p);
  const absent = tf.sub(1, target);
  const inside = tf.neg(tf.add(tf.mul(target, tf.log(p)), tf.mul(absent, tf.log(q))));
  const slope = tf.sub(tf.div(absent, q), tf.div(target, p));
  return tf.add(inside, tf.mul(slope, tf.sub(x, p)));
}
