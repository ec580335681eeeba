import assert from 'node:assert/strict';
import { test } from 'node:test';
import { presets } from '#domain/model-presets.ts';
import { modelFileChunks, readModelFile } from '#engine/files/model-file.ts';
import { parseSafetensors } from '#engine/files/safetensors.ts';
import { writeSafetensors, type TensorToWrite } from '#engine/files/safetensors-write.ts';
import { readStyleFile, styleFileChunks } from '#engine/files/style-file.ts';
import {
  card,
  expected,
  forged,
  joined,
  name,
  refusedAs,
  style,
  weights,
} from '#test/engine/files/model-samples.ts';

test('row 55: a model with a weight that is not finite is neither read nor written', () => {
  const spoilt = weights();
  const { shape, data } = spoilt.get('encoder.kernel')!;
  data[4] = NaN;
  assert.throws(
    () => modelFileChunks({ spec: presets.digits, card, weights: spoilt }, expected),
    refusedAs('not-finite', /Value 4 of the tensor "encoder\.kernel" is NaN/),
  );
  const bits = new Uint32Array(data.buffer);
  const metadata = { kind: 'model', format: 1, spec: presets.digits, card };
  const bytes = forged(
    metadata,
    new Map<string, TensorToWrite>([...weights(), ['encoder.kernel', { shape, data: bits }]]),
  );
  const from = new TextEncoder().encode('"U32"');
  bytes.set(new TextEncoder().encode('"F32"'), Buffer.from(bytes).indexOf(from));
  assert.throws(
    () => readModelFile(bytes, { name, expected }),
    refusedAs('bad-file', /value 4 of the tensor "encoder\.kernel" is NaN/),
  );
});

test('row 56: missing, superfluous and mis-shaped tensors are listed, expected and found, and nothing is loaded', () => {
  const tensors = new Map<string, TensorToWrite>([
    ['encoder.kernel', { shape: [2, 3], data: new Float32Array(6) }],
    ['decoder.bias', { shape: [4], data: new Float32Array(4) }],
  ]);
  assert.throws(
    () =>
      readModelFile(forged({ kind: 'model', format: 1, spec: presets.digits, card }, tensors), {
        name,
        expected,
      }),
    refusedAs(
      'mismatch',
      /nothing was loaded: "encoder\.kernel" expected \[3, 2\], found F32 \[2, 3\]; "encoder\.bias" expected \[2\], found none; "decoder\.bias" expected none, found \[4\]/,
    ),
  );
  const whole = new Map<string, TensorToWrite>([
    ...weights(),
    ['encoder.bias', { shape: [2], data: Int32Array.of(1, 2) }],
  ]);
  assert.throws(
    () =>
      readModelFile(forged({ kind: 'model', format: 1, spec: presets.digits, card }, whole), {
        name,
        expected,
      }),
    refusedAs('mismatch', /"encoder\.bias" expected \[2\], found I32 \[2\]/),
  );
});

test('row 56: a style whose rule does not fit its spec loads nothing', () => {
  const metadata = parseSafetensors(joined(styleFileChunks(style())), { name }).metadata;
  const tensors = new Map<string, TensorToWrite>([['w0', { shape: [2], data: new Float32Array(2) }]]);
  assert.throws(
    () => readStyleFile(writeSafetensors(tensors, metadata), { name }),
    refusedAs('mismatch', /"w0" expected \[48, 64\], found F32 \[2\]; "b0" expected \[64\], found none/),
  );
});
