/**
 * Whether the TensorFlow that was set up computes: FOLDER → one line of JSON. A product of matrices, and the gradient
 * of a convolution, both beside tfjs' plain kernels; and how fast a large product is. Runs in a process of its own.
 */
import process from 'node:process';
import { tf } from '#engine/tf.ts';
import { useTensorflowBackend } from '#hosts/engine/tensorflow/backend.ts';

export interface CheckReport {
  readonly onGpu: boolean;
  readonly threads: number;
  /** Largest differences from the plain kernels, relative to the largest value. */
  readonly matmulError: number;
  readonly gradientError: number;
  readonly gflops: number;
}

const BOUND = 1e-5;
const SIDE = 1024;

const backend = await useTensorflowBackend(undefined, { folder: process.argv[2] });
const report: CheckReport = {
  onGpu: backend.onGpu,
  threads: backend.threads,
  matmulError: await difference(product),
  gradientError: await difference(convolutionGradient),
  gflops: speed(),
};
for (const error of [report.matmulError, report.gradientError]) {
  if (!(error <= BOUND)) {
    throw new Error(`its results differ from the plain kernels' by ${error} of the largest value`);
  }
}
process.stdout.write(`${JSON.stringify(report)}\n`);

function product(): tf.Tensor {
  return tf.matMul(
    tf.randomUniform([64, 96], -1, 1, 'float32', 1),
    tf.randomUniform([96, 32], -1, 1, 'float32', 2),
  );
}

function convolutionGradient(): tf.Tensor {
  const x = tf.randomUniform<tf.Rank.R4>([2, 12, 12, 3], -1, 1, 'float32', 3);
  const filter = tf.randomUniform<tf.Rank.R4>([3, 3, 3, 8], -1, 1, 'float32', 4);
  return tf.grad((w) => tf.sum(tf.square(tf.conv2d(x, w as tf.Tensor4D, 1, 'same'))))(filter);
}

/** Of the results on both backends. */
async function difference(compute: () => tf.Tensor): Promise<number> {
  const actual = tf.tidy(() => compute().dataSync<'float32'>());
  await tf.setBackend('cpu');
  const expected = tf.tidy(() => compute().dataSync<'float32'>());
  await tf.setBackend('tensorflow');
  const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return actual.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0) / largest;
}

/** Of the best of some products, in GFLOP/s. */
function speed(): number {
  const a = tf.randomUniform([SIDE, SIDE]);
  let best = Infinity;
  for (let i = 0; i < 8; i++) {
    const start = performance.now();
    tf.tidy(() => tf.slice(tf.matMul(a, a), [0, 0], [1, 1]).dataSync());
    best = Math.min(best, performance.now() - start);
  }
  a.dispose();
  return (2 * SIDE ** 3) / best / 1e6;
}
