/** Who owns a tensor's values, and that the heap gets everything back, also over many iterations of training. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tf } from '#engine/tf.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';
import { tinyTrainer } from '#test/engine/training/tiny-run.ts';
import { describeBuilds, noise, onWasm } from './both-backends.ts';

describeBuilds('the backend', () => {
  test('what is read or sliced is a copy, what is reshaped stays when the original goes', async () => {
    await onWasm();
    tf.tidy(() => {
      const a = noise([64, 80], 1);
      const product = tf.matMul(a, noise([80, 64], 2));
      const read = product.dataSync();
      const slice = tf.slice(product, [1, 0], [1, 64]);
      const reshaped = tf.reshape(product, [4096]);
      const expected = read.slice();
      product.dispose();
      // Blocks that were freed are used again.
      for (let i = 3; i < 7; i++) tf.matMul(a, noise([80, 64], i));
      assert.deepEqual(read, expected);
      assert.deepEqual(slice.dataSync(), expected.slice(64, 128));
      assert.deepEqual(reshaped.dataSync(), expected);
    });
  });

  test('tensors that nobody holds free their blocks', async () => {
    const { heap } = await onWasm();
    const round = (): void =>
      tf.tidy(() => {
        const a = noise([30, 40], 1);
        const y = tf.add(tf.matMul(a, a, false, true), 1);
        tf.sum(tf.relu(tf.transpose(tf.concat([y, y], 1)))).dataSync();
      });
    round();
    const { usedBytes, totalBytes } = heap;
    for (let i = 0; i < 500; i++) round();
    assert.deepEqual([heap.usedBytes, heap.totalBytes], [usedBytes, totalBytes]);
  });

  test('300 iterations of training hold as much memory as 100', async () => {
    const { heap } = await onWasm();
    const trainer = tinyTrainer();
    const held = (): number[] => [
      heap.usedBytes,
      heap.totalBytes,
      tf.memory().numTensors,
      tf.memory().numBytes,
    ];
    let after100: number[] = [];
    for (let i = 1; i <= 300; i++) {
      await trainer.step();
      if (i === 100) after100 = held();
    }
    assert.deepEqual(held(), after100);
    trainer.dispose();
  });

  test('training is that of the plain backend', async () => {
    const losses = async (): Promise<number[]> => {
      const trainer = tinyTrainer({}, { ...tinySpec, steps: 5 });
      const found: number[] = [];
      for (let i = 0; i < 12; i++) found.push((await trainer.step()).loss);
      trainer.dispose();
      return found;
    };
    await tf.setBackend('cpu');
    const expected = await losses();
    await onWasm();
    (await losses()).forEach((loss, i) =>
      assert.ok(Math.abs(loss - expected[i]) < 1e-4 * expected[i], `${i}: ${loss} for ${expected[i]}`),
    );
  });
});
