import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import type { ParamsIn, Progress } from '#contract/contract.ts';
import type { EngineContract } from '#contract/engine-contract.ts';
import { openPhoto, readRegion } from '#media/photo/photo.ts';
import { samplePhoto, type SampleKind } from '#test/media/photo/sample-photo.ts';
import { scratchFolder, startEngine, writeTinyModel } from './engine-stage.ts';

const stage = await startEngine(await scratchFolder());
const modelPath = join(stage.folder, 'tiny.safetensors');
await writeTinyModel(modelPath);

const WIDTH = 60;
const HEIGHT = 44;
const holes = [
  { left: 10, top: 8, width: 12, height: 9 },
  { left: 50, top: 38, width: 3, height: 4 },
];

async function maskOf(boxes: readonly (typeof holes)[number][]): Promise<Buffer> {
  const create = (width: number, height: number, background: string) => ({
    create: { width, height, channels: 3 as const, background },
  });
  const overlays = boxes.map(({ left, top, width, height }) => ({
    ...{ left, top },
    input: create(width, height, '#fff'),
  }));
  return sharp(create(WIDTH, HEIGHT, '#000'))
    .composite(overlays)
    .png()
    .toBuffer();
}

async function opened(name: string, kind: SampleKind): Promise<string> {
  const path = join(stage.folder, `${name}.${kind.format}`);
  await writeFile(path, (await samplePhoto({ ...kind, width: WIDTH, height: HEIGHT })).file);
  const folder = join(stage.folder, name);
  const { width, height, bitDepth } = await stage.client.call('repair.open', { path, folder, name });
  assert.deepEqual([width, height, bitDepth], [WIDTH, HEIGHT, kind.bitDepth]);
  return folder;
}

type RunOptions = ParamsIn<EngineContract, 'repair.run'>['options'] &
  Partial<Pick<ParamsIn<EngineContract, 'repair.run'>, 'mask' | 'modelPath'>>;

async function run(
  folder: string,
  how: RunOptions = {},
  call: { signal?: AbortSignal; onProgress?: (value: Progress<EngineContract, 'repair.run'>) => void } = {},
) {
  const { mask = await maskOf(holes), modelPath: path = modelPath, ...options } = how;
  return stage.client.call('repair.run', { folder, modelPath: path, mask, options }, call);
}

test('a part of it is seen in its own pixels, as it was and repaired, also where holes are cut in two', async () => {
  const folder = await opened('seen', { format: 'png', bitDepth: 8, bands: 4 });
  const { preview: repaired } = await run(folder);
  const original = await readFile(join(folder, 'photo'));
  for (const [isRepaired, whole] of [
    [false, original],
    [true, repaired],
  ] as const) {
    for (const region of [
      { x: 15, y: 3, width: 37, height: 38 },
      { x: 0, y: 0, width: WIDTH, height: HEIGHT },
      { x: 12, y: 10, width: 5, height: 4 },
    ]) {
      const { picture } = await stage.client.call('repair.view', { folder, region, isRepaired });
      const { x, y, width, height } = region;
      const seen = await sharp(picture).raw().toBuffer();
      const own = await sharp(whole).extract({ left: x, top: y, width, height }).raw().toBuffer();
      assert.ok(seen.equals(own), `${isRepaired} ${x} ${y}`);
    }
  }
  const outside = { folder, region: { x: 50, y: 0, width: 11, height: 5 }, isRepaired: false };
  await assert.rejects(stage.client.call('repair.view', outside), { code: 'bad-argument' });
});

for (const bitDepth of [8, 16] as const) {
  test(`only mask and feather change, at ${bitDepth} bits, locked or not`, async () => {
    const folder = await opened(`depth-${bitDepth}`, { format: 'png', bitDepth, bands: 3 });
    for (const isLocked of [true, false]) {
      const result = await run(folder, { isLocked });
      assert.equal(result.identical, result.pixels - result.repaired);
      assert.equal(result.patches, 2);
      const file = await stage.client.call('repair.write', { folder, format: 'original', keepsPlace: false });
      assert.ok(file.isExact);
      const [before, after] = [await samplesOf(join(folder, 'photo')), await samplesOf(file.path)];
      let changed = 0;
      for (let pixel = 0; pixel < WIDTH * HEIGHT; pixel++) {
        const [x, y] = [pixel % WIDTH, Math.floor(pixel / WIDTH)];
        const isNear = holes.some(
          ({ left, top, width, height }) =>
            x >= left - 2 && x < left + width + 2 && y >= top - 2 && y < top + height + 2,
        );
        const isSame = [0, 1, 2].every((c) => before[pixel * 3 + c] === after[pixel * 3 + c]);
        if (!isSame) changed++;
        assert.ok(isSame || isNear, `pixel ${x}, ${y} is as it was`);
      }
      assert.ok(changed > 100, 'what was damaged is not what it was');
      assert.ok(changed <= result.repaired);
    }
    assert.deepEqual((await readdir(folder)).sort(), [
      ...['about', 'answer', 'mask', 'photo', 'preview', 'repaired', 'result.png'],
    ]);
  });
}

test('a rule learns the photo, tells how far it is, and ends when asked', async () => {
  const folder = await opened('learned', { format: 'png', bitDepth: 8, bands: 4 });
  const phases: string[] = [];
  const mask = await maskOf(holes.slice(0, 1));
  const result = await run(
    folder,
    { mask, modelPath: null, learns: true, iterations: 5000 },
    {
      onProgress({ phase, region }) {
        if (phases.length === 0) void stage.client.call('repair.stop', { folder });
        phases.push(phase);
        assert.ok(region !== null && region.width <= WIDTH);
      },
    },
  );
  assert.match(phases[0], /^Learning this photo/);
  assert.match(result.notices.join(), /^Learning ended after \d+ iterations, as you asked/);
  assert.ok(result.identical === result.pixels - result.repaired);
});

test('broken off, learning goes on where it was, for the same mask alone', async () => {
  const folder = await opened('resumed', { format: 'png', bitDepth: 8, bands: 3 });
  const learning = { modelPath: null, learns: true, iterations: 4, mask: await maskOf(holes.slice(0, 1)) };
  const learned: number[] = [];
  const cancelling = new AbortController();
  const breaking = run(folder, learning, {
    signal: cancelling.signal,
    onProgress: () => cancelling.abort(),
  });
  await assert.rejects(breaking, { code: 'cancelled' });
  assert.ok((await readdir(folder)).includes('lesson'));
  const onProgress = ({ phase, done }: Progress<EngineContract, 'repair.run'>): void => {
    if (phase.startsWith('Learning')) learned.push(done);
  };
  // The mask that was kept.
  const result = await run(folder, { ...learning, mask: null }, { onProgress });
  assert.ok((learned[0] ?? 4) > 1, `it goes on with iteration ${learned[0]}`);
  const kept = await stage.client.call('repair.reopen', { folder });
  assert.equal(kept.photo.name, 'resumed');
  assert.deepEqual(kept.result, result);
  assert.equal(kept.options?.learns, true);
  assert.deepEqual(Buffer.from(kept.mask ?? []), learning.mask);
  learned.length = 0;
  await run(folder, { ...learning, mask: await maskOf(holes.slice(1)) }, { onProgress });
  assert.equal(learned[0], 1, 'another mask is another lesson');
});

test('cancelled, it says so, and what was repaired before stays', async () => {
  const folder = await opened('cancelled', { format: 'tiff', bitDepth: 16, bands: 1 });
  await run(folder);
  const write = { folder, format: 'original', keepsPlace: false } as const;
  const earlier = await samplesOf((await stage.client.call('repair.write', write)).path);
  const cancelling = new AbortController();
  const running = run(
    folder,
    { modelPath: null, learns: true, iterations: 5000 },
    { signal: cancelling.signal, onProgress: () => cancelling.abort() },
  );
  await assert.rejects(running, { code: 'cancelled' });
  const later = await samplesOf((await stage.client.call('repair.write', write)).path);
  assert.deepEqual([...later], [...earlier]);
});

test('an empty mask, another size and what is no photo are refused with a sentence', async () => {
  const folder = await opened('refused', { format: 'png', bitDepth: 8, bands: 3 });
  await assert.rejects(run(folder, { mask: await maskOf([]) }), { code: 'bad-argument', message: /paint/ });
  const other = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#fff' } })
    .png()
    .toBuffer();
  await assert.rejects(run(folder, { mask: other }), { code: 'mismatch', message: /8×8/ });
  const path = join(stage.folder, 'photo.txt');
  await writeFile(path, 'no photo');
  const elsewhere = join(stage.folder, 'none');
  await assert.rejects(stage.client.call('repair.open', { path, folder: elsewhere, name: 'photo.txt' }), {
    ...{ code: 'bad-image', message: /photo\.txt.*not a picture/ },
  });
});

async function samplesOf(path: string) {
  const photo = await openPhoto(await readFile(path));
  return readRegion(photo, { x: 0, y: 0, width: WIDTH, height: HEIGHT });
}
