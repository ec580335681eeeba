import assert from 'node:assert/strict';
import { copyFile, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readCarried } from '#media/carried.ts';
import { frameOf, readGif, readPng, reduced, workplace } from './command-run.ts';
import { blob, orange, writeEncoderModel, writePictures, writeStyle } from './growable-files.ts';

const { folder, morphogen } = await workplace();
const at = (name: string): string => join(folder, name);
const common = ['--backend', 'reference'];
await writeStyle(at('orange.safetensors'), blob(orange));

test('a GIF carries its recipe: exported again from it, and grown, it is the same to the last byte', async () => {
  const first = await morphogen('export', 'orange.safetensors', '--out', 'a.gif', '--size', '32', ...common);
  assert.equal(first.code, 0, first.err);
  assert.match(first.err, /a\.gif: 21 frames, 32×32 pixels/);
  const again = await morphogen('export', 'a.gif', '--out', 'b.gif', '--size', '32', ...common);
  assert.equal(again.code, 0, again.err);
  assert.match(again.err, /to the last bit what its recipe says/);
  assert.deepEqual(await readFile(at('a.gif')), await readFile(at('b.gif')));
  const grown = await morphogen('grow', 'a.gif', '--out', 'c.png', '--scale', '4', ...common);
  assert.equal(grown.code, 0, grown.err);
  assert.match(grown.err, /to the last bit what its recipe says/);
  const last = frameOf(await readGif(at('a.gif')), -1);
  assert.deepEqual(reduced(last, 4), reduced(await readPng(at('c.png')), 4));
});

test('every kind of file leads to every other', async () => {
  let from = 'orange.safetensors';
  for (const out of ['x.png', 'x.apng', 'x.webp', 'x.gif', 'recipe.safetensors', 'y.png']) {
    const run = await morphogen('export', from, '--out', out, '--size', '24', ...common);
    assert.equal(run.code, 0, run.err);
    from = out;
  }
  assert.deepEqual(await readFile(at('x.png')), await readFile(at('y.png')));
});

test('--plain leaves the recipe out, and such a file says that it has none', async () => {
  assert.equal(
    (await morphogen('export', 'orange.safetensors', '--out', 'p.png', '--plain', ...common)).code,
    0,
  );
  assert.equal(readCarried(await readFile(at('p.png'))), null);
  const refused = await morphogen('export', 'p.png', '--out', 'q.gif', ...common);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /p\.png carries no recipe/);
});

test('a range of steps, every nth, forwards and backwards, held in the middle', async () => {
  const how = ['--from', '4', '--to', '12', '--every', '4', '--boomerang', '--hold', '0.5', '--fps', '10'];
  const run = await morphogen(
    'export',
    'orange.safetensors',
    '--out',
    'r.gif',
    '--size',
    '8',
    ...how,
    ...['--quality', '100'],
    ...common,
  );
  assert.equal(run.code, 0, run.err);
  const gif = await readGif(at('r.gif'));
  assert.deepEqual(gif.delaysMs, [100, 100, 500, 100]);
  assert.deepEqual(gif.frames[1], gif.frames[3]);
});

test('a budget is kept to, and what it chose is told', async () => {
  const run = await morphogen(
    ...['export', 'orange.safetensors', '--out', 's.gif', '--size', '640', '--smooth', '--plain'],
    ...['--under', '30kB', ...common],
  );
  assert.equal(run.code, 0, run.err);
  assert.match(run.err, /Chosen for the size: \d+×\d+ pixels/);
  assert.ok((await stat(at('s.gif'))).size < 30_000);
  const none = await morphogen('export', 'orange.safetensors', '--out', 't.gif', '--under', '1kB', ...common);
  assert.equal(none.code, 1);
  assert.match(none.err, /does not fit in 1 kB/);
  assert.ok(!(await readdir(folder)).some((name) => name.startsWith('t.gif')), 'nothing half-done stays');
});

test('frames, a sheet, a still WebP', async () => {
  const small = ['--size', '16', '--every', '10', ...common];
  assert.equal((await morphogen('export', 'orange.safetensors', '--out', 'frames/', ...small)).code, 0);
  assert.deepEqual(await readdir(at('frames')), ['frame-0000.png', 'frame-0001.png', 'frame-0002.png']);
  assert.equal(
    (await morphogen('export', 'orange.safetensors', '--out', 'w.png', '--sheet', ...small)).code,
    0,
  );
  const still = await morphogen('export', 'orange.safetensors', '--out', 'w.webp', '--still', ...small);
  assert.match(still.err, /a picture of 16×16 pixels/);
});

test('a video comes by ffmpeg, or a sentence does', async () => {
  const run = await morphogen('export', 'orange.safetensors', '--out', 'v.webm', '--size', '64', ...common);
  if (run.code === 0) assert.match(run.err, /v\.webm: 21 frames, 64×64 pixels/);
  else assert.match(run.err, /ffmpeg/);
  assert.ok(!(await readdir(folder)).some((name) => name.endsWith('.part')));
});

test('what cannot be meant is refused before anything grows', async () => {
  await writeEncoderModel(at('model.safetensors'));
  await writePictures(folder);
  await copyFile(at('p.png'), at('plain.png'));
  const cases: [string[], RegExp][] = [
    [['export', 'orange.safetensors', '--out', 'a.bmp'], /must end in/],
    [['export', 'orange.safetensors', '--out', 'a.gif', '--under', 'tiny'], /such as 2MB/],
    [['export', 'orange.safetensors', '--out', 'a.gif', '--sheet'], /--sheet is a \.png/],
    [['export', 'orange.safetensors', '--out', 'z.gif', '--from', '50', ...common], /begin at step 50/],
    [['export', 'model.safetensors', '--out', 'z.gif'], /a model with an encoder/],
    [['export', 'plain.png', '--out', 'z.gif'], /carries no recipe/],
    [['grow', 'plain.png', '--out', 'z.gif'], /carries no recipe/],
  ];
  for (const [args, message] of cases) {
    const run = await morphogen(...args);
    assert.notEqual(run.code, 0, args.join(' '));
    assert.match(run.err, message);
  }
});
