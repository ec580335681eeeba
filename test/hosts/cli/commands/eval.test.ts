import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { idxBytes } from '#test/media/sample-images.ts';
import { readPng, workplace } from './command-run.ts';
import { blob, orange, writeEncoderModel, writePictures, writeRuleModel } from './growable-files.ts';

const { folder, morphogen, interrupted } = await workplace();
await writeEncoderModel(join(folder, 'model.safetensors'));
await writePictures(folder);
const scoring = ['eval', 'model.safetensors'];
const threads = ['--threads', '2'];

interface Scores {
  readonly count: number;
  readonly mse: number;
  readonly psnr: number;
  readonly ssim: number;
  readonly each?: readonly { name: string; mse: number; psnr: number; ssim: number }[];
}

async function scores(...args: string[]): Promise<Scores> {
  const { code, out, err } = await morphogen(...scoring, ...args, '--json', ...threads);
  assert.equal(code, 0, err);
  assert.equal(out.trimEnd().split('\n').length, 1);
  return JSON.parse(out) as Scores;
}

function near(a: number, b: number, within: number): void {
  assert.ok(Math.abs(a - b) <= within, `${a} and ${b}`);
}

await mkdir(join(folder, 'pictures/more'), { recursive: true });
for (const name of ['p.png', 'q.png']) await copyFile(join(folder, name), join(folder, 'pictures', name));
await copyFile(join(folder, 'p.png'), join(folder, 'pictures/more/again.png'));

test('the scores are means of the pictures’ own, which --each adds by name', async () => {
  const { each = [], ...mean } = await scores('pictures', '--each');
  assert.deepEqual(
    each.map(({ name }) => name),
    ['more/again.png', 'p.png', 'q.png'],
  );
  for (const key of ['mse', 'psnr', 'ssim'] as const) {
    near(mean[key], each.reduce((sum, score) => sum + score[key], 0) / 3, 1e-12);
  }
  for (const { mse, psnr } of each) near(psnr, -10 * Math.log10(mse), 1e-9);
  // A picture that is there twice counts twice; which cells fire differs from one to the next.
  near(each[0].psnr, each[1].psnr, 3);
  assert.deepEqual(await scores('pictures'), mean);
});

test('the error is that of the picture that grow draws', async () => {
  const { mse } = await scores('digits.idx3-ubyte', '--limit', '1');
  const grow = ['grow', 'model.safetensors', '--image', 'digits.idx3-ubyte#0', '--scale', '1'];
  // On black a pixel shows its premultiplied colour, on nothing its alpha.
  for (const background of ['black', 'transparent']) {
    const look = ['--background', background, '--out', `${background}.png`];
    const { code, err } = await morphogen(...grow, ...look, ...threads);
    assert.equal(code, 0, err);
  }
  const [black, clear] = [
    await readPng(join(folder, 'black.png')),
    await readPng(join(folder, 'transparent.png')),
  ];
  const values = (await readFile(join(folder, 'digits.idx3-ubyte'))).subarray(16, 16 + 64);
  let squares = 0;
  for (const [cell, value] of values.entries()) {
    const shown = [...black.pixels.subarray(cell * 4, cell * 4 + 3), clear.pixels[cell * 4 + 3]];
    for (const found of shown) squares += ((found - value) / 255) ** 2;
  }
  near(mse, squares / (4 * 64), 0.001);
});

test('batch and threads change no score, --limit the number of pictures, --seed and --steps what grows', async () => {
  const whole = await scores('pictures', '--each');
  for (const batch of ['1', '2']) {
    const { each = [] } = await scores('pictures', '--each', '--batch', batch);
    assert.equal(each.length, 3);
    each.forEach((score, i) => {
      near(score.mse, whole.each?.[i].mse ?? NaN, 1e-6);
    });
  }
  assert.equal((await scores('pictures', '--limit', '2')).count, 2);
  assert.notEqual((await scores('pictures', '--seed', '2')).mse, whole.mse);
  assert.notEqual((await scores('pictures', '--steps', '3')).mse, whole.mse);
});

test('backends agree', async () => {
  const wasm = await scores('pictures');
  const { out } = await morphogen(...scoring, 'pictures', '--json', '--backend', 'reference');
  const reference = JSON.parse(out) as Scores;
  near(wasm.mse, reference.mse, 1e-5);
  near(wasm.ssim, reference.ssim, 1e-4);
});

test('of a folder with both halves of MNIST the test pictures are scored, in the order of the file', async () => {
  await mkdir(join(folder, 'mnist'));
  const digits = await readFile(join(folder, 'digits.idx3-ubyte'));
  await writeFile(join(folder, 'mnist/t10k-images.idx3-ubyte'), digits);
  await writeFile(
    join(folder, 'mnist/train-images.idx3-ubyte'),
    idxBytes(3, 8, 8, new Uint8Array(192).fill(9)),
  );
  const { each } = await scores('mnist', '--each');
  assert.deepEqual(
    each?.map(({ name }) => name),
    ['#0', '#1'],
  );
  assert.deepEqual(await scores('mnist', '--each'), await scores('digits.idx3-ubyte', '--each'));
});

test('for people: a line a picture where asked for, and the means', async () => {
  const { out } = await morphogen(...scoring, 'pictures', '--each', ...threads);
  const lines = out.trimEnd().split('\n');
  assert.equal(lines.length, 4);
  assert.match(lines[1], /^p\.png\tPSNR -?\d+\.\d\d dB, SSIM -?\d\.\d{4}, mean squared error \d\.\d{5}$/);
  assert.match(lines[3], /^model\.safetensors on 3 pictures: PSNR /);
});

test('what cannot be scored is told in a sentence, and Ctrl-C too', async () => {
  await writeRuleModel(join(folder, 'one.safetensors'), blob(orange));
  const one = await morphogen('eval', 'one.safetensors', 'pictures', ...threads);
  assert.equal(one.code, 1);
  assert.match(one.err, /has no encoder; use one trained on a folder/);
  const nowhere = await morphogen(...scoring, 'nowhere', ...threads);
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.err, /nowhere cannot be read/);
  const stopped = await interrupted(...scoring, 'digits.idx3-ubyte', ...threads);
  assert.equal(stopped.code, 130);
  assert.match(stopped.err, /cancelled/);
});
