import { test } from 'node:test';
import fc from 'fast-check';
import { BIAS_GRADIENT, RELU_MASK } from '#engine/network/layers.ts';
import { variableOf } from '#engine/network/weights.ts';
import { tf } from '#engine/tf.ts';
import { createAdam, defaultAdam } from '#engine/training/adam.ts';
import { SUM_OF_SQUARES } from '#engine/training/gradients.ts';
import { checkRandom, describeBuilds, noise, run } from './both-backends.ts';

const pairs = fc.record({
  rows: fc.constantFrom(1, 3, 130),
  columns: fc.constantFrom(1, 33, 64, 601),
  isColumn: fc.boolean(),
});

function pair({
  rows,
  columns,
  isColumn,
}: {
  rows: number;
  columns: number;
  isColumn: boolean;
}): tf.Tensor[] {
  const a = noise([rows, columns], 1);
  const b = noise(isColumn ? [rows, 1] : [rows, columns], 2);
  return [tf.add(a, b), tf.mul(a, b), tf.mul(b, a)];
}

// A run of the kernels is 16,384 values.
const lengths = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constantFrom(16384, 16387, 50_001));

const matrices = fc.record({
  leading: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 3 }),
  columns: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(257)),
});

function maskAndColumns({ leading, columns }: { leading: number[]; columns: number }): tf.Tensor[] {
  const dy = noise([...leading, columns], 1);
  const y = tf.relu(noise([...leading, columns], 2));
  return [run(RELU_MASK, { dy, y }), run(BIAS_GRADIENT, { dy })];
}

interface Updates {
  readonly size: number;
  readonly averageDecay: number | null;
  readonly scale: number;
}

const updates: fc.Arbitrary<Updates> = fc.record({
  size: lengths,
  averageDecay: fc.constantFrom(null, 0.9),
  scale: fc.constantFrom(1, 0.25),
});

/** Weights, moments and average after four updates. */
function adamUpdates({ size, averageDecay, scale }: Updates): tf.Tensor[] {
  const weights = new Map([['w', variableOf(noise([size], 1).dataSync<'float32'>().slice(), [size])]]);
  const adam = createAdam(weights, { ...defaultAdam, averageDecay });
  for (let t = 0; t < 4; t++) {
    adam.update(new Map([['w', noise([size], 10 + t)]]), 0.01, new Map([['w', scale]]));
  }
  const maps = [weights, adam.m, adam.v, adam.average ?? new Map<string, tf.Variable>()];
  const results = maps.flatMap((map) => [...map.values()]).map((variable) => tf.tensor(variable.dataSync()));
  adam.dispose();
  weights.forEach((weight) => weight.dispose());
  return results;
}

describeBuilds('elementwise', () => {
  test('sums and products, of equal shapes and broadcast', () => checkRandom(pairs, pair));
  test('ReLU masks and bias gradients', () => checkRandom(matrices, maskAndColumns));
  test('sums of squares', () => checkRandom(lengths, (n) => [run(SUM_OF_SQUARES, { x: noise([n], 1) })]));
  test('Adam, with the average and without', () => checkRandom(updates, adamUpdates));
});
