import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tf } from '#engine/tf.ts';

/** Σ weights·f(inputs) must change by its gradient when an input changes: central differences. */
function check(f: (...inputs: tf.Tensor[]) => tf.Tensor, ...inputs: tf.Tensor[]): void {
  tf.tidy(() => {
    const weights = tf.randomNormal(f(...inputs).shape, 0, 1, 'float32', 5);
    const total = (...changed: tf.Tensor[]): tf.Scalar => tf.sum(tf.mul(weights, f(...changed)));
    const gradients = tf.grads(total)(inputs);
    for (const [i, input] of inputs.entries()) {
      assert.deepEqual(gradients[i].shape, input.shape);
      const gradient = gradients[i].dataSync();
      for (let at = 0; at < input.size; at += Math.ceil(input.size / 12)) {
        const [up, down] = [1e-2, -1e-2].map((change) => {
          const values = input.dataSync().slice();
          values[at] += change;
          const changed = inputs.with(i, tf.tensor(values, input.shape));
          return total(...changed).dataSync()[0];
        });
        const expected = (up - down) / 2e-2;
        assert.ok(
          Math.abs(gradient[at] - expected) < 5e-3 * Math.max(1, Math.abs(expected)),
          `input ${i}[${at}]: ${gradient[at]}, by differences ${expected}`,
        );
      }
    }
  });
}

const normal = (...shape: number[]): tf.Tensor => tf.randomNormal(shape, 0, 1, 'float32', shape.length + 1);
const positive = (...shape: number[]): tf.Tensor => tf.randomUniform(shape, 0.5, 2, 'float32', 3);
/** Distinct values, 0.1 apart, so that a maximum is no tie. */
const distinct = (...shape: number[]): tf.Tensor => {
  const size = tf.util.sizeFromShape(shape);
  return tf.tensor(
    Array.from({ length: size }, (_, i) => ((i * 7919) % size) * 0.1 - size * 0.05 + 0.05),
    shape,
  );
};

const cases: Readonly<Record<string, () => void>> = {
  identity: () => check((x) => tf.clone(x), normal(3, 2)),
  cast: () => check((x) => tf.cast(x, 'float32'), normal(3, 2)),
  neg: () => check((x) => tf.neg(x), normal(3, 2)),
  square: () => check((x) => tf.square(x), normal(3, 2)),
  sqrt: () => check((x) => tf.sqrt(x), positive(3, 2)),
  exp: () => check((x) => tf.exp(x), normal(3, 2)),
  log: () => check((x) => tf.log(x), positive(3, 2)),
  relu: () => check((x) => tf.relu(x), distinct(3, 4)),
  reshape: () => check((x) => tf.reshape(x, [6]), normal(3, 2)),
  expandDims: () => check((x) => tf.expandDims(x, 1), normal(3, 2)),
  clipByValue: () => check((x) => tf.clipByValue(x, -0.3, 0.3), distinct(3, 4)),
  transpose: () => check((x) => tf.transpose(x, [2, 0, 1]), normal(2, 3, 4)),
  slice: () => check((x) => tf.slice(x, [0, 1, 1], [-1, 2, -1]), normal(2, 3, 4)),
  sum: () => check((x) => tf.sum(x), normal(2, 3)),
  'sum over axes': () => check((x) => tf.sum(x, [0, 2]), normal(2, 3, 4)),
  'sum with kept axes': () => check((x) => tf.sum(x, 1, true), normal(2, 3, 4)),
  mean: () => check((x) => tf.mean(x), normal(2, 3)),
  'mean over axes': () => check((x) => tf.mean(x, [1, 2]), normal(2, 3, 4)),
  add: () => check((a, b) => tf.add(a, b), normal(2, 3, 4), normal(3, 1)),
  sub: () => check((a, b) => tf.sub(a, b), normal(4), normal(2, 3, 1)),
  mul: () => check((a, b) => tf.mul(a, b), normal(2, 1, 4), normal(2, 3, 1)),
  div: () => check((a, b) => tf.div(a, b), normal(2, 3), positive(3)),
  'div by a number': () => check((a) => tf.div(a, 3), normal(2, 3)),
  matMul: () => check((a, b) => tf.matMul(a, b), normal(3, 4), normal(4, 2)),
  'matMul, a transposed': () => check((a, b) => tf.matMul(a, b, true, false), normal(4, 3), normal(4, 2)),
  'matMul, b transposed': () => check((a, b) => tf.matMul(a, b, false, true), normal(3, 4), normal(2, 4)),
  'matMul, both transposed': () => check((a, b) => tf.matMul(a, b, true, true), normal(4, 3), normal(2, 4)),
  'matMul of batches': () => check((a, b) => tf.matMul(a, b), normal(2, 3, 4), normal(2, 4, 2)),
  conv2d: () =>
    check(
      (x, filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 2, 'same'),
      normal(2, 5, 5, 2),
      normal(3, 3, 2, 3),
    ),
  'fused conv2d with bias and relu': () =>
    check(
      (x, filter, bias) =>
        tf.fused.conv2d({
          x: x as tf.Tensor4D,
          filter: filter as tf.Tensor4D,
          strides: 1,
          pad: 'valid',
          bias,
          activation: 'relu',
        }),
      positive(1, 4, 4, 2),
      positive(3, 3, 2, 3),
      positive(3),
    ),
  maxPool: () => check((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'), distinct(1, 4, 4, 2)),
  concat: () => check((a, b) => tf.concat([a, b], 1), normal(2, 3), normal(2, 2)),
  split: () => check((x) => tf.add(...(tf.split(x, 2, 1) as [tf.Tensor, tf.Tensor])), normal(3, 4)),
};

for (const [name, run] of Object.entries(cases)) test(`gradient of ${name}`, run);
