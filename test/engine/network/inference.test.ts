import assert from 'node:assert/strict';
import test from 'node:test';
import { AppError } from '#domain/errors.ts';
import {
  inferLatents,
  inferRules,
  readRules,
  ruleAt,
  rulesOfLatents,
  rulesOfValues,
} from '#engine/network/inference.ts';
import { createWeights, disposeWeights } from '#engine/network/weights.ts';
import { tf } from '#engine/tf.ts';
import { tinyPictures } from '#test/engine/training/tiny-run.ts';
import { tinySpec } from './tiny-spec.ts';

await tf.setBackend('cpu');

test('rules of pictures are those of their latents, survive as values, and leave nothing behind', async () => {
  const before = tf.memory().numTensors;
  const weights = createWeights(tinySpec, 1);
  const pictures = tinyPictures(3);
  const z = inferLatents(weights, tinySpec, pictures);
  assert.deepEqual(z.shape, [3, 6]);
  const direct = inferRules(weights, tinySpec, pictures);
  const fromLatents = rulesOfLatents(weights, tinySpec, z);
  const values = await readRules(direct);
  assert.deepEqual(values, await readRules(fromLatents));
  const second = ruleAt(values, 1);
  const alone = inferRules(weights, tinySpec, pictures.slice(256, 512));
  const w0 = alone.w0.dataSync();
  second.w0.forEach((value, i) => assert.ok(Math.abs(value - w0[i]) < 1e-5));
  const again = rulesOfValues(tinySpec, second);
  assert.deepEqual(await readRules(again), second);
  const short = { ...second, b0: second.b0.slice(1) };
  assert.throws(() => rulesOfValues(tinySpec, short), AppError);
  tf.dispose([{ ...direct }, { ...fromLatents }, { ...alone }, { ...again }, z]);
  disposeWeights(weights);
  assert.equal(tf.memory().numTensors, before);
});
