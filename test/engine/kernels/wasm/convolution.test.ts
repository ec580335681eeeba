import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { tf } from '#engine/tf.ts';
import { check, checkRandom, describeBuilds, noise, onWasm, run } from './both-backends.ts';

interface Shape {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly planes: number;
  readonly filters: number;
  /** Height and width. */
  readonly kernel: readonly [number, number];
  readonly stride: number;
  readonly pad: 'same' | 'valid';
  readonly activation: 'none' | 'linear' | 'relu' | 'elu';
  readonly biased: boolean;
}

const shapes: fc.Arbitrary<Shape> = fc
  .record({
    batch: fc.integer({ min: 1, max: 4 }),
    height: fc.integer({ min: 1, max: 11 }),
    width: fc.integer({ min: 1, max: 11 }),
    planes: fc.integer({ min: 1, max: 9 }),
    filters: fc.integer({ min: 1, max: 20 }),
    kernel: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
    stride: fc.constantFrom(1, 1, 2, 3),
    pad: fc.constantFrom<Shape['pad']>('same', 'valid'),
    activation: fc.constantFrom<Shape['activation']>('none', 'linear', 'relu', 'elu'),
    biased: fc.boolean(),
  })
  .map((shape) => {
    const least = shape.pad === 'same' ? [1, 1] : shape.kernel;
    return { ...shape, height: Math.max(shape.height, least[0]), width: Math.max(shape.width, least[1]) };
  });

const usual = { stride: 1, pad: 'same', activation: 'relu', biased: true } as const;
const corners: Readonly<Record<string, Shape>> = {
  'a filter too large for a thread’s cache': {
    ...usual,
    ...{ batch: 3, height: 5, width: 4, planes: 64, filters: 120, kernel: [3, 3] },
  },
  'patches of more samples than fit at once': {
    ...usual,
    ...{ batch: 300, height: 7, width: 7, planes: 64, filters: 2, kernel: [5, 5], pad: 'valid' },
  },
  'many filters, no bias': {
    ...usual,
    ...{ batch: 2, height: 5, width: 5, planes: 3, filters: 300, kernel: [1, 1], biased: false },
  },
  'more samples than groups of the gradient’s sum': {
    ...usual,
    ...{ batch: 19, height: 6, width: 6, planes: 2, filters: 5, kernel: [3, 3] },
  },
  'larger than a block of patches': {
    ...usual,
    ...{ batch: 2, height: 30, width: 28, planes: 8, filters: 9, kernel: [5, 3], stride: 2 },
  },
};

const attrsOf = ({ stride, pad }: Shape) => ({
  strides: [stride, stride],
  pad,
  dataFormat: 'NHWC',
  dilations: [1, 1],
});

const inputOf = ({ batch, height, width, planes }: Shape): tf.Tensor =>
  noise([batch, height, width, planes], 1);
const filterOf = ({ kernel, planes, filters }: Shape): tf.Tensor => noise([...kernel, planes, filters], 2);

/** A random gradient of the result. */
function gradientOf({ batch, height, width, filters, kernel, stride, pad }: Shape): tf.Tensor {
  const along = (size: number, window: number): number =>
    Math.ceil((pad === 'same' ? size : size - window + 1) / stride);
  return noise([batch, along(height, kernel[0]), along(width, kernel[1]), filters], 4);
}

function forward(shape: Shape): tf.Tensor[] {
  const inputs = { x: inputOf(shape), filter: filterOf(shape) };
  const { activation, biased, filters } = shape;
  if (activation === 'none') return [run(tf.Conv2D, inputs, attrsOf(shape))];
  const bias = biased ? { bias: noise([filters], 3) } : {};
  return [run(tf.FusedConv2D, { ...inputs, ...bias }, { ...attrsOf(shape), activation })];
}

function filterGradient(shape: Shape): tf.Tensor[] {
  const attrs = { ...attrsOf(shape), filterShape: filterOf(shape).shape };
  return [run(tf.Conv2DBackpropFilter, { x: inputOf(shape), dy: gradientOf(shape) }, attrs)];
}

function inputGradient(shape: Shape): tf.Tensor[] {
  const attrs = { ...attrsOf(shape), inputShape: inputOf(shape).shape };
  return [run(tf.Conv2DBackpropInput, { dy: gradientOf(shape), filter: filterOf(shape) }, attrs)];
}

const pools = fc.tuple(
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 2, max: 11 }),
  fc.integer({ min: 2, max: 11 }),
  fc.integer({ min: 1, max: 9 }),
);

function pool(shape: number[]): tf.Tensor[] {
  const x = noise(shape, 1);
  const attrs = { filterSize: [2, 2], strides: [2, 2], pad: 'valid' };
  const output = run(tf.MaxPool, { x }, attrs);
  return [output, run(tf.MaxPoolGrad, { dy: noise(output.shape, 2), input: x, output }, attrs)];
}

describeBuilds('convolutions', () => {
  test('forward: strides and paddings, bias and activation or none', () => checkRandom(shapes, forward));
  test('the filter’s gradient', () => checkRandom(shapes, filterGradient));
  test('the input’s gradient', () => checkRandom(shapes, inputGradient));

  for (const [name, shape] of Object.entries(corners)) {
    test(`${name}: forward and both gradients`, async () => {
      for (const compute of [forward, filterGradient, inputGradient]) await check(() => compute(shape));
    });
  }

  test('2×2 maxima and their gradient, odd sizes too', () => checkRandom(pools, pool));

  test('what is not a number stays so through ReLU, and reaches nothing that does not see it', async () => {
    await onWasm();
    tf.tidy(() => {
      const values = noise([1, 9, 9, 8], 1).dataSync().slice();
      values[(4 * 9 + 4) * 8] = NaN;
      const x = tf.tensor(values, [1, 9, 9, 8]);
      const inputs = { x, filter: noise([3, 3, 8, 8], 2), bias: noise([8], 3) };
      const attrs = {
        strides: [1, 1],
        pad: 'same',
        dataFormat: 'NHWC',
        dilations: [1, 1],
        activation: 'relu',
      };
      const out = run(tf.FusedConv2D, inputs, attrs).dataSync();
      out.forEach((value, i) => {
        const [y, column] = [Math.floor(i / 8 / 9), Math.floor(i / 8) % 9];
        assert.equal(Number.isNaN(value), Math.abs(y - 4) <= 1 && Math.abs(column - 4) <= 1, `value ${i}`);
      });
    });
  });
});
