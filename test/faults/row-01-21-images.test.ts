/** Rows 1–21 of the catalogue of faults: what one picture file may be, and what then happens. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { AppError } from '#domain/errors.ts';
import { loadDataset } from '#media/dataset.ts';
import { decodeFile, decodeImage } from '#media/decode.ts';
import { encodeGif } from '#media/gif.ts';
import { encodePng } from '#media/png.ts';
import {
  flatImage,
  pattern,
  patternImage,
  pixelAt,
  temporaryFolder,
  writeFiles,
} from '#test/media/sample-images.ts';

const grid = { height: 16, width: 16 };

async function refused(
  bytes: Uint8Array,
  reason: RegExp,
  options: Parameters<typeof decodeImage>[1] = { grid },
) {
  await assert.rejects(decodeImage(bytes, options), (error: unknown) => {
    assert.ok(error instanceof AppError, String(error));
    assert.match(error.message, reason);
    return true;
  });
}

function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A header that claims a size, with hardly any pixels behind it. */
function hollowPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const pixels = pngChunk('IDAT', deflateSync(Buffer.alloc(100)));
  return Buffer.concat([signature, pngChunk('IHDR', header), pixels, pngChunk('IEND', Buffer.alloc(0))]);
}

test('row 01: a truncated picture is skipped with its reason, the rest is imported', async (t) => {
  const folder = await temporaryFolder(t);
  const formats = { jpg: 'jpeg', png: 'png', webp: 'webp', gif: 'gif', tif: 'tiff', avif: 'avif' } as const;
  for (const [ending, format] of Object.entries(formats)) {
    const whole = await patternImage(64, 48).toFormat(format).toBuffer();
    await writeFiles(folder, { [`cut.${ending}`]: whole.subarray(0, Math.floor(whole.length * 0.6)) });
  }
  await writeFiles(folder, { 'good.png': await patternImage(20, 20).png().toBuffer() });
  const dataset = await loadDataset(folder, { image: 'rgb', grid });
  assert.deepEqual(dataset.names, ['good.png']);
  assert.deepEqual(
    dataset.skipped.map(({ path }) => path),
    Object.keys(formats)
      .map((ending) => `cut.${ending}`)
      .sort(),
  );
  for (const { reason } of dataset.skipped) assert.match(reason, /damaged or cut short/);
});

test('row 02: a picture of too many pixels is refused from its header', async () => {
  await refused(hollowPng(30000, 30000), /30000×30000 is more than 64 million pixels/);
  await refused(hollowPng(14000, 14000), /more than 64 million/);
  await refused(await patternImage(40, 40).jpeg().toBuffer(), /more than 0.001 million/, { maxPixels: 1000 });
});

test('row 03: a PNG with a wrong checksum is refused', async () => {
  const png = await patternImage(64, 48).png().toBuffer();
  const damaged = Buffer.from(png);
  damaged[png.length - 30] ^= 0xff;
  await refused(damaged, /damaged/);
  const badHeader = Buffer.from(png);
  badHeader[29] ^= 0xff;
  await refused(badHeader, /damaged/);
});

test('row 04: an empty file is refused as such', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, { 'empty.png': '' });
  await refused(new Uint8Array(0), /^empty file$/);
  await assert.rejects(decodeFile(join(folder, 'empty.png')), /empty\.png: empty file\.$/);
  await assert.rejects(
    loadDataset(folder, { image: 'rgb', grid }),
    /no picture that can be used: empty\.png: empty file/,
  );
});

test('row 05: content decides, not the ending', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, {
    'text.png': 'this is no picture',
    'really-png.jpg': await patternImage(20, 20).png().toBuffer(),
    'no-ending': await patternImage(21, 20).webp().toBuffer(),
  });
  const dataset = await loadDataset(folder, { image: 'rgb', grid });
  assert.deepEqual(dataset.names, ['no-ending', 'really-png.jpg']);
  assert.match(dataset.skipped[0].reason, /^not a picture/);
});

test('row 06: bytes after a JPEG are left aside', async () => {
  const jpeg = await patternImage(32, 32).jpeg().toBuffer();
  const plain = await decodeImage(jpeg);
  const loaded = await decodeImage(Buffer.concat([jpeg, Buffer.from('PK\x03\x04 a payload')]));
  assert.deepEqual(loaded.pixels, plain.pixels);
  assert.ok(!Buffer.from(await encodePng(loaded)).includes('payload'));
});

test('row 07: CMYK becomes sRGB, and says so', async () => {
  const image = await decodeImage(
    await flatImage(20, 20, { r: 220, g: 30, b: 30 }).toColourspace('cmyk').jpeg().toBuffer(),
  );
  const [r, g, b, a] = pixelAt(image, 10, 10);
  assert.ok(r > 150 && g < 110 && b < 110 && a === 255, `${r},${g},${b},${a}`);
  assert.ok(image.warnings.some((warning) => /CMYK/.test(warning)));
});

test('row 08: 16 bits a channel are narrowed to 8, and it says so', async () => {
  const colour = { r: 200, g: 100, b: 50 };
  const image = await decodeImage(await flatImage(20, 20, colour).toColourspace('rgb16').png().toBuffer());
  assert.deepEqual(pixelAt(image, 5, 5), [200, 100, 50, 255]);
  assert.ok(image.warnings.some((warning) => /16 bits to 8 bits/.test(warning)));
  const grey = await decodeImage(await patternImage(20, 20).toColourspace('grey16').png().toBuffer());
  assert.equal(grey.pixels.length, 20 * 20 * 4);
});

test('row 09: grey, grey with alpha and palette become RGBA', async () => {
  const grey = await decodeImage(
    await flatImage(20, 20, { r: 90, g: 90, b: 90 }).toColourspace('b-w').png().toBuffer(),
  );
  assert.deepEqual(pixelAt(grey, 3, 3), [90, 90, 90, 255]);
  const greyAlpha = await flatImage(20, 20, { r: 90, g: 90, b: 90 })
    .toColourspace('b-w')
    .ensureAlpha(0.4)
    .png()
    .toBuffer();
  assert.equal((await sharp(greyAlpha).metadata()).channels, 2);
  assert.deepEqual(pixelAt(await decodeImage(greyAlpha), 3, 3), [90, 90, 90, 102]);
  const palette = await patternImage(20, 20).png({ palette: true, colours: 8 }).toBuffer();
  assert.equal((await decodeImage(palette)).pixels.length, 20 * 20 * 4);
});

test('row 10: a TIFF of more than five channels is refused', async () => {
  // Little-endian TIFF of 1×1 with six samples of 8 bits, the smallest that says so.
  const entries: [tag: number, type: number, count: number, value: number][] = [
    [256, 3, 1, 1], [257, 3, 1, 1], [258, 3, 6, 140], [259, 3, 1, 1], [262, 3, 1, 2], [273, 4, 1, 152],
    [277, 3, 1, 6], [278, 3, 1, 1], [279, 4, 1, 6], [338, 3, 3, 160],
  ]; // prettier-ignore
  const tiff = Buffer.alloc(166);
  tiff.write('II*\0', 0, 'latin1');
  tiff.writeUInt32LE(8, 4);
  tiff.writeUInt16LE(entries.length, 8);
  for (const [i, [tag, type, count, value]] of entries.entries()) {
    const at = 10 + i * 12;
    tiff.writeUInt16LE(tag, at);
    tiff.writeUInt16LE(type, at + 2);
    tiff.writeUInt32LE(count, at + 4);
    tiff.writeUInt32LE(value, at + 8);
  }
  for (let i = 0; i < 6; i++) tiff.writeUInt16LE(8, 140 + i * 2);
  await refused(tiff, /6 channels, at most 5/, {});
});

test('row 11: a wide-gamut profile is converted; a broken one is named and sRGB assumed', async () => {
  const colour = { r: 230, g: 40, b: 40 };
  const tagged = await flatImage(20, 20, colour).withIccProfile('p3').png().toBuffer();
  const stored = await sharp(tagged, { ignoreIcc: true }).raw().toBuffer();
  assert.ok(Math.abs(stored[0] - 230) > 5, 'the file holds other numbers than sRGB');
  const [r, g, b] = pixelAt(await decodeImage(tagged), 5, 5);
  for (const [value, expected] of [
    [r, 230],
    [g, 40],
    [b, 40],
  ])
    assert.ok(Math.abs(value - expected) <= 2, `${r},${g},${b}`);

  const jpeg = await flatImage(20, 20, colour).withIccProfile('p3').jpeg({ quality: 100 }).toBuffer();
  const at = jpeg.indexOf('acsp');
  const broken = Buffer.from(jpeg).fill(0x41, at - 30, at + 200);
  const image = await decodeImage(broken);
  assert.ok(image.warnings.some((warning) => /profile is broken: sRGB is assumed/.test(warning)));
  const unconverted = await sharp(jpeg, { ignoreIcc: true }).raw().toBuffer();
  assert.deepEqual(pixelAt(image, 5, 5).slice(0, 3), [
    ...unconverted.subarray((5 * 20 + 5) * 3, (5 * 20 + 5) * 3 + 3),
  ]);
});

test('row 12: of an animation the first frame is used, the number of frames told, and all of them capped', async () => {
  const frames = Array.from({ length: 3 }, (_, i) => ({
    pixels: new Uint8Array(pattern(20, 20, 4, i)),
    width: 20,
    height: 20,
  }));
  const pieces: Uint8Array[] = [];
  await encodeGif(
    () => frames,
    { background: [0, 0, 0] },
    (bytes) => void pieces.push(bytes.slice()),
  );
  const gif = await decodeImage(Buffer.concat(pieces));
  assert.equal(gif.frames, 3);
  assert.equal(gif.height, 20);
  assert.ok(gif.warnings.includes('the first of 3 frames is used'));
  const webp = await sharp(Buffer.concat(pieces), { animated: true }).webp({ lossless: true }).toBuffer();
  // One may come as a Buffer, the other as a plain array.
  assert.deepEqual([...(await decodeImage(webp)).pixels], [...gif.pixels]);
  await refused(hollowGif(8000, 8000, 9), /9 frames of 8000×8000 are too many/);
});

/** Says that it has so many frames of a size; none holds its pixels. */
function hollowGif(width: number, height: number, frames: number): Buffer {
  const screen = Buffer.from('GIF89a\0\0\0\0\x80\0\0\0\0\0\xff\xff\xff', 'latin1');
  screen.writeUInt16LE(width, 6);
  screen.writeUInt16LE(height, 8);
  const frame = Buffer.from([0x2c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 0x44, 1, 0]);
  frame.writeUInt16LE(width, 5);
  frame.writeUInt16LE(height, 7);
  return Buffer.concat([screen, ...Array.from({ length: frames }, () => frame), Buffer.from([0x3b])]);
}

test('row 13: the orientation of EXIF is applied once', async () => {
  const jpeg = await patternImage(40, 20)
    .withMetadata({ orientation: 6 })
    .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
    .toBuffer();
  const image = await decodeImage(jpeg);
  assert.deepEqual([image.width, image.height, image.originalWidth, image.originalHeight], [20, 40, 20, 40]);
  // Turned clockwise: red, which grew to the right, grows downwards; green, which grew downwards, grows to the left.
  assert.ok(pixelAt(image, 10, 38)[0] > 200 && pixelAt(image, 10, 1)[0] < 50);
  assert.ok(pixelAt(image, 1, 20)[1] > 200 && pixelAt(image, 18, 20)[1] < 50);
  const fitted = await decodeImage(jpeg, { grid });
  assert.ok(pixelAt(fitted, 8, 15)[0] > pixelAt(fitted, 8, 0)[0]);
});

test('row 14: private metadata never reaches what is written', async () => {
  const jpeg = await patternImage(32, 32)
    .withExif({ IFD0: { Copyright: 'secret-owner' }, IFD3: { GPSLatitude: '51/1 30/1 0/1' } })
    .jpeg()
    .toBuffer();
  assert.ok(jpeg.includes('secret-owner'));
  const png = Buffer.from(await encodePng(await decodeImage(jpeg)));
  assert.ok(!png.includes('secret-owner'));
  const metadata = await sharp(png).metadata();
  assert.equal(metadata.exif, undefined);
  assert.equal(metadata.icc, undefined);
});

test('row 15: SVG is not read, wherever it refers to', async (t) => {
  const folder = await temporaryFolder(t);
  const svg =
    '<svg xmlns="http://www.w3.org/2000/svg" width="50" height="50"><image href="inner.png" width="50" height="50"/></svg>';
  await writeFiles(folder, {
    'inner.png': await patternImage(50, 50).png().toBuffer(),
    'outer.svg': svg,
    'outer.png': svg,
  });
  for (const name of ['outer.svg', 'outer.png'])
    await assert.rejects(decodeFile(join(folder, name)), /SVG pictures are not read/);
});

test('row 16: no SVG bomb is opened', async () => {
  const bombs = [
    '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><svg><text>&b;</text></svg>',
    '<svg xmlns="http://www.w3.org/2000/svg" width="100000" height="100000"/>',
    '<svg xmlns="http://www.w3.org/2000/svg"/>',
    '\ufeff <!-- first --><svg/>',
  ];
  for (const bomb of bombs) await refused(Buffer.from(bomb), /SVG pictures are not read/);
});

test('row 17: HEIC gets a sentence that says what to do', async () => {
  await refused(
    Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'),
    /HEIC pictures are not read: save it as JPEG or PNG/,
  );
  await refused(Buffer.from('\0\0\0\x18ftypisom\0\0\0\0isommp42', 'latin1'), /video or sound/);
  await refused(Buffer.from('BM\0\0\0\0\0\0\0\0\0\0\0\0'), /BMP pictures are not read: save it as PNG/);
});

test('row 18: a picture smaller than the grid is refused with the size needed, and enlarged only on request', async () => {
  const small = await patternImage(8, 8).png().toBuffer();
  await refused(small, /8×8 is smaller than the model's grid: at least 16×16 is needed/);
  await refused(await patternImage(100, 8).png().toBuffer(), /smaller/);
  await refused(await flatImage(1, 1, { r: 1, g: 2, b: 3 }).png().toBuffer(), /1×1 is smaller/);
  const enlarged = await decodeImage(small, { grid, enlarge: true });
  assert.deepEqual([enlarged.width, enlarged.height, enlarged.originalWidth], [16, 16, 8]);
});

test('row 19: a picture that is transparent throughout is refused', async () => {
  await refused(
    await flatImage(20, 20, { r: 255, g: 0, b: 0, alpha: 0 }).png().toBuffer(),
    /nothing is visible/,
  );
  const half = await decodeImage(
    await flatImage(20, 20, { r: 255, g: 0, b: 0, alpha: 0.5 }).png().toBuffer(),
  );
  assert.equal(pixelAt(half, 0, 0)[3], 128);
});

test('row 20: one colour throughout is accepted with a warning', async () => {
  const image = await decodeImage(await flatImage(20, 20, { r: 10, g: 20, b: 30 }).png().toBuffer(), {
    grid,
  });
  assert.deepEqual(image.warnings, ['it is one colour throughout']);
  assert.deepEqual(pixelAt(image, 8, 8), [10, 20, 30, 255]);
});

test('row 21: a picture that is there twice is used once; importing again gives the same', async (t) => {
  const folder = await temporaryFolder(t);
  const png = await patternImage(16, 16).png().toBuffer();
  const other = await patternImage(16, 16, 3, 3).png().toBuffer();
  const reEncoded = await sharp(png).webp({ lossless: true }).toBuffer();
  await writeFiles(folder, { 'b/copy.png': png, 'a.png': png, 'c.webp': reEncoded, 'd.png': other });
  const first = await loadDataset(folder, { image: 'rgb', grid });
  assert.deepEqual(first.names, ['a.png', 'd.png']);
  assert.equal(first.duplicates, 2);
  const again = await loadDataset(folder, { image: 'rgb', grid });
  assert.deepEqual(again.images, first.images);
  assert.equal((await loadDataset(folder, { image: 'rgb', grid, keepDuplicates: true })).count, 4);
});

test(
  'row 25: a named pipe given as a picture does not block',
  { skip: process.platform === 'win32' },
  async (t) => {
    const folder = await temporaryFolder(t);
    execFileSync('mkfifo', [join(folder, 'pipe.png')]);
    await assert.rejects(decodeFile(join(folder, 'pipe.png')), /not a regular file/);
    await assert.rejects(decodeFile(folder), AppError);
    await fs.rm(join(folder, 'pipe.png'));
  },
);
