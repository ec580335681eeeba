import { test } from 'node:test';
import fc from 'fast-check';
import { tf } from '#engine/tf.ts';
import { check, checkRandom, describeBuilds, noise, run } from './both-backends.ts';

interface ProductShape {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  /** Leading sizes of a and of b. */
  readonly batchA?: readonly number[];
  readonly batchB?: readonly number[];
}

const size = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 70 }));
const sizes = { m: size, k: size, n: size, transposeA: fc.boolean(), transposeB: fc.boolean() };

const products: fc.Arbitrary<ProductShape> = fc
  .record({
    ...sizes,
    batches: fc.constantFrom(
      { batchA: [], batchB: [] },
      { batchA: [3], batchB: [3] },
      { batchA: [1], batchB: [4] },
      { batchA: [4], batchB: [1] },
      { batchA: [2, 3], batchB: [2, 3] },
    ),
  })
  .map(({ batches, ...rest }) => ({ ...rest, ...batches }));

const plain = { transposeA: false, transposeB: false };
const corners: Readonly<Record<string, ProductShape>> = {
  'one value': { m: 1, k: 1, n: 1, ...plain },
  'a row': { m: 1, k: 600, n: 100, ...plain },
  'two rows, few columns': { m: 2, k: 33, n: 5, ...plain },
  'deeper than two panels, taller than a block of rows': { m: 197, k: 517, n: 37, ...plain },
  'wide enough for every thread': { m: 7, k: 300, n: 260, ...plain },
  'deep, a transposed': { m: 100, k: 513, n: 40, transposeA: true, transposeB: false },
  'deep, b transposed': { m: 13, k: 257, n: 150, transposeA: false, transposeB: true },
  'deep, both transposed': { m: 6, k: 260, n: 16, transposeA: true, transposeB: true },
  'a factor for each row of a batch': { m: 1, k: 1, n: 50, ...plain, batchA: [6], batchB: [6] },
};

function product({ m, k, n, transposeA, transposeB, batchA = [], batchB = [] }: ProductShape): tf.Tensor[] {
  const a = noise([...batchA, ...(transposeA ? [k, m] : [m, k])], 1);
  const b = noise([...batchB, ...(transposeB ? [n, k] : [k, n])], 2);
  return [tf.matMul(a, b, transposeA, transposeB)];
}

type FusedShape = ProductShape & { batch: number; bias: 'none' | 'columns' | 'one'; activation: string };

const fused: fc.Arbitrary<FusedShape> = fc.record({
  ...sizes,
  batch: fc.constantFrom(1, 1, 3),
  bias: fc.constantFrom<FusedShape['bias']>('none', 'columns', 'one'),
  // The last is not among our own.
  activation: fc.constantFrom('linear', 'relu', 'elu'),
});

function fusedProduct(shape: FusedShape): tf.Tensor[] {
  const { m, k, n, batch, transposeA, transposeB, activation } = shape;
  const a = noise([batch, ...(transposeA ? [k, m] : [m, k])], 1);
  const b = noise([batch, ...(transposeB ? [n, k] : [k, n])], 2);
  const bias = shape.bias === 'none' ? {} : { bias: noise(shape.bias === 'one' ? [1] : [n], 3) };
  return [run(tf._FusedMatMul, { a, b, ...bias }, { transposeA, transposeB, activation })];
}

describeBuilds('matrix products', () => {
  test('of any size, transposed or not, with batches on either side', () => checkRandom(products, product));
  for (const [name, shape] of Object.entries(corners)) test(name, () => check(() => product(shape)));
  test('with bias and activation in one', () => checkRandom(fused, fusedProduct));
});
