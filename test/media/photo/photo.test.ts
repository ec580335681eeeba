import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import sharp from 'sharp';
import { openMask } from '#media/photo/photo-mask.ts';
import { openPhoto, readRegion, type Photo, type Samples } from '#media/photo/photo.ts';
import { previewFile, previewOf, previewWith } from '#media/photo/photo-preview.ts';
import { writePhoto } from '#media/photo/write-photo.ts';
import { samplePhoto, type SampleKind } from './sample-photo.ts';

const kinds: SampleKind[] = [];
for (const format of ['png', 'tiff', 'webp'] as const) {
  for (const bitDepth of [8, 16] as const) {
    for (const bands of [1, 2, 3, 4] as const) {
      if (format === 'webp' && (bitDepth === 16 || bands < 3)) continue;
      kinds.push({ format, bitDepth, bands });
    }
  }
}

function all(photo: Photo): Promise<Samples> {
  return readRegion(photo, { x: 0, y: 0, width: photo.width, height: photo.height });
}

for (const kind of kinds) {
  test(`what is outside the parts comes through to the last bit: ${JSON.stringify(kind)}`, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 5, max: 40 }),
        fc.integer({ min: 5, max: 40 }),
        fc.nat(0xffff),
        async (width, height, seed) => {
          const { file, samples } = await samplePhoto({ ...kind, width, height, seed });
          const photo = await openPhoto(file);
          assert.deepEqual(
            { width: photo.width, height: photo.height, bands: photo.bands, bitDepth: photo.bitDepth },
            { width, height, bands: kind.bands, bitDepth: kind.bitDepth },
          );
          assert.deepEqual([...(await all(photo))], [...samples], 'samples are read as they are');
          const rect = { x: seed % 3, y: seed % 4, width: 2, height: 1 };
          const changed = samples.slice(0, 2 * kind.bands).map((_, i) => (seed * (i + 1) * 7919) & 0xff);
          const written = await writePhoto(photo, [{ ...rect, samples: changed }], {
            format: 'original',
            keepsPlace: false,
          });
          assert.ok(written.isExact);
          const again = await all(await openPhoto(written.bytes));
          const expected = samples.slice();
          for (let i = 0; i < changed.length; i++) {
            expected[(rect.y * width + rect.x) * kind.bands + i] ^= changed[i];
          }
          assert.deepEqual([...again], [...expected]);
        },
      ),
      { numRuns: 6 },
    );
  });
}

test('a colour profile stays, and no sample is converted by it', async () => {
  const { file } = await samplePhoto({ format: 'png', bitDepth: 8, bands: 3, profile: 'p3', seed: 3 });
  const photo = await openPhoto(file);
  const { bytes } = await writePhoto(photo, [], { format: 'original', keepsPlace: false });
  assert.deepEqual((await sharp(bytes).metadata()).icc, (await sharp(file).metadata()).icc);
  assert.deepEqual([...(await all(await openPhoto(bytes)))], [...(await all(photo))]);
});

test('EXIF turns a photo upright once, and the rest of it stays', async () => {
  const { file } = await samplePhoto({
    format: 'jpeg',
    bitDepth: 8,
    bands: 3,
    width: 30,
    height: 20,
    orientation: 6,
  });
  const photo = await openPhoto(file);
  assert.deepEqual([photo.width, photo.height, photo.isLossless], [20, 30, false]);
  const { bytes, extension, isExact } = await writePhoto(photo, [], {
    format: 'original',
    keepsPlace: false,
  });
  assert.deepEqual([extension, isExact], ['jpg', false]);
  const written = await sharp(bytes).metadata();
  assert.deepEqual([written.width, written.height, written.orientation], [20, 30, 1]);
  assert.ok(written.exif?.includes('Somebody'), 'who has the rights in it');
  const exact = await writePhoto(photo, [], { format: 'png', keepsPlace: false });
  assert.deepEqual([...(await all(await openPhoto(exact.bytes)))], [...(await all(photo))]);
});

test('a preview with a repaired part differs where the part is', async () => {
  const { file } = await samplePhoto({ format: 'png', bitDepth: 8, bands: 3, width: 64, height: 48 });
  const photo = await openPhoto(file);
  const preview = await previewOf(photo);
  const samples = new Uint8Array(10 * 10 * 3).fill(255);
  const shown = await previewWith(photo, preview, [{ x: 20, y: 10, width: 10, height: 10, samples }]);
  for (let y = 0; y < 48; y++) {
    for (let x = 0; x < 64; x++) {
      const isInside = x >= 20 && x < 30 && y >= 10 && y < 20;
      const at = (y * 64 + x) * 4;
      assert.equal(shown.pixels[at], isInside ? 255 - preview.pixels[at] : preview.pixels[at]);
    }
  }
  assert.equal((await sharp(await previewFile(shown, true)).metadata()).format, 'png');
  assert.equal((await sharp(await previewFile(shown, false)).metadata()).format, 'jpeg');
});

test('a mask is white on black, or anything opaque that is white, of the photo or of a smaller copy', async () => {
  const raw = { width: 4, height: 2, channels: 4 as const };
  const pixels = Buffer.alloc(32);
  pixels.set([255, 255, 255, 255], 4);
  pixels.set([255, 255, 255, 0], 8);
  const png = await sharp(pixels, { raw }).png().toBuffer();
  const mask = await openMask(png, { width: 8, height: 4 });
  assert.deepEqual([...mask.values], [0, 255, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual([...mask.read({ x: 1, y: 1, width: 4, height: 2 })], [0, 255, 255, 0, 0, 0, 0, 0]);
  await assert.rejects(openMask(png, { width: 8, height: 8 }), { code: 'mismatch', message: /4×2.*8×8/ });
});

test('colours for print are converted, and it is said', async () => {
  const cmyk = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#abc' } })
    .toColourspace('cmyk')
    .jpeg()
    .toBuffer();
  const photo = await openPhoto(cmyk);
  assert.deepEqual([photo.format, photo.bands, photo.isLossless], ['png', 3, true]);
  assert.match(photo.notices.join(), /CMYK.*converted to sRGB.*saved as PNG/);
  const pixel = (await all(photo)).slice(0, 3);
  for (const [i, value] of [0xaa, 0xbb, 0xcc].entries())
    assert.ok(Math.abs(pixel[i] - value) < 24, `${pixel[i]}`);
});

test('a TIFF with EXIF data says that they are not written again', async () => {
  const plain = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#abc' } })
    .tiff()
    .toBuffer();
  assert.deepEqual((await openPhoto(plain)).notices, []);
  // The first entry of its directory becomes a pointer to EXIF data.
  const view = new DataView(plain.buffer, plain.byteOffset, plain.byteLength);
  const isLittle = view.getUint16(0) === 0x4949;
  const at = view.getUint32(4, isLittle);
  const count = view.getUint16(at, isLittle);
  const tags = Array.from({ length: count }, (_, i) => view.getUint16(at + 2 + i * 12, isLittle));
  const spare = tags.indexOf(0x11c) >= 0 ? tags.indexOf(0x11c) : tags.length - 1;
  view.setUint16(at + 2 + spare * 12, 0x8769, isLittle);
  assert.match((await openPhoto(plain)).notices.join(), /EXIF.*keep the original/);
});

test('photos that cannot be repaired as they are say so', async () => {
  await assert.rejects(openPhoto(Buffer.from('GIF')), { code: 'bad-image' });
  const { file } = await samplePhoto({ format: 'png', bitDepth: 8, bands: 3, width: 40, height: 40 });
  const cut = await openPhoto(file.subarray(0, file.length - 900));
  await assert.rejects(all(cut), { code: 'bad-image', message: /cut short/ });
});
