import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { AppError } from '#domain/errors.ts';
import { loadDataset } from '#media/dataset.ts';
import { findIdxFile, parseIdx, readIdxFile } from '#media/idx.ts';
import { idxBytes, temporaryFolder, writeFiles } from '#test/media/sample-images.ts';

const values = Uint8Array.from({ length: 5 * 4 * 3 }, (_, i) => i * 4);
const images = idxBytes(5, 4, 3, values);
const labels = Buffer.from([0, 0, 8, 1, 0, 0, 0, 2, 7, 9]);
const name = 'train-images-idx3-ubyte';

test('images are read, plain and gzipped', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, { [name]: images, [`${name}.gz`]: gzipSync(images) });
  for (const file of [name, `${name}.gz`]) {
    const read = await readIdxFile(join(folder, file));
    assert.deepEqual([read.count, read.height, read.width], [5, 4, 3]);
    assert.deepEqual(Uint8Array.from(read.values), values);
  }
});

test('what is not exactly an IDX file of images is refused', async (t) => {
  const changed = (at: number, value: number) => {
    const copy = Buffer.from(images);
    copy[at] = value;
    return copy;
  };
  const cases: [Uint8Array, RegExp][] = [
    [new Uint8Array(0), /not an IDX file/],
    [Buffer.from('PNG or so'), /not an IDX file/],
    [changed(2, 13), /type 13/],
    [labels, /labels/],
    [changed(3, 4), /4 dimensions/],
    [images.subarray(0, 9), /cut short/],
    [images.subarray(0, images.length - 1), /has 76 bytes, this one has 75/],
    [Buffer.concat([images, Buffer.of(0)]), /has 76 bytes, this one has 77/],
    [changed(4, 255), /bytes, this one has 76/],
    [idxBytes(0, 4, 3, new Uint8Array(0)), /holds nothing/],
  ];
  for (const [bytes, message] of cases)
    assert.throws(
      () => parseIdx(bytes),
      (error: unknown) => error instanceof AppError && message.test(error.message),
    );
  const folder = await temporaryFolder(t);
  await writeFiles(folder, { [`${name}.gz`]: gzipSync(images).subarray(0, 40) });
  await assert.rejects(readIdxFile(join(folder, `${name}.gz`)), /gzip.*damaged or cut short/);
});

test('any bytes give images or an AppError', () => {
  const header = fc
    .uint8Array({ minLength: 0, maxLength: 40 })
    .map((bytes) => Buffer.concat([Buffer.of(0, 0, 8, 3), bytes]));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), header), (bytes) => {
      try {
        const read = parseIdx(bytes);
        assert.equal(read.values.length, read.count * read.height * read.width);
      } catch (error) {
        assert.ok(error instanceof AppError);
      }
    }),
  );
});

test('a folder stands for its file of images; of two halves the part is chosen', async (t) => {
  const folder = await temporaryFolder(t);
  assert.equal(await findIdxFile(folder), null);
  assert.equal(await findIdxFile(join(folder, 'missing')), null);
  await writeFiles(folder, {
    [name]: images,
    [`${name}.gz`]: gzipSync(images),
    'train-labels-idx1-ubyte': labels,
  });
  assert.equal(await findIdxFile(folder), join(folder, name));
  assert.equal(await findIdxFile(folder, 'test'), join(folder, name));
  await writeFiles(folder, { 't10k-images-idx3-ubyte': images });
  assert.equal(await findIdxFile(folder), join(folder, name));
  assert.equal(await findIdxFile(folder, 'test'), join(folder, 't10k-images-idx3-ubyte'));
  await writeFiles(folder, { 'more-images-idx3-ubyte': images });
  await assert.rejects(findIdxFile(folder), /several IDX files .*name the one to read/);
});

test('a dataset of digits has red = green = blue = alpha = value, and keeps its order', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, { [name]: images });
  const options = { image: 'grey-alpha', grid: { height: 4, width: 3 } } as const;
  const dataset = await loadDataset(folder, options);
  assert.deepEqual([dataset.count, dataset.source, dataset.names[4]], [5, 'idx', '#4']);
  for (const [i, value] of values.entries())
    assert.deepEqual([...dataset.images.subarray(i * 4, i * 4 + 4)], [value, value, value, value]);
  const batch = dataset.batch([4, 0]);
  assert.equal(batch.length, 2 * 4 * 3 * 4);
  assert.equal(batch[0], Math.fround(values[4 * 12] / 255));
  assert.throws(() => dataset.batch([5]), RangeError);
  const two = await loadDataset(join(folder, name), { ...options, limit: 2 });
  assert.deepEqual(two.images, dataset.images.subarray(0, two.images.length));
  const opaque = await loadDataset(folder, { ...options, image: 'rgb' });
  assert.deepEqual([...opaque.images.subarray(4, 8)], [4, 4, 4, 255]);
});

test('images smaller than the grid are refused, larger ones fitted', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFiles(folder, { [name]: images });
  const grid = { height: 8, width: 8 };
  await assert.rejects(
    loadDataset(folder, { image: 'grey-alpha', grid }),
    /3×4; the model's grid needs at least 8×8/,
  );
  assert.equal(
    (await loadDataset(folder, { image: 'grey-alpha', grid, enlarge: true })).images.length,
    5 * 8 * 8 * 4,
  );
  assert.equal((await loadDataset(folder, { image: 'grey-alpha', grid: { height: 2, width: 2 } })).count, 5);
  await fs.rm(join(folder, name));
});
