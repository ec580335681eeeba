/** What goes out with a picture, how it goes out where the disk or the user ends it, and what may come in with one. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { exportOptions, type ExportFormat } from '#contract/shapes/export.ts';
import { METADATA_KEY } from '#engine/files/morphogen-metadata.ts';
import { parseSafetensors } from '#engine/files/safetensors.ts';
import { writeSafetensors } from '#engine/files/safetensors-write.ts';
import { artworkFileBytes, readArtworkFile } from '#hosts/engine/artwork-file.ts';
import { exportGrowth } from '#hosts/engine/export/export-growth.ts';
import { openEngine } from '#hosts/engine/open-engine.ts';
import { readCarriedArtwork } from '#hosts/engine/own-files.ts';
import { carryInPng, pngChunk } from '#media/carried.ts';
import { encodePng } from '#media/png.ts';
import { orangeGrowth } from '#test/hosts/engine/export/orange-growth.ts';
import { fullDisk } from '#test/storage/full-disk.ts';

const { implementation } = await openEngine({ backend: 'reference' });
const signal = new AbortController().signal;

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'morphogen-export-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const optionsFor = (format: ExportFormat, more: object = {}) =>
  exportOptions.parse({ format, size: 32, ...more });

test('14: an export holds pixels and, if it is wanted, rules, recipe and their names: nothing else', async (t) => {
  const folder = await folderOf(t);
  for (const carriesRecipe of [true, false]) {
    const path = join(folder, 'a.png');
    await exportGrowth(orangeGrowth(), optionsFor('png', { carriesRecipe }), path, {
      implementation,
      signal,
    });
    const bytes = await readFile(path);
    const types: string[] = [];
    for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at))
      types.push(bytes.toString('latin1', at + 4, at + 8));
    const expected = ['IHDR', 'IDAT', ...(carriesRecipe ? ['mgRC'] : []), 'IEND'];
    assert.deepEqual(
      [...new Set(types)].filter((type) => type !== 'pHYs'),
      expected,
    );
    const { exif, icc, xmp, iptc, comments } = await sharp(bytes).metadata();
    assert.deepEqual(
      [exif, icc, xmp, iptc, comments],
      [undefined, undefined, undefined, undefined, undefined],
    );
    const artwork = readCarriedArtwork(bytes, 'a.png');
    assert.equal(artwork?.name, carriesRecipe ? 'Orange' : undefined);
    assert.ok(!JSON.stringify(artwork?.recipe ?? {}).includes('secret machine'), 'not even the processor');
  }
});

/** What kinds of pieces a file has, besides its pixels. */
const pieces: Readonly<Record<'gif' | 'apng' | 'webp', (bytes: Buffer) => string[]>> = {
  gif: (bytes) =>
    [...bytes.toString('latin1').matchAll(/\x21\xff\x0b(.{11})|\x21(\xfe|\x01)/gs)].map(
      ([all, name]) => name ?? all,
    ),
  apng(bytes) {
    const types: string[] = [];
    for (let at = 8; at < bytes.length; at += 12 + bytes.readUInt32BE(at))
      types.push(bytes.toString('latin1', at + 4, at + 8));
    return types.filter((type) => !['IHDR', 'acTL', 'fcTL', 'fdAT', 'IDAT', 'IEND'].includes(type));
  },
  webp(bytes) {
    const types: string[] = [];
    for (
      let at = 12;
      at < bytes.length;
      at += 8 + bytes.readUInt32LE(at + 4) + (bytes.readUInt32LE(at + 4) & 1)
    )
      types.push(bytes.toString('latin1', at, at + 4));
    return types.filter((type) => !['VP8X', 'ANIM', 'ANMF'].includes(type));
  },
};

test('14: animations hold frames and, if it is wanted, the recipe, whatever they are called: no names, no times', async (t) => {
  const folder = await folderOf(t);
  const own = { gif: ['NETSCAPE2.0', 'MORPHGENRC1'], apng: ['mgRC'], webp: ['MGRC'] };
  for (const format of ['gif', 'apng', 'webp'] as const) {
    const path = join(folder, `secret name.${format}`);
    for (const carriesRecipe of [true, false]) {
      await exportGrowth(orangeGrowth(), optionsFor(format, { carriesRecipe }), path, {
        implementation,
        signal,
      });
      const bytes = await readFile(path);
      const expected = carriesRecipe ? own[format] : own[format].slice(0, -1);
      assert.deepEqual(pieces[format](bytes), expected, format);
      assert.ok(!bytes.includes('secret'));
    }
  }
});

test('27: a name that is longer than file systems take is told with the name, and leaves nothing', async (t) => {
  const folder = await folderOf(t);
  const name = `${'long '.repeat(60)}.gif`;
  for (const format of ['gif', 'png', 'webp'] as const) {
    const exporting = exportGrowth(orangeGrowth(), optionsFor(format), join(folder, name), {
      implementation,
      signal,
    });
    await assert.rejects(exporting, { name: 'AppError', code: 'io', message: /long long/ });
  }
  assert.deepEqual(await readdir(folder), []);
});

test('30: a full disk leaves the file that was there before, and nothing half-done', async (t) => {
  const folder = await folderOf(t);
  for (const format of ['gif', 'apng', 'webp', 'png'] as const) {
    const path = join(folder, `a.${format}`);
    await writeFile(path, 'of before');
    const run = { implementation, signal, fs: fullDisk(200) };
    await assert.rejects(exportGrowth(orangeGrowth(), optionsFor(format), path, run), { code: 'disk-full' });
    assert.equal(await readFile(path, 'utf8'), 'of before');
  }
  assert.deepEqual((await readdir(folder)).sort(), ['a.apng', 'a.gif', 'a.png', 'a.webp']);
});

test('41: an export that is cancelled at any moment leaves nothing', async (t) => {
  const folder = await folderOf(t);
  for (const phase of ['Growing', 'Searching', 'Encoding'] as const) {
    const end = new AbortController();
    const run = {
      ...{ implementation, signal: end.signal },
      onProgress: (told: { phase: string }) => {
        if (told.phase === phase) end.abort();
      },
    };
    const options = optionsFor('gif', { budgetBytes: 20_000 });
    await assert.rejects(exportGrowth(orangeGrowth(), options, join(folder, 'a.gif'), run), {
      code: 'cancelled',
    });
  }
  assert.deepEqual(await readdir(folder), []);
});

test('54, 57: recipes that are not what they say are refused as a whole', () => {
  const sound = artworkFileBytes({ ...orangeGrowth(), digest: null });
  assert.equal(readArtworkFile(sound, 'x').name, 'Orange');
  const file = parseSafetensors(sound, { name: 'x' });
  const text = file.metadata.get(METADATA_KEY) ?? '';
  const changed = (change: (json: string) => string): Uint8Array =>
    writeSafetensors(file.tensors, new Map([[METADATA_KEY, change(text)]]));
  const wrong: [string, (json: string) => string][] = [
    ['more steps than any growth', (json) => json.replace('"steps":20,"events"', '"steps":2000000,"events"')],
    ['another rule', (json) => json.replace(/"ruleHash":"[0-9a-f]{8}/, '"ruleHash":"00000000')],
    [
      'a huge grid',
      (json) =>
        json.replace(
          /"grid":\{[^}]*\},"steps":20,"events"/,
          '"grid":{"height":99999,"width":8},"steps":20,"events"',
        ),
    ],
    ['a path for an id', (json) => json.replace('"styleId":"a"', '"styleId":"../../etc"')],
    ['no specs', (json) => json.replace(/"specs":\[/, '"specs":[null,')],
    ['a prototype', (json) => json.replace('"recipe":{', '"recipe":{"__proto__":{"seed":1},')],
    ['no JSON', () => 'recipe'],
    ['a digest that is none', (json) => json.replace('"digest":null', '"digest":"<script>"')],
  ];
  for (const [what, change] of wrong) {
    const bytes = changed(change);
    if (what === 'a prototype') {
      const { recipe } = readArtworkFile(bytes, 'x');
      assert.equal(Object.getPrototypeOf(recipe), Object.prototype);
      assert.equal(recipe.seed, 3, 'it changes nothing');
    } else {
      assert.throws(() => readArtworkFile(bytes, 'x'), { name: 'AppError', message: /x / }, what);
    }
  }
});

test('55: rules with numbers that are none are refused', () => {
  const file = parseSafetensors(artworkFileBytes({ ...orangeGrowth(), digest: null }), { name: 'x' });
  const tensors = new Map(file.tensors);
  const { shape } = tensors.get('0.b0')!;
  tensors.set('0.b0', { dtype: 'F32', shape, data: new Float32Array(shape[0]).fill(NaN) });
  const bytes = writeSafetensors(tensors, file.metadata, { allowNotFinite: true });
  assert.throws(() => readArtworkFile(bytes, 'x'), { code: 'bad-file' });
});

test('58: a recipe that unpacks to more than any of ours is refused before it fills the memory', async () => {
  const png = await encodePng({ pixels: new Uint8Array(4 * 16), width: 4, height: 4 });
  const bomb = deflateSync(Buffer.alloc(200 * 2 ** 20), { level: 9 });
  assert.ok(bomb.length < 300_000);
  const end = png.length - 12;
  const file = Buffer.concat([png.subarray(0, end), pngChunk('mgRC', bomb), png.subarray(end)]);
  const before = process.memoryUsage().arrayBuffers;
  assert.throws(() => readCarriedArtwork(file, 'bomb.png'), {
    code: 'bad-file',
    message: /bomb\.png cannot be grown/,
  });
  assert.ok(process.memoryUsage().arrayBuffers - before < 100 * 2 ** 20);
});

test('58: what is carried and is no recipe is told with the name of the file', async () => {
  const png = await encodePng({ pixels: new Uint8Array(4 * 16), width: 4, height: 4 });
  const file = carryInPng(png, Buffer.from('#!/bin/sh'));
  assert.throws(() => readCarriedArtwork(file, 'script.png'), { code: 'bad-file', message: /script\.png/ });
});
