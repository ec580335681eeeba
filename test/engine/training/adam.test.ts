import assert from 'node:assert/strict';
import test from 'node:test';
import { variableOf } from '#engine/network/weights.ts';
import { tf } from '#engine/tf.ts';
import { ADAM_UPDATE, createAdam, defaultAdam } from '#engine/training/adam.ts';

await tf.setBackend('cpu');

const options = { ...defaultAdam, averageDecay: 0.5 };
const rates = new Map([['b', 0.5]]);

function weightsToMove(): Map<string, tf.Variable> {
  return new Map([
    ['a', variableOf(Float32Array.of(1, -2, 3), [3])],
    ['b', variableOf(Float32Array.of(0.5), [1])],
  ]);
}

/** Three updates; returns every value of weights, moments and average. */
function moved(): number[] {
  const weights = weightsToMove();
  const adam = createAdam(weights, options, rates);
  for (let t = 0; t < 3; t++) {
    const gradients = new Map([
      ['a', tf.tensor1d([0.1 * (t + 1), -0.2, 0])],
      ['b', tf.tensor1d([3])],
    ]);
    adam.update(gradients, 0.01, new Map([['b', 0.1]]));
    gradients.forEach((gradient) => gradient.dispose());
  }
  assert.ok(adam.average);
  const all = [weights, adam.m, adam.v, adam.average].flatMap((map) => [...map.values()]);
  const values = all.flatMap((variable) => [...variable.dataSync()]);
  adam.dispose();
  weights.forEach((weight) => weight.dispose());
  return values;
}

test('the update is that of Kingma and Ba, with a moving average beside it', () => {
  const { beta1, beta2, epsilon } = defaultAdam;
  const state = [1, -2, 3, 0.5].map((w) => ({ w, m: 0, v: 0, average: w }));
  for (let t = 1; t <= 3; t++) {
    [0.1 * t, -0.2, 0, 0.3].forEach((g, i) => {
      const s = state[i];
      s.m = beta1 * s.m + (1 - beta1) * g;
      s.v = beta2 * s.v + (1 - beta2) * g * g;
      const rate = i === 3 ? 0.005 : 0.01;
      s.w -= (rate * (s.m / (1 - beta1 ** t))) / (Math.sqrt(s.v / (1 - beta2 ** t)) + epsilon);
      const decay = Math.min(0.5, (1 + t) / (10 + t));
      s.average = decay * s.average + (1 - decay) * s.w;
    });
  }
  const expected = (['w', 'm', 'v', 'average'] as const).flatMap((key) => state.map((s) => s[key]));
  moved().forEach((value, i) =>
    assert.ok(Math.abs(value - expected[i]) < 1e-6, `${i}: ${value} for ${expected[i]}`),
  );
});

test('a backend without the kernel composes the same update from tfjs ops', () => {
  const plain = moved();
  const kernel = tf.getKernel(ADAM_UPDATE, 'cpu');
  tf.unregisterKernel(ADAM_UPDATE, 'cpu');
  try {
    const before = tf.memory().numTensors;
    moved().forEach((value, i) => assert.ok(Math.abs(value - plain[i]) < 1e-6));
    assert.equal(tf.memory().numTensors, before);
  } finally {
    tf.registerKernel(kernel);
  }
});

test('weights without a gradient stay', () => {
  const weights = weightsToMove();
  const adam = createAdam(weights);
  adam.update(new Map(), 0.1);
  assert.deepEqual([...(weights.get('a')?.dataSync() ?? [])], [1, -2, 3]);
  adam.dispose();
  weights.forEach((weight) => weight.dispose());
});
