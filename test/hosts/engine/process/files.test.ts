import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { EncodedStyle } from '#contract/engine-contract.ts';
import { AppError } from '#domain/errors.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';
import { patternImage } from '#test/media/sample-images.ts';
import {
  encodeAll,
  scratchFolder,
  startEngine,
  styleOf,
  writeTinyModel,
  writeTinyPictures,
} from './engine-stage.ts';

const stage = await startEngine(await scratchFolder());
let modelPath: string;
let style: EncodedStyle;

before(async () => {
  const { folder } = stage;
  modelPath = join(folder, 'tiny.safetensors');
  await writeTinyModel(modelPath);
  await writeTinyPictures(join(folder, 'digits.idx3-ubyte'));
  [style] = (
    await encodeAll(stage, { modelPath, paths: [join(folder, 'digits.idx3-ubyte')], limit: 1 })
  ).styles;
});

async function inspect(name: string, bytes?: Uint8Array) {
  const path = join(stage.folder, name);
  if (bytes !== undefined) await writeFile(path, bytes);
  return stage.client.call('files.inspect', { path });
}

async function assertRefused(name: string, bytes: Uint8Array, code: string, words: RegExp): Promise<void> {
  await assert.rejects(inspect(name, bytes), (failure) => {
    assert.ok(failure instanceof AppError, String(failure));
    assert.equal(failure.code, code);
    assert.match(failure.message, words);
    return true;
  });
}

test('a model is told with its spec, its card and the hash of its bytes', async () => {
  const bytes = await readFile(modelPath);
  const found = await inspect('tiny.safetensors');
  assert.ok(found.kind === 'model');
  assert.deepEqual(found.spec, tinySpec);
  assert.equal(found.hash, createHash('sha256').update(bytes).digest('hex'));
  assert.deepEqual(
    [found.bytes, found.card.data, found.style, found.picture],
    [bytes.length, 'none', null, null],
  );
});

test('a model of one picture is told with its style and what that grows', async () => {
  const parrot = fileURLToPath(new URL('../../../../models/parrot.safetensors', import.meta.url));
  const found = await stage.client.call('files.inspect', { path: parrot });
  assert.ok(found.kind === 'model' && found.style !== null && found.picture !== null);
  assert.equal(found.style.name, 'parrot');
  assert.equal(found.spec.network, null);
});

test('a style goes out as a file and comes back the same, whatever the file is called', async () => {
  const values = styleOf(style, tinySpec);
  const image = { name: '#0', hash: style.sourceHash };
  const { bytes } = await stage.client.call('files.style', {
    style: values,
    latent: style.latent,
    image,
    model: null,
  });
  const found = await inspect('a style', bytes);
  assert.ok(found.kind === 'style');
  for (const part of ['w0', 'b0', 'w1'] as const) assert.deepEqual(found.style[part], style[part]);
  assert.deepEqual(found.latent, style.latent);
  assert.deepEqual([found.image, found.model], [image, null]);
  assert.deepEqual(found.style.spec, { ...tinySpec, network: null });
  assert.deepEqual(found.picture, style.picture);
});

test('anything else must be a picture that decodes', async () => {
  const png = await patternImage(20, 10).png().toBuffer();
  assert.deepEqual(await inspect('holiday', png), { kind: 'picture' });
  assert.deepEqual(await inspect('digits.idx3-ubyte'), { kind: 'picture' });
  await assertRefused('half.png', png.subarray(0, png.length >> 1), 'bad-image', /half\.png/);
  await assertRefused('notes.png', Buffer.from('not a picture'), 'bad-image', /notes\.png/);
  await assertRefused('nothing.png', new Uint8Array(), 'bad-image', /empty file/);
  await assert.rejects(
    inspect('not there.png'),
    (failure) => failure instanceof AppError && /no such file/.test(failure.message),
  );
});

test('a damaged or foreign model is refused as a whole', async () => {
  const bytes = await readFile(modelPath);
  await assertRefused('cut.safetensors', bytes.subarray(0, bytes.length - 5), 'bad-file', /cut\.safetensors/);
  await assertRefused('text.safetensors', Buffer.from('not a model'), 'bad-file', /text\.safetensors/);
  const flipped = Buffer.from(bytes);
  flipped.writeUInt32LE(0x7fc0_0000, bytes.length - 4);
  await assertRefused('nan.safetensors', flipped, 'bad-file', /nan\.safetensors/);
  const pickle = Buffer.from('\x80\x04K\x01.', 'latin1');
  await assertRefused('weights.pt', pickle, 'bad-file', /a Python pickle/);
  const header = Buffer.from('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}');
  const length = Buffer.alloc(8);
  length.writeUInt32LE(header.length);
  await assertRefused(
    'foreign',
    Buffer.concat([length, header, Buffer.alloc(4)]),
    'bad-file',
    /not one of Morphogen/,
  );
});

test('a style for a grid that no window shows is refused before it is grown', async () => {
  const spec = { ...tinySpec, network: null, grid: { height: 4096, width: 4096 } };
  const { bytes } = await stage.client.call('files.style', {
    ...{ style: styleOf(style, spec), latent: null, image: null, model: null },
  });
  await assertRefused('vast.safetensors', bytes, 'unsupported', /4096×4096/);
});
