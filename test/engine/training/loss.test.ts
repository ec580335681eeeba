import assert from 'node:assert/strict';
import test from 'node:test';
import { tf } from '#engine/tf.ts';
import { latentPenalty, sampleLatent } from '#engine/training/loss.ts';

await tf.setBackend('cpu');

test('the penalty is the KL divergence from the unit gaussian, or the sum of squares; a mean over the batch', () => {
  tf.tidy(() => {
    const mean = tf.tensor2d([1, 2, 0, -1], [2, 2]);
    const logVariance = tf.tensor2d([0, -1, 1, 0.5], [2, 2]);
    const kl = (m: number, v: number): number => -0.5 * (1 + v - m * m - Math.exp(v));
    const expected = (kl(1, 0) + kl(2, -1) + kl(0, 1) + kl(-1, 0.5)) / 2;
    assert.ok(Math.abs(latentPenalty({ mean, logVariance }).dataSync()[0] - expected) < 1e-6);
    assert.equal(latentPenalty({ mean }).dataSync()[0], 3);
    const standard = { mean: tf.zeros<tf.Rank.R2>([3, 4]), logVariance: tf.zeros<tf.Rank.R2>([3, 4]) };
    assert.ok(Math.abs(latentPenalty(standard).dataSync()[0]) < 1e-9);
  });
});

test('z is mean plus noise of the given variance; a deterministic latent ignores the noise', () => {
  tf.tidy(() => {
    const mean = tf.tensor2d([1, 2], [1, 2]);
    const logVariance = tf.tensor2d([0, Math.log(4)], [1, 2]);
    const noise = tf.tensor2d([0.5, -1], [1, 2]);
    const z = [...sampleLatent({ mean, logVariance }, noise).dataSync()];
    assert.ok(Math.abs(z[0] - 1.5) < 1e-6 && Math.abs(z[1] - 0) < 1e-6);
    assert.deepEqual([...sampleLatent({ mean }, noise).dataSync()], [1, 2]);
  });
});
