/** Our gradients of layers on WebGPU beside tfjs's plain kernels, and that they repeat to the bit however they are cut. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { filterGradientPlan } from '#engine/kernels/webgpu/code/layer-code.ts';
import { BIAS_GRADIENT, RELU_MASK } from '#engine/network/layers.ts';
import { runKernel } from '#engine/network/plain-kernels.ts';
import { tf } from '#engine/tf.ts';
import { distance } from '#test/engine/rollout/rollout-case.ts';
import { missingGraphics, openGraphics } from './graphics.ts';

const skip = (await missingGraphics()) !== null;

interface FilterCase {
  readonly x: [number, number, number, number];
  readonly filter: [number, number, number, number];
  readonly stride: 1 | 2;
  readonly pad: 'same' | 'valid';
}

const cases: readonly FilterCase[] = [
  // Several sums of a small filter; edges that lie beyond the picture on all sides.
  { x: [3, 13, 11, 1], filter: [3, 3, 1, 5], stride: 1, pad: 'same' },
  // Several tiles, none of them full, on either side.
  { x: [2, 7, 6, 5], filter: [3, 3, 5, 37], stride: 2, pad: 'same' },
  { x: [2, 5, 5, 8], filter: [4, 4, 8, 33], stride: 1, pad: 'valid' },
];

const wave = (shape: number[], phase: number): tf.Tensor => {
  const size = shape.reduce((product, length) => product * length, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(phase + 1.3 * i)),
    shape,
  );
};

/** On the active backend: each filter's gradient, sums of columns, and masked values. */
async function everything(): Promise<Float32Array[]> {
  const made = tf.tidy(() => [
    ...cases.map(({ x, filter, stride, pad }) => {
      const info = tf.backend_util.computeConv2DInfo(x, filter, stride, 1, pad);
      const inputs = { x: wave(x, 1), dy: wave(info.outShape, 2) };
      const attrs = { strides: [stride, stride], pad, dataFormat: 'NHWC', filterShape: filter };
      return runKernel(tf.Conv2DBackpropFilter, inputs, attrs);
    }),
    runKernel(BIAS_GRADIENT, { dy: wave([3, 11, 23, 19], 3) }),
    runKernel(BIAS_GRADIENT, { dy: wave([2, 3], 4) }),
    runKernel(RELU_MASK, { dy: wave([5, 7, 3], 5), y: wave([5, 7, 3], 6) }),
  ]);
  const read = await Promise.all(made.map((tensor) => tensor.data<'float32'>()));
  tf.dispose(made);
  return read.map((values) => values.slice());
}

describe('gradients of layers on WebGPU', { skip }, () => {
  test('agree with the plain kernels, leave nothing behind, and repeat to the bit when they are cut', async () => {
    await tf.setBackend('cpu');
    const expected = await everything();
    const graphics = await openGraphics({ trial: () => Promise.resolve() });
    try {
      const before = tf.memory().numDataBuffers;
      const actual = await everything();
      for (const [i, values] of expected.entries()) {
        const found = distance(actual[i], values);
        assert.ok(found <= 1e-5, `${i}: off by ${found}`);
      }
      graphics.backend.gpu.pace.limitMs = 1e-5;
      assert.deepEqual(await everything(), actual);
      assert.equal(tf.memory().numDataBuffers, before);
    } finally {
      graphics.close();
    }
  });
});

test('a filter of few weights is summed by many workgroups, one of many by its tiles alone', () => {
  const common = { filterHeight: 3, filterWidth: 3, stride: 1, top: 1, left: 1, batch: 64 };
  const digits = { height: 28, width: 28, outHeight: 28, outWidth: 28, inputs: 1, outputs: 8 };
  const small = filterGradientPlan({ ...common, ...digits });
  assert.equal(small.tiles, 1);
  assert.ok(small.parts > 300 && small.parts <= 512 && small.parts * small.positionsAPart >= 64 * 784);
  const faces = { height: 5, width: 5, outHeight: 5, outWidth: 5, inputs: 512, outputs: 512 };
  assert.equal(filterGradientPlan({ ...common, ...faces }).parts, 1);
});
