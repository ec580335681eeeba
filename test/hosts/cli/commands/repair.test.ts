import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { samplePhoto } from '#test/media/photo/sample-photo.ts';
import { workplace } from './command-run.ts';
import { writeEncoderModel } from './growable-files.ts';

const { folder, morphogen, watched } = await workplace();
await writeEncoderModel(join(folder, 'model.safetensors'));
const size = { width: 40, height: 30 };
await writeFile(
  join(folder, 'photo.png'),
  (await samplePhoto({ format: 'png', bitDepth: 16, bands: 3, ...size })).file,
);
await writeFile(
  join(folder, 'photo.jpg'),
  (await samplePhoto({ format: 'jpeg', bitDepth: 8, bands: 3, ...size })).file,
);
const black = { create: { ...size, channels: 3 as const, background: '#000' } };
const white = { create: { width: 8, height: 6, channels: 3 as const, background: '#fff' } };
await sharp(black)
  .composite([{ input: white, left: 10, top: 9 }])
  .png()
  .toFile(join(folder, 'mask.png'));

const repair = ['repair', 'photo.png', '--mask', 'mask.png', '--threads', '2'];
const withModel = [...repair, '--model', 'model.safetensors'];

/** 16-bit samples, read by another pipeline than ours. */
async function samplesOf(name: string): Promise<Uint16Array> {
  const data = await sharp(join(folder, name)).toColourspace('rgb16').raw({ depth: 'ushort' }).toBuffer();
  return new Uint16Array(new Uint8Array(data).buffer);
}

async function changedPixels(name: string): Promise<string[]> {
  const [before, after] = [await samplesOf('photo.png'), await samplesOf(name)];
  assert.equal(after.length, before.length);
  return [...before.keys()]
    .filter((i) => before[i] !== after[i])
    .map((i) => Math.floor(i / 3))
    .filter((pixel, i, all) => pixel !== all[i - 1])
    .map((pixel) => `${pixel % size.width},${Math.floor(pixel / size.width)}`);
}

test('a photo is repaired inside the mask and the same outside, and the score is told', async () => {
  for (const how of [[], ['--unlocked'], ['--hold']]) {
    const { code, out, err } = await morphogen(
      ...[...withModel, ...how, '--feather', '0', '--score', 'photo.png', '--out', 'made/whole.png'],
    );
    assert.equal(code, 0, err);
    assert.match(out, /48 pixels repaired in 1 patches.*other 1152 are the same to the last bit/);
    assert.match(out, /Inside the mask: \d+\.\d\d dB, SSIM/);
    const changed = await changedPixels('made/whole.png');
    assert.ok(changed.length > 40 && changed.length <= 48);
    for (const place of changed) {
      const [x, y] = place.split(',').map(Number);
      assert.ok(x >= 10 && x < 18 && y >= 9 && y < 15, place);
    }
  }
});

test('without a model the photo is learned, until Ctrl-C, which keeps what was learned', async () => {
  const args = [
    ...repair,
    '--learn',
    '--iterations',
    '5000',
    '--model',
    'model.safetensors',
    '--out',
    'learned.png',
  ];
  const { code, out, err } = await watched(args, {
    isTerminal: true,
    onText: (text, interrupt) => {
      if (text.includes('Learning this photo')) interrupt();
    },
  });
  assert.match(out, /pixels repaired/, err);
  assert.match(err, /Learning ended after \d+ iterations, as you asked/);
  assert.ok([0, 130].includes(code));
  assert.ok((await changedPixels('learned.png')).length > 40);
});

test('a lossy file says that it changes the rest; another format than its own is refused', async () => {
  const photo = [
    'repair',
    'photo.jpg',
    '--mask',
    'mask.png',
    '--model',
    'model.safetensors',
    '--threads',
    '2',
  ];
  const { out } = await morphogen(...photo, '--out', 'whole.jpeg');
  assert.match(out, /lossy format/);
  assert.equal((await sharp(await readFile(join(folder, 'whole.jpeg'))).metadata()).format, 'jpeg');
  const refused = await morphogen(...photo, '--out', 'whole.tif');
  assert.equal(refused.code, 1);
  assert.match(refused.err, /\.jpg or \.png/);
  const noMask = await morphogen(
    'repair',
    'photo.jpg',
    '--mask',
    'photo.png',
    '--out',
    'x.png',
    '--model',
    'none',
  );
  assert.notEqual(noMask.code, 0);
});
