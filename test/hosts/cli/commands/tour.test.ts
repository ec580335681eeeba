import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { frameOf, readGif, readPng, reduced, workplace, type Picture } from './command-run.ts';

const { folder, morphogen, interrupted } = await workplace();

/** Cells that are not black, of the eight pictures of a row: [picture] counts. */
function litCells({ width, height, pixels }: Picture): number[] {
  const lit = Array.from({ length: 8 }, () => 0);
  for (let cell = 0; cell < width * height; cell++) {
    if (pixels[cell * 4] > 64) lit[Math.floor(((cell % width) / width) * 8)]++;
  }
  return lit;
}

test('the tour grows eight digits from one cell each, beside one another, and says how close they came', async () => {
  const { code, out, err } = await morphogen('tour', '--out', 'shown');
  assert.equal(code, 0, err);
  assert.deepEqual((await readdir(join(folder, 'shown'))).sort(), ['digits.png', 'growth.gif']);

  const gif = await readGif(join(folder, 'shown', 'growth.gif'));
  assert.equal(gif.loop, 0);
  assert.ok((gif.delaysMs.at(-1) ?? 0) >= 1500, 'the last frame stays');
  const [first, last] = [0, -1].map((frame) => reduced(frameOf(gif, frame), 4));
  assert.ok(first && last, 'every cell is a square of 4 pixels');
  assert.deepEqual(
    litCells(first),
    Array.from({ length: 8 }, () => 1),
    'a seed for each',
  );
  for (const cells of litCells(last)) assert.ok(cells > 30 && cells < 400, `a digit of ${cells} cells`);

  const scores = /PSNR +([\d. ]+) dB, mean ([\d.]+) dB/.exec(out);
  assert.ok(scores, out);
  const each = scores[1].trim().split(/ +/).map(Number);
  assert.equal(each.length, 8);
  const mean = each.reduce((sum, psnr) => sum + psnr) / 8;
  assert.ok(Math.abs(mean - Number(scores[2])) < 0.06);
  assert.ok(mean > 20, `the bundled model's mean is ${mean} dB`);
  for (const next of [
    / train FOLDER /,
    / grow MODEL /,
    / fuse A B /,
    / --help /,
    /Times +loading .*encoding .*growing/,
  ]) {
    assert.match(out, next);
  }
  assert.ok(out.includes(join(folder, 'shown', 'growth.gif')), 'it says where to look');
});

test('the sheet has the digits above what grew', async () => {
  assert.equal((await morphogen('tour')).code, 0);
  const sheet = await readPng(join(folder, 'out', 'digits.png'));
  const half = sheet.height >> 1;
  const rows = [0, half].map((top) => ({
    width: sheet.width,
    height: half,
    pixels: sheet.pixels.subarray(top * sheet.width * 4, (top + half) * sheet.width * 4),
  }));
  const [digits, grown] = rows.map(({ pixels }) => pixels.filter((_, i) => i % 4 === 0));
  // Both rows show the same strokes: most pixels that are lit in one are lit in the other.
  const both = digits.filter((value, i) => value > 128 && grown[i] > 128).length;
  const either = digits.filter((value, i) => value > 128 || grown[i] > 128).length;
  assert.ok(either > 5000 && both / either > 0.7, `${both} of ${either}`);
});

test('interrupted, it ends with 130 and leaves nothing', async () => {
  const { code } = await interrupted('tour', '--out', 'never');
  assert.equal(code, 130);
  await assert.rejects(readdir(join(folder, 'never')));
});
