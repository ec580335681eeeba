/**
 * How much tfjs's own programs compute, about, so that none keeps a graphics processor too long: multiply-adds, or values
 * touched where that is more.
 */
import type { tf } from '#engine/tf.ts';
import type { Work } from './submission-pace.ts';

/** What of tfjs's WebGPUProgram is looked at. */
interface Program {
  readonly shaderKey: string;
  readonly outputShape: readonly number[];
}

export function workOf({ shaderKey, outputShape }: Program, inputs: readonly tf.TensorInfo[]): Work {
  const kind = /^[A-Za-z0-9]+/.exec(shaderKey)?.[0] ?? '';
  const output = sizeOf(outputShape);
  const touched = inputs.reduce((sum, { shape }) => sum + sizeOf(shape), output);
  return { kind, units: Math.max(touched, multiplyAdds(kind, outputShape, inputs)) };
}

function multiplyAdds(
  kind: string,
  outputShape: readonly number[],
  inputs: readonly tf.TensorInfo[],
): number {
  const output = sizeOf(outputShape);
  const [a, b] = inputs.map(({ shape }) => shape);
  if (kind.startsWith('matMul')) {
    // a is [batch, M, K] or [batch, K, M], the output [batch, M, N].
    return (output * sizeOf(a)) / (a[0] * outputShape[outputShape.length - 2]);
  }
  // Filters are [height, width, inputs, outputs]; every place of the output, or of its gradient, meets all of it once.
  if (kind === 'conv2DMM' || kind === 'conv2dnaive') return (output / b[3]) * sizeOf(b);
  if (kind === 'conv2DDerInput') return (sizeOf(a) / b[3]) * sizeOf(b);
  if (kind === 'conv2DDerFilter') return (sizeOf(b) / b[3]) * output;
  return 0;
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
