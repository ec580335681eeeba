/**
 * What is done to gradients before Adam sees them. A long rollout now and then gives one sample, or one iteration, a
 * gradient many times larger than the others; these keep such a one from undoing hundreds of iterations.
 * `balanceSamples` works on each sample's rule gradient before it enters the decoders, `gradientScales` on the weights'.
 */
import { hasKernel, registerPlainKernel, runKernel, valuesOf } from '#engine/network/plain-kernels.ts';
import type { SampleBalance } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';

/**
 * `clip`: a sample's rule gradient is at most `sampleLimit` times the batch's median norm; `equalise`: all have the
 * median norm.
 */
export type SampleGradient = 'none' | 'clip' | 'equalise';

/**
 * `clip-global-norm`: all weights' gradients together have at most the given norm; `normalise`: each weight's gradient
 * is divided by its norm (Distill 2020).
 */
export type WeightGradient = 'none' | 'clip-global-norm' | 'normalise';

export const SUM_OF_SQUARES = 'SumOfSquares';

/** What rolloutLoss' `balance` wants; undefined where nothing is to be balanced. */
export function balanceSamples(mode: SampleGradient, limit: number): SampleBalance | undefined {
  if (mode === 'none') return undefined;
  return {
    factors: (squares) => balanceFactors(squares.map(Math.sqrt), mode, limit),
    factorTensor: (squares) => balanceTensor(squares, mode, limit),
  };
}

/** The factor on each weight's gradient, and the norm of all of them together before it. */
export async function gradientScales(
  gradients: ReadonlyMap<string, tf.Tensor>,
  mode: Exclude<WeightGradient, 'none'>,
  clipNorm: number,
): Promise<{ norm: number; scales: Map<string, number> }> {
  const squares = await squaresOf(gradients);
  const norm = Math.sqrt([...squares.values()].reduce((sum, value) => sum + value, 0));
  const scales = new Map<string, number>();
  for (const [name, square] of squares) {
    const scale = mode === 'normalise' ? 1 / (Math.sqrt(square) + 1e-8) : Math.min(1, clipNorm / norm);
    scales.set(name, scale);
  }
  return { norm, scales };
}

async function squaresOf(gradients: ReadonlyMap<string, tf.Tensor>): Promise<Map<string, number>> {
  const sums = [...gradients].map(([name, gradient]) => {
    const sum = hasKernel(SUM_OF_SQUARES)
      ? runKernel(SUM_OF_SQUARES, { x: gradient })
      : tf.tidy(() => tf.sum(tf.square(gradient)));
    return { name, sum };
  });
  // Asked for together: on a graphics processor each answer takes its time.
  const values = await Promise.all(sums.map(({ sum }) => sum.data()));
  for (const { sum } of sums) sum.dispose();
  const squares = new Map(sums.map(({ name }, i) => [name, values[i][0]]));
  return squares;
}

/** The factor on each sample's gradient. A sample without a gradient keeps none. */
function balanceFactors(norms: ArrayLike<number>, mode: 'clip' | 'equalise', limit: number): Float32Array {
  const sorted = Array.from(norms).sort((a, b) => a - b);
  const median = sorted[sorted.length >> 1];
  return Float32Array.from(norms, (norm) => {
    if (norm === 0 || median === 0) return 1;
    return mode === 'equalise' ? median / norm : Math.min(1, (limit * median) / norm);
  });
}

/** The same in tfjs ops. */
function balanceTensor(squares: tf.Tensor1D, mode: 'clip' | 'equalise', limit: number): tf.Tensor1D {
  return tf.tidy(() => {
    const [B] = squares.shape;
    const norms = tf.sqrt(squares);
    const descending = tf.topk(norms, B).values;
    const median = tf.slice(descending, B - 1 - (B >> 1), 1);
    const factors = tf.div(tf.mul(median, mode === 'equalise' ? 1 : limit), norms);
    const limited = mode === 'equalise' ? factors : tf.minimum(factors, 1);
    const isNothing = tf.logicalOr(tf.equal(norms, 0), tf.tile(tf.equal(median, 0), [B]));
    return tf.where<tf.Tensor1D>(isNothing, tf.onesLike(norms), limited as tf.Tensor1D);
  });
}

registerPlainKernel(SUM_OF_SQUARES, (call) => {
  const x = valuesOf(call, 'x');
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i] * x[i];
  return call.backend.makeTensorInfo([], 'float32', Float32Array.of(sum));
});
