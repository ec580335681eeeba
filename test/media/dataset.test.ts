import assert from 'node:assert/strict';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import sharp from 'sharp';
import { AppError } from '#domain/errors.ts';
import { loadDataset, type DatasetProgress } from '#media/dataset.ts';
import { decodeFile, decodeImage, premultiplied, toModelInput } from '#media/decode.ts';
import { splitDataset } from '#media/split.ts';
import { flatImage, patternImage, pixelAt, temporaryFolder, writeFiles } from '#test/media/sample-images.ts';

const grid = { height: 16, width: 16 };

async function sampleFolder(folder: string, count = 12): Promise<void> {
  for (let i = 0; i < count; i++)
    await writeFiles(folder, {
      [`class-${i % 3}/${i}.png`]: await patternImage(20, 20, 3, i).png().toBuffer(),
    });
}

test('a folder is read in the order of its paths, whatever the decoder does', async (t) => {
  const folder = await temporaryFolder(t);
  await sampleFolder(folder);
  const progress: DatasetProgress[] = [];
  const dataset = await loadDataset(folder, {
    image: 'rgb',
    grid,
    onProgress: (event) => progress.push(event),
  });
  assert.equal(dataset.count, 12);
  assert.deepEqual([...dataset.names], [...dataset.names].sort());
  assert.equal(dataset.names[0], 'class-0/0.png');
  for (const [i, name] of dataset.names.entries()) {
    const image = await decodeFile(join(folder, name), { grid });
    const bytes = dataset.images.subarray(i * 1024, (i + 1) * 1024);
    assert.deepEqual(bytes, premultiplied(image, 'rgb'));
    assert.deepEqual(dataset.batch([i]), await toModelInput(image, 'rgb', grid));
  }
  assert.deepEqual(progress.at(-1), { phase: 'decoding', done: 12, total: 12, skipped: 0 });
});

test('a limit takes a sample over the whole folder, always the same', async (t) => {
  const folder = await temporaryFolder(t);
  await sampleFolder(folder, 30);
  const options = { image: 'rgb', grid, limit: 9 } as const;
  const first = await loadDataset(folder, options);
  assert.equal(first.count, 9);
  assert.equal(new Set(first.names.map((name) => name.split('/')[0])).size, 3);
  assert.deepEqual([...first.names], [...first.names].sort());
  assert.deepEqual((await loadDataset(folder, options)).images, first.images);
  for (const limit of [0, 1.5, -3])
    await assert.rejects(loadDataset(folder, { ...options, limit }), AppError);
});

test('decoded pictures are kept on the disk until a file changes', async (t) => {
  const folder = await temporaryFolder(t);
  const cacheFolder = await temporaryFolder(t);
  await sampleFolder(folder, 4);
  await writeFiles(folder, { 'bad.png': 'no picture' });
  const load = (extra = {}) => loadDataset(folder, { image: 'rgb', grid, cacheFolder, ...extra });
  const first = await load();
  const second = await load();
  assert.deepEqual([first.fromCache, second.fromCache], [false, true]);
  for (const key of ['images', 'names', 'skipped', 'warnings', 'duplicates'] as const)
    assert.deepEqual(second[key], first[key]);
  assert.equal((await load({ image: 'rgba' })).fromCache, false);
  assert.equal((await load({ grid: { height: 8, width: 8 } })).fromCache, false);
  await fs.writeFile(join(folder, 'class-0/0.png'), await patternImage(20, 20, 3, 99).png().toBuffer());
  const third = await load();
  assert.equal(third.fromCache, false);
  assert.notDeepEqual(third.images, first.images);
  await fs.rm(join(folder, 'class-0/3.png'));
  assert.equal((await load()).count, 3);
});

test('a damaged cache is rebuilt, and one that cannot be written is no failure', async (t) => {
  const folder = await temporaryFolder(t);
  const cacheFolder = await temporaryFolder(t);
  await sampleFolder(folder, 3);
  const load = (place: string) => loadDataset(folder, { image: 'rgb', grid, cacheFolder: place });
  const first = await load(cacheFolder);
  const [name] = await fs.readdir(cacheFolder);
  const path = join(cacheFolder, name);
  const whole = await fs.readFile(path);
  const flipped = Buffer.from(whole);
  flipped[whole.length - 5] ^= 1;
  for (const damaged of [whole.subarray(0, 100), Buffer.alloc(0), Buffer.alloc(5000, 7), flipped]) {
    await fs.writeFile(path, damaged);
    const again = await load(cacheFolder);
    assert.equal(again.fromCache, false);
    assert.deepEqual(again.images, first.images);
    assert.deepEqual(await fs.readFile(path), whole);
  }
  const blocked = await load(join(path, 'below-a-file'));
  assert.equal(blocked.count, 3);
});

test('only the latest caches are kept', async (t) => {
  const folder = await temporaryFolder(t);
  const cacheFolder = await temporaryFolder(t);
  await sampleFolder(folder, 1);
  for (let side = 4; side < 16; side++)
    await loadDataset(folder, { image: 'rgb', grid: { height: side, width: side }, cacheFolder });
  assert.equal((await fs.readdir(cacheFolder)).length, 8);
});

test('a single picture and a missing folder', async (t) => {
  const folder = await temporaryFolder(t);
  await sampleFolder(folder, 1);
  const one = await loadDataset(join(folder, 'class-0/0.png'), { image: 'rgb', grid });
  assert.deepEqual([one.count, one.source], [1, 'file']);
  const code = (expected: string) => (error: unknown) => error instanceof AppError && error.code === expected;
  await assert.rejects(loadDataset(join(folder, 'nothing'), { image: 'rgb', grid }), code('not-found'));
  await fs.mkdir(join(folder, 'empty'));
  await assert.rejects(loadDataset(join(folder, 'empty'), { image: 'rgb', grid }), code('no-images'));
});

test('the kinds of image: premultiplied, laid on white, grey as alpha', async () => {
  const image = { pixels: Uint8Array.of(200, 100, 0, 128, 10, 20, 30, 255), width: 2, height: 1 };
  assert.deepEqual([...premultiplied(image, 'rgba')], [100, 50, 0, 128, 10, 20, 30, 255]);
  assert.deepEqual([...premultiplied(image, 'rgb')], [227, 177, 127, 255, 10, 20, 30, 255]);
  const grey = Math.round(((0.299 * 200 + 0.587 * 100) * 128) / 255);
  assert.deepEqual([...premultiplied(image, 'grey-alpha').subarray(0, 4)], [grey, grey, grey, grey]);
  const input = await toModelInput(image, 'rgba', { height: 1, width: 2 });
  assert.equal(input[3], Math.fround(128 / 255));
});

test('opaque pictures cover the grid, transparent ones are contained in it', async () => {
  const red = { r: 255, g: 0, b: 0 };
  const wide = await sharp({ create: { width: 64, height: 32, channels: 3, background: red } })
    .composite([{ input: await flatImage(16, 32, { r: 0, g: 0, b: 255 }).png().toBuffer(), left: 0, top: 0 }])
    .png()
    .toBuffer();
  const covered = await decodeImage(wide, { grid });
  for (const x of [0, 15]) assert.ok(pixelAt(covered, x, 8)[0] > 200, 'the blue left quarter is cropped');

  const opaqueAlpha = await decodeImage(await sharp(wide).ensureAlpha().png().toBuffer(), { grid });
  assert.deepEqual(opaqueAlpha.pixels, covered.pixels);

  const shape = await sharp({
    create: { width: 64, height: 32, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } },
  })
    .composite([
      {
        input: await flatImage(40, 32, { ...red, alpha: 1 })
          .png()
          .toBuffer(),
        left: 0,
        top: 0,
      },
    ])
    .png()
    .toBuffer();
  const contained = await decodeImage(shape, { grid });
  assert.equal(pixelAt(contained, 2, 1)[3], 0);
  assert.deepEqual(pixelAt(contained, 2, 8), [255, 0, 0, 255]);
  assert.equal(pixelAt(contained, 14, 8)[3], 0);
});

test('resizing does not drag in the colour of what is transparent', async () => {
  const pixels = Buffer.alloc(32 * 32 * 4);
  for (let i = 0; i < 32 * 32; i++) pixels.set(i % 32 < 16 ? [0, 255, 0, 0] : [255, 0, 0, 255], i * 4);
  const png = await sharp(pixels, { raw: { width: 32, height: 32, channels: 4 } })
    .png()
    .toBuffer();
  const image = await decodeImage(png, { grid });
  for (let i = 0; i < image.pixels.length; i += 4)
    assert.ok(image.pixels[i + 1] < 8 || image.pixels[i + 3] === 0);
});

test('a split is seeded, complete and without overlap', () => {
  const { training, validation } = splitDataset(100, { seed: 7, validation: 0.1 });
  assert.deepEqual([training.length, validation.length], [90, 10]);
  assert.equal(new Set([...training, ...validation]).size, 100);
  assert.deepEqual(splitDataset(100, { seed: 7, validation: 0.1 }).validation, validation);
  assert.notDeepEqual(splitDataset(100, { seed: 8, validation: 0.1 }).validation, validation);
  assert.deepEqual(
    [...training],
    [...training].sort((a, b) => a - b),
  );
  assert.equal(splitDataset(100, { seed: 1, validation: 25 }).validation.length, 25);
  assert.deepEqual([...splitDataset(1, { seed: 1, validation: 0.5 }).training], [0]);
  assert.equal(splitDataset(3, { seed: 1, validation: 50 }).training.length, 1);
});
