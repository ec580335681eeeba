import assert from 'node:assert/strict';
import { test } from 'node:test';
import { presets } from '#domain/model-presets.ts';
import { modelFileChunks, readModelFile } from '#engine/files/model-file.ts';
import { writeSafetensors } from '#engine/files/safetensors-write.ts';
import { readStyleFile, styleFileChunks } from '#engine/files/style-file.ts';
import { weightShapes } from '#engine/network/weights.ts';
import {
  card,
  expected,
  filled,
  forged,
  joined,
  name,
  refusedAs,
  style,
  styleSpec,
  weights,
} from '#test/engine/files/model-samples.ts';

test('a model is read back as it was written, in either precision', () => {
  for (const dtype of ['F32', 'F16'] as const) {
    const bytes = joined(
      modelFileChunks({ spec: presets.digits, card, weights: weights() }, expected, { dtype }),
    );
    assert.deepEqual(readModelFile(bytes, { name, expected }), {
      spec: presets.digits,
      card,
      weights: weights(),
    });
  }
});

test("the network's own list of weights serves", () => {
  const shapes = weightShapes(presets.digits);
  const model = { spec: presets.digits, card, weights: filled(shapes) };
  const bytes = joined(modelFileChunks(model, weightShapes, { dtype: 'F16' }));
  const read = readModelFile(bytes, { name, expected: weightShapes });
  assert.deepEqual(
    [...read.weights.keys()],
    shapes.map((shape) => shape.name),
  );
});

test('a model of one image is its rule', () => {
  const spec = presets.single;
  const { channels: C, hidden: d, sobelSizes } = spec.automaton;
  const rule = filled([
    { name: 'w0', shape: [C * (2 + 2 * sobelSizes.length), d] },
    { name: 'b0', shape: [d] },
    { name: 'w1', shape: [d, C] },
  ]);
  const bytes = joined(modelFileChunks({ spec, card, weights: rule }, expected));
  assert.deepEqual(readModelFile(bytes, { name, expected }).weights, rule);
});

test('files that are not models are refused with what they are', () => {
  const read = (bytes: Uint8Array) => () => readModelFile(bytes, { name, expected });
  const sound = { kind: 'model', format: 1, spec: presets.digits, card };
  assert.throws(
    read(writeSafetensors(weights(), new Map())),
    refusedAs('bad-file', /no metadata under “morphogen”/),
  );
  assert.throws(
    read(forged({ ...sound, kind: 'style' })),
    refusedAs('bad-file', /is a "style" file where a model file/),
  );
  assert.throws(read(forged({ ...sound, format: 2 })), refusedAs('bad-file', /use a newer Morphogen/));
  assert.throws(read(forged([])), refusedAs('bad-file', /no JSON object “morphogen”/));
  assert.throws(
    read(forged({ ...sound, spec: {} })),
    refusedAs('bad-spec', /^digits\.safetensors cannot be opened/),
  );
  assert.throws(
    read(forged({ ...sound, card: { ...card, seconds: '9' } })),
    refusedAs('bad-file', /card\.seconds/),
  );
  assert.throws(read(forged({ ...sound, card: null })), refusedAs('bad-file', /“card”/));
});

test('a style is read back as it was written, with and without a latent', () => {
  for (const one of [style(), { ...style(), latent: null, image: null }]) {
    assert.deepEqual(readStyleFile(joined(styleFileChunks(one)), { name }), one);
  }
});

test('a style file with a network, or of another kind, is refused', () => {
  const write = (fields: object): Uint8Array =>
    forged({ kind: 'style', format: 1, spec: styleSpec, image: null, model: null, ...fields });
  assert.throws(
    () => readStyleFile(write({ spec: presets.digits }), { name }),
    refusedAs('bad-spec', /no network/),
  );
  assert.throws(
    () => readStyleFile(write({ kind: 'model' }), { name }),
    refusedAs('bad-file', /"model" file where a style/),
  );
});
