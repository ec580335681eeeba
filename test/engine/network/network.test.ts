import assert from 'node:assert/strict';
import test from 'node:test';
import '@tensorflow/tfjs-backend-cpu';
import { featureCount, ruleSize } from '#domain/automaton.ts';
import { presets } from '#domain/model-presets.ts';
import { decode } from '#engine/network/decoders.ts';
import { encode, encoderInput } from '#engine/network/encoder.ts';
import { convolution, dense } from '#engine/network/layers.ts';
import { createWeights, disposeWeights, weightShapes } from '#engine/network/weights.ts';
import { tf } from '#engine/tf.ts';
import { tinySpec } from './tiny-spec.ts';

await tf.setBackend('cpu');

test('the presets have the weights of the paper', () => {
  const count = (name: 'digits' | 'small-images' | 'faces'): number =>
    weightShapes(presets[name]).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  assert.ok(Math.abs(count('small-images') / 95e6 - 1) < 0.05, `${count('small-images')}`);
  assert.ok(count('faces') > 95e6 && count('faces') < 175e6, `${count('faces')}`);
  const names = weightShapes(presets.digits).map(({ name }) => name);
  assert.deepEqual(names.slice(0, 2), ['encoder.0.kernel', 'encoder.0.bias']);
  assert.deepEqual(names.slice(-1), ['decoder.w1.2.bias']);
  assert.deepEqual(
    weightShapes(presets.digits).find(({ name }) => name === 'latent.mean.kernel'),
    { name: 'latent.mean.kernel', shape: [64, 32], fanIn: 64, role: 'latent' },
  );
  assert.equal(ruleSize(presets.digits.automaton), 3648);
});

test('weights repeat with their seed', () => {
  const read = (seed: number): number[] => {
    const weights = createWeights(tinySpec, seed);
    const values = [...weights.values()].flatMap((weight) => [...weight.dataSync()]);
    disposeWeights(weights);
    return values;
  };
  assert.deepEqual(read(3), read(3));
  assert.notDeepEqual(read(3), read(4));
});

test('images become rules of the right shapes, and nothing is left behind', () => {
  const before = tf.memory().numTensors;
  const weights = createWeights(tinySpec, 1);
  const { height, width } = tinySpec.grid;
  const { channels: C, hidden: d } = tinySpec.automaton;
  const rules = tf.tidy(() => {
    const latent = encode(weights, tinySpec, tf.randomUniform<tf.Rank.R4>([3, height, width, 1]));
    assert.deepEqual(latent.mean.shape, [3, 6]);
    assert.deepEqual(latent.logVariance?.shape, [3, 6]);
    return { ...decode(weights, tinySpec, latent.mean) };
  });
  assert.deepEqual(rules.w0.shape, [3, featureCount(tinySpec.automaton), d]);
  assert.deepEqual(rules.b0.shape, [3, d]);
  assert.deepEqual(rules.w1.shape, [3, d, C]);
  tf.dispose({ ...rules });
  disposeWeights(weights);
  assert.equal(tf.memory().numTensors, before);
});

test("the encoder sees the spec's planes", () => {
  const rgba = Float32Array.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8);
  const seen = (planes: 1 | 3 | 4): number[] => [
    ...encoderInput({ ...tinySpec, network: { ...tinySpec.network!, planes } }, rgba),
  ];
  assert.deepEqual(seen(1), [rgba[0], rgba[4]]);
  assert.deepEqual(seen(3), [rgba[0], rgba[1], rgba[2], rgba[4], rgba[5], rgba[6]]);
  assert.deepEqual(seen(4), [...rgba]);
});

test("the layers' gradients are those of tfjs' own ops", () => {
  tf.tidy(() => {
    const random = (...shape: number[]): tf.Tensor => tf.randomUniform(shape, -1, 1);
    const x = random(2, 7, 6, 3) as tf.Tensor4D;
    for (const stride of [1, 2] as const) {
      for (const padding of ['same', 'valid'] as const) {
        const filter = random(3, 3, 3, 4) as tf.Tensor4D;
        const bias = random(4) as tf.Tensor1D;
        const plain = (a: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor =>
          tf.relu(tf.add(tf.conv2d(a as tf.Tensor4D, w as tf.Tensor4D, stride, padding), b));
        const ours = (a: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor =>
          convolution(a as tf.Tensor4D, w, b, { stride, padding, inputGradient: true });
        compareGradients(plain, ours, [x, filter, bias]);
        const frozen = (w: tf.Tensor, b: tf.Tensor): tf.Tensor =>
          convolution(x, w, b, { stride, padding, inputGradient: false });
        compareGradients(
          (w, b) => plain(x, w, b),
          (w, b) => frozen(w, b),
          [filter, bias],
        );
      }
    }
    for (const activation of ['linear', 'relu'] as const) {
      const plain = (a: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor => {
        const y = tf.add(tf.matMul(a as tf.Tensor2D, w as tf.Tensor2D), b);
        return activation === 'relu' ? tf.relu(y) : y;
      };
      const ours = (a: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor =>
        dense(a as tf.Tensor2D, w, b, activation);
      compareGradients(plain, ours, [random(5, 3), random(3, 4), random(4)]);
    }
  });
});

function compareGradients(
  plain: (...args: tf.Tensor[]) => tf.Tensor,
  ours: (...args: tf.Tensor[]) => tf.Tensor,
  args: tf.Tensor[],
): void {
  const run = (f: (...all: tf.Tensor[]) => tf.Tensor): number[] => {
    const { value, grads } = tf.valueAndGrads((...all: tf.Tensor[]) => tf.sum(tf.square(f(...all))))(args);
    return [value, ...grads].flatMap((tensor) => [...tensor.dataSync()]);
  };
  const expected = run(plain);
  const got = run(ours);
  assert.equal(got.length, expected.length);
  got.forEach((value, i) =>
    assert.ok(Math.abs(value - expected[i]) < 1e-3, `${i}: ${value} against ${expected[i]}`),
  );
}
