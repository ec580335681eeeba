import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import sharp from 'sharp';
import { AppError } from '#domain/errors.ts';
import { textWidth } from '#media/font.ts';
import {
  enlarge,
  parseColour,
  stateToImage,
  straightFromPremultiplied,
  type RgbaImage,
} from '#media/pixels.ts';
import { encodePng, writeFrames } from '#media/png.ts';
import { drawSheet } from '#media/sheet.ts';
import { pixelAt, temporaryFolder } from '#test/media/sample-images.ts';

const dot = (red: number, alpha = 255): RgbaImage => ({
  pixels: Uint8Array.of(red, 0, 0, alpha),
  width: 1,
  height: 1,
});

test('a state becomes a picture: clamped, un-premultiplied, or over a background', () => {
  // One row of three cells, six channels each; values overshoot, and one is not a number.
  const state = Float32Array.of(0.25, 0, 0.5, 0.5, 9, 9, 2, -1, 0.5, 1.5, 9, 9, Number.NaN, 0, 0, 0, 9, 9);
  const layout = { height: 1, width: 3, channels: 6 };
  const image = stateToImage(state, layout);
  assert.deepEqual([...image.pixels], [128, 0, 255, 128, 255, 0, 128, 255, 0, 0, 0, 0]);
  const white = stateToImage(state, layout, { background: [255, 255, 255] });
  assert.deepEqual([...white.pixels], [191, 128, 255, 255, 255, 0, 128, 255, 255, 255, 255, 255]);
  const second = stateToImage(new Float32Array([...state, ...state.fill(0.5)]), layout, { sample: 1 });
  assert.deepEqual([...second.pixels.subarray(0, 4)], [255, 255, 255, 128]);
  assert.throws(() => stateToImage(state, layout, { sample: 1 }));
});

test('premultiplied bytes become straight ones', () => {
  const image = straightFromPremultiplied(
    Uint8Array.of(64, 0, 128, 128, 0, 0, 0, 0, 200, 100, 50, 255),
    3,
    1,
  );
  assert.deepEqual([...image.pixels], [128, 0, 255, 128, 0, 0, 0, 0, 200, 100, 50, 255]);
});

test('enlarging makes equal squares', () => {
  const image = { pixels: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), width: 2, height: 1 };
  const large = enlarge(image, 3);
  assert.deepEqual([large.width, large.height], [6, 3]);
  for (let y = 0; y < 3; y++)
    for (let x = 0; x < 6; x++) assert.deepEqual(pixelAt(large, x, y), x < 3 ? [1, 2, 3, 4] : [5, 6, 7, 8]);
  assert.throws(() => enlarge(image, 1.5), AppError);
});

test('colours are read from words and hexadecimal digits', () => {
  assert.deepEqual(parseColour('#ff8000'), [255, 128, 0]);
  assert.deepEqual(parseColour('0f8'), [0, 255, 136]);
  assert.deepEqual(parseColour('White'), [255, 255, 255]);
  assert.equal(parseColour('transparent'), null);
  assert.throws(() => parseColour('bluish'), AppError);
});

test('PNG keeps transparency or lays a background, pixel by pixel', async () => {
  const image = { pixels: Uint8Array.of(255, 0, 0, 128, 0, 0, 255, 255), width: 2, height: 1 };
  const read = async (bytes: Uint8Array) => sharp(bytes).ensureAlpha().raw().toBuffer();
  assert.deepEqual([...(await read(await encodePng(image)))], [...image.pixels]);
  const flat = await read(await encodePng(image, { scale: 2, background: [0, 0, 0] }));
  assert.deepEqual(
    [...flat.subarray(0, 16)],
    [128, 0, 0, 255, 128, 0, 0, 255, 0, 0, 255, 255, 0, 0, 255, 255],
  );
});

test('frames become numbered files', async (t) => {
  const folder = join(await temporaryFolder(t), 'frames');
  assert.equal(await writeFrames(folder, [dot(1), dot(2), dot(3)], { scale: 4 }), 3);
  assert.deepEqual((await fs.readdir(folder)).sort(), ['frame-0000.png', 'frame-0001.png', 'frame-0002.png']);
  assert.equal((await sharp(join(folder, 'frame-0002.png')).metadata()).width, 4);
});

test('a sheet lays pictures in rows, blends alpha and leaves gaps', () => {
  const sheet = drawSheet([[dot(200), null, dot(100, 0)], [dot(50, 128)]], {
    scale: 2,
    gap: 1,
    background: [0, 0, 0],
  });
  assert.deepEqual([sheet.width, sheet.height], [10, 7]);
  assert.deepEqual(pixelAt(sheet, 0, 0), [0, 0, 0, 255]);
  assert.deepEqual(pixelAt(sheet, 2, 2), [200, 0, 0, 255]);
  assert.deepEqual(pixelAt(sheet, 4, 1), [0, 0, 0, 255]);
  assert.deepEqual(pixelAt(sheet, 8, 2), [0, 0, 0, 255]);
  assert.deepEqual(pixelAt(sheet, 1, 5), [25, 0, 0, 255]);
  const clear = drawSheet([[dot(50, 128)]], { gap: 1, background: null });
  assert.deepEqual(pixelAt(clear, 0, 0), [0, 0, 0, 0]);
  assert.deepEqual(pixelAt(clear, 1, 1), [50, 0, 0, 128]);
});

test('labels take their room and leave ink', () => {
  const plain = drawSheet([[dot(1)], [dot(2)]], { scale: 20 });
  const labelled = drawSheet([[dot(1)], [dot(2)]], {
    scale: 20,
    rowLabels: ['in', 'out'],
    columnLabels: ['é 28 dB'],
  });
  assert.equal(labelled.width, 4 + textWidth('out') + 4 + textWidth('é 28 dB') + 4);
  assert.ok(labelled.height > plain.height);
  const ink = Array.from({ length: labelled.width * 12 }, (_, i) => labelled.pixels[i * 4]).filter(
    (red) => red === 40,
  );
  assert.ok(ink.length > 30);
});

test('a sheet of nothing, or too large, is refused', () => {
  assert.throws(() => drawSheet([]), AppError);
  assert.throws(() => drawSheet([[null]]), AppError);
  assert.throws(() => drawSheet([Array.from({ length: 400 }, () => dot(1))], { scale: 64 }), /too large/);
});
