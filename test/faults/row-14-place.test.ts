import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { withoutPlace } from '#media/photo/exif-place.ts';
import { openPhoto } from '#media/photo/photo.ts';
import { writePhoto } from '#media/photo/write-photo.ts';
import { samplePhoto } from '#test/media/photo/sample-photo.ts';

const datum = 'WGS-84-of-somebody';

for (const format of ['jpeg', 'png', 'webp'] as const) {
  test(`14: a repaired photo keeps its EXIF data, and not where it was taken: ${format}`, async () => {
    const { file } = await samplePhoto({ format, bitDepth: 8, bands: 3, hasPlace: true });
    assert.ok(file.includes(datum) && file.includes('Somebody'));
    const photo = await openPhoto(file);
    for (const wanted of ['original', 'png'] as const) {
      const { bytes } = await writePhoto(photo, [], { format: wanted, keepsPlace: false });
      const written = Buffer.from(bytes);
      assert.ok(!written.includes(datum), 'nothing of the place is left');
      const { exif } = await sharp(written).metadata();
      assert.ok(exif !== undefined && exif.includes('Somebody'), 'the rest is there');
      assert.ok(!exif.includes(Buffer.from([0x88, 0x25])) && !exif.includes(Buffer.from([0x25, 0x88])));
      const kept = await writePhoto(photo, [], { format: wanted, keepsPlace: true });
      assert.ok(Buffer.from(kept.bytes).includes(datum), 'unless it is wanted');
    }
    assert.ok(file.includes(datum), 'the photo itself is not touched');
  });
}

test('14: nor does one whose colours were for print, which is converted at opening', async () => {
  const { file } = await samplePhoto({ format: 'jpeg', bitDepth: 8, bands: 3, hasPlace: true });
  const cmyk = await sharp(file).toColourspace('cmyk').keepExif().jpeg().toBuffer();
  assert.ok(cmyk.includes(datum));
  const { bytes } = await writePhoto(await openPhoto(cmyk), [], { format: 'original', keepsPlace: false });
  assert.ok(!Buffer.from(bytes).includes(datum));
  assert.ok(Buffer.from(bytes).includes('Somebody'));
});

test('14: EXIF data that cannot be read are left out as a whole', async () => {
  const { file } = await samplePhoto({ format: 'jpeg', bitDepth: 8, bands: 3, hasPlace: true });
  const { exif } = await sharp(file).metadata();
  assert.ok(exif);
  const broken = Buffer.from(exif);
  // The place of the first directory: far outside.
  broken.fill(0x7f, 6 + 4, 6 + 8);
  const damaged = Buffer.from(file);
  broken.copy(damaged, file.indexOf(exif));
  assert.ok(!Buffer.from(withoutPlace(damaged, broken) ?? []).includes(datum));
  assert.equal(withoutPlace(Buffer.from('another file'), exif), null);
  const plain = Buffer.from('no data');
  assert.equal(withoutPlace(plain, undefined), plain);
});
