/**
 * The latent's part of the loss, and the sample that is decoded. Gaussian (the paper): z = mean + σ·ε and the KL
 * divergence −½·Σ(1 + logvar − mean² − e^logvar). Deterministic (the authors' code): z = mean and Σz². Both are
 * means over the batch; the trainer multiplies them by the spec's klWeight.
 */
import type { Latent } from '#engine/network/encoder.ts';
import { tf } from '#engine/tf.ts';

/** z [B, E]; noise [B, E] holds ε, of mean 0 and variance 1. */
export function sampleLatent(latent: Latent, noise: tf.Tensor2D): tf.Tensor2D {
  if (!latent.logVariance) return latent.mean;
  const sigma = tf.exp(tf.mul(latent.logVariance, 0.5));
  return tf.add(latent.mean, tf.mul(sigma, noise));
}

/** KL divergence from the unit gaussian, or Σz²; a mean over the batch. */
export function latentPenalty({ mean, logVariance }: Latent): tf.Scalar {
  const batch = mean.shape[0];
  const squares = tf.square(mean);
  if (!logVariance) return tf.div(tf.sum(squares), batch);
  const terms = tf.sub(tf.sub(tf.add(logVariance, 1), squares), tf.exp(logVariance));
  return tf.mul(tf.sum(terms), -0.5 / batch);
}
