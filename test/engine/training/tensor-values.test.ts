import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { writeSafetensors } from '#engine/files/safetensors-write.ts';
import type { WasmBackend } from '#engine/kernels/wasm/backend.ts';
import { useWasmBackend } from '#engine/kernels/wasm/register.ts';
import { disposeWeights, variableOf } from '#engine/network/weights.ts';
import { tf } from '#engine/tf.ts';
import { readTensors, tensorsOf, writeTensors } from '#engine/training/tensor-values.ts';
import { createKernels } from '#hosts/engine/kernel-threads.ts';
import { tinyTrainer } from '#test/engine/training/tiny-run.ts';

/** A megabyte and a few values, and a handful. */
const sizes = { large: 2 ** 18 + 3, small: 5 } as const;

function someWeights(): Map<string, tf.Variable> {
  return new Map(
    Object.entries(sizes).map(([name, size]) => [
      name,
      variableOf(
        Float32Array.from({ length: size }, (_, i) => i / 7),
        [size],
      ),
    ]),
  );
}

/** What holds on every backend. */
function testBackend(): void {
  test('what is read is a copy with the prefix in its name, and is written back', async () => {
    const weights = someWeights();
    const values = await readTensors(weights, 'adam.m.');
    assert.deepEqual([...values.keys()], ['adam.m.large', 'adam.m.small']);
    const copy = values.get('adam.m.large')!.data;
    assert.deepEqual(copy, weights.get('large')!.dataSync());
    copy[1] = 99;
    assert.notEqual(weights.get('large')!.dataSync()[1], 99);
    writeTensors(weights, 'adam.m.', values);
    assert.equal(weights.get('large')!.dataSync()[1], 99);
    copy[1] = 98;
    assert.equal(weights.get('large')!.dataSync()[1], 99);
    disposeWeights(weights);
  });

  test("shared values are the tensors' own, without a copy", async () => {
    const weights = someWeights();
    const [first, second] = [await readTensors(weights, '', true), await readTensors(weights, '', true)];
    for (const name of weights.keys()) {
      const [a, b] = [first, second].map((read) => read.get(name)!.data);
      assert.ok(a.buffer === b.buffer && a.byteOffset === b.byteOffset, name);
      assert.deepEqual(Float32Array.from(a), Float32Array.from(weights.get(name)!.dataSync()));
    }
    disposeWeights(weights);
  });

  test('values of another shape, or too few, are refused and change nothing', () => {
    const weights = someWeights();
    const other = new Map([
      ['large', { shape: [sizes.large], data: new Float32Array(sizes.large) }],
      ['small', { shape: [6], data: new Float32Array(6) }],
    ]);
    assert.throws(() => writeTensors(weights, '', other), {
      code: 'mismatch',
      message: /small.*\[5\].*\[6\]/,
    });
    other.delete('small');
    assert.throws(() => writeTensors(weights, '', other), { code: 'mismatch', message: /found none/ });
    assert.equal(weights.get('large')!.dataSync()[7], 1);
    disposeWeights(weights);
  });

  test('a checkpoint of shared values has the same bytes as one of copies', async () => {
    const trainer = tinyTrainer({ adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, averageDecay: 0.9 } });
    for (let i = 0; i < 2; i++) await trainer.step();
    const [shared, copied] = [await trainer.snapshot({ shared: true }), await trainer.snapshot()];
    const [a, b] = [shared, copied].map(({ tensors }) => writeSafetensors(tensors, new Map()));
    assert.ok(Buffer.from(a).equals(Buffer.from(b)));
    trainer.dispose();
  });
}

describe('values of tensors, plain loops', () => {
  before(async () => {
    await tf.setBackend('cpu');
  });
  testBackend();
});

for (const options of [{ threads: 2 }, { threads: 1, plain: true }]) {
  describe(`values of tensors, ${'plain' in options ? 'plain SIMD' : 'wasm'}`, () => {
    let backend: WasmBackend;
    before(async () => {
      backend = await useWasmBackend(await createKernels(options));
    });
    after(() => tf.removeBackend('wasm'));
    testBackend();

    test('large ones lie on the heap at once, and leave it with their tensor', () => {
      const { heap } = backend.runtime;
      const before = heap.usedBytes;
      const values = Float32Array.from({ length: sizes.large }, (_, i) => i);
      const tensors = tensorsOf(
        new Map([
          ['large', { shape: [sizes.large], data: values }],
          ['small', { shape: [5], data: new Float32Array(5) }],
        ]),
      );
      const bytes = Math.ceil((sizes.large * 4) / 64) * 64;
      assert.equal(heap.usedBytes, before + bytes);
      const doubled = tf.add(tensors.get('large')!, tensors.get('large')!);
      assert.equal(doubled.dataSync()[sizes.large - 1], 2 * (sizes.large - 1));
      tf.dispose([doubled, ...tensors.values()]);
      assert.equal(heap.usedBytes, before);
    });
  });
}
