import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { frameOf, readGif, readPng, reduced, workplace, type Picture } from './command-run.ts';

const { folder, morphogen, interrupted } = await workplace();
const at = (name: string): string => join(folder, name);

async function figures(...args: string[]): Promise<string> {
  const { code, out, err } = await morphogen('figures', ...args);
  assert.equal(code, 0, err);
  return out;
}

/** Pixels that differ from `background` by much, within columns from…to. */
function drawn(picture: Picture, background: number, from = 0, to = picture.width): number {
  let count = 0;
  for (let y = 0; y < picture.height; y++) {
    for (let x = from; x < to; x++) {
      const at = (y * picture.width + x) * 4;
      const differs = [0, 1, 2].some((c) => Math.abs(picture.pixels[at + c] - background) > 64);
      if (differs) count++;
    }
  }
  return count;
}

test('figure 1: a digit from one cell to a stroke, and the same as a strip', async () => {
  const out = await figures('1', '--out', 'one');
  assert.deepEqual((await readdir(at('one'))).sort(), ['figure-1.gif', 'figure-1.png']);
  assert.match(out, /^figure-1\.gif .*64 steps.*\nfigure-1\.png .*0, 16, 32,.*64\n$/);
  const gif = await readGif(at('one/figure-1.gif'));
  assert.deepEqual([gif.width, gif.height, gif.loop], [280, 280, 0]);
  const cells = [0, -1].map((frame) => drawn(reduced(frameOf(gif, frame), 10)!, 0));
  assert.equal(cells[0], 1);
  assert.ok(cells[1] > 50, `${cells[1]} cells`);
  assert.ok((gif.delaysMs.at(-1) ?? 0) >= 1500);
  const strip = await readPng(at('one/figure-1.png'));
  const column = Math.floor(strip.width / 10);
  assert.ok(
    drawn(strip, 0, 0, column) < drawn(strip, 0, 9 * column),
    'the last picture of the strip shows more than the first',
  );
});

test('figures 2 and 3: ten digits at ten moments, and thirty beside what grew', async () => {
  const out = await figures('2', '3', '--out', 'sheets');
  assert.deepEqual((await readdir(at('sheets'))).sort(), ['figure-2.png', 'figure-3.png']);
  const growth = await readPng(at('sheets/figure-2.png'));
  assert.ok(growth.width > 10 * 28 * 3 && growth.height > 10 * 28 * 3);
  const scores = /30 digits above what grew: PSNR ([\d.]+) dB, SSIM ([\d.]+)/.exec(out);
  assert.ok(scores, out);
  assert.ok(Number(scores[1]) > 22 && Number(scores[2]) > 0.9, out);
  assert.ok(drawn(await readPng(at('sheets/figure-3.png')), 0) > 20_000);
});

test('figure 4a: what grew in turns is neither of the two', async () => {
  await figures('4a', '--out', 'fused');
  const gif = await readGif(at('fused/figure-4a.gif'));
  const last = reduced(frameOf(gif, -1), 3);
  assert.ok(last);
  // Rows of 28 cells, 2 apart: A, B, in turns.
  const rows = [0, 1, 2].map((row) => {
    const top = (2 + row * 30) * last.width * 4;
    return last.pixels.subarray(top, top + 28 * last.width * 4).filter((_, i) => i % 4 === 0);
  });
  const distance = (a: Uint8Array, b: Uint8Array): number =>
    a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
  const apart = distance(rows[0], rows[1]);
  for (const row of [0, 1]) {
    const between = distance(rows[2], rows[row]);
    assert.ok(between > 5 && between < apart, `${between} of ${apart}`);
  }
});

test('regeneration: the picture loses a half, heals, and the scores say how well', async () => {
  const out = await figures('regeneration', '--out', 'healing');
  assert.deepEqual((await readdir(at('healing'))).sort(), ['heal.gif', 'heal.png']);
  const scores = [...out.matchAll(/: ([\d.]+) dB, at worst ([\d.]+) dB/g)].map(([, mean, worst]) => [
    Number(mean),
    Number(worst),
  ]);
  assert.equal(scores.length, 4, out);
  for (const [mean, worst] of scores) assert.ok(worst <= mean && worst > 22, out);

  const gif = await readGif(at('healing/heal.gif'));
  const halves = gif.frames.map((_, i) => {
    const frame = frameOf(gif, i);
    return [drawn(frame, 255, 0, frame.width / 2), drawn(frame, 255, frame.width / 2)];
  });
  const [left, right] = [0, 1].map((side) => {
    const whole = halves.at(-1)![side];
    // The first frames are empty too; a cut is one right after a grown picture.
    const cut = halves.findIndex(
      (counts, i) => counts[side] === 0 && i > 0 && halves[i - 1][side] > whole / 2,
    );
    return { cut, whole };
  });
  assert.ok(left.cut > 0 && right.cut > left.cut, JSON.stringify([left, right]));
  for (const { whole } of [left, right]) assert.ok(whole > 1000, 'both halves are back at the end');
  assert.ok(gif.delaysMs[left.cut] >= 500, 'there is time to see what was lost');
});

test('a figure that there is not is a usage error, and nothing is drawn', async () => {
  const { code, err } = await morphogen('figures', '1', '5', '--out', 'none');
  assert.equal(code, 2);
  assert.match(err, /no figure 5: name 1, 2, 3, 4a, 4b, regeneration/);
  await assert.rejects(readdir(at('none')));
});

test('interrupted, it ends with 130', async () => {
  const { code } = await interrupted('figures', '2', '--out', 'stopped');
  assert.equal(code, 130);
  await assert.rejects(readdir(at('stopped')));
});
