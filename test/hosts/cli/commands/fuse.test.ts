import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import sharp from 'sharp';
import { frameOf, readGif, readPng, reduced, workplace } from './command-run.ts';
import {
  blob,
  blobSpec,
  blue,
  orange,
  writeEncoderModel,
  writePictures,
  writeRuleModel,
  writeStyle,
} from './growable-files.ts';

const { folder, morphogen, interrupted } = await workplace();
const at = (name: string): string => join(folder, name);
const bytesOf = (name: string): Promise<Buffer> => readFile(at(name));
const small = ['--scale', '1', '--background', 'none'];

before(async () => {
  await writeRuleModel(at('orange.safetensors'), blob(orange));
  await writeStyle(at('blue.safetensors'), blob(blue));
  await writeStyle(at('green.safetensors'), blob([0, 1, 0]));
  await writeEncoderModel(at('model.safetensors'));
  await writePictures(folder);
});

/** On plain loops, which start at once. */
async function run(...args: string[]): Promise<string> {
  const { code, err } = await morphogen(...args, '--backend', 'reference');
  assert.equal(code, 0, err);
  return err;
}

/** Mean red, green and blue of what is alive, but for the seed's cell. */
async function hue(name: string): Promise<number[]> {
  const { pixels } = await readPng(at(name));
  const sums = [0, 0, 0];
  let alive = 0;
  for (let cell = 0; cell < 64; cell++) {
    if (cell === 4 * 8 + 4 || pixels[cell * 4 + 3] === 0) continue;
    alive++;
    for (let c = 0; c < 3; c++) sums[c] += pixels[cell * 4 + c];
  }
  return sums.map((sum) => sum / alive);
}

test('two rules take turns: the picture is of both, and neither', async () => {
  const err = await run('fuse', 'orange.safetensors', 'blue.safetensors', '--out', 'both.png', ...small);
  assert.match(err, /both\.png: a picture, 20 steps/);
  const [red, green, blueness] = await hue('both.png');
  // Orange is 255, 128, 0 and blue 0, 128, 255: half of each, as far as chance lets both have their turns.
  assert.ok(Math.abs(green - 128) < 2, `green ${green}`);
  assert.ok(red > 70 && blueness > 70 && Math.abs(red + blueness - 255) < 3, `${red} and ${blueness}`);
});

test('the first rule has the first step, the second the next', async () => {
  const parents = ['orange.safetensors', 'blue.safetensors'];
  await run('fuse', ...parents, '--out', 'fused-1.png', '--steps', '1', ...small);
  await run('grow', parents[0], '--out', 'grown-1.png', '--steps', '1', ...small);
  assert.deepEqual(await bytesOf('fused-1.png'), await bytesOf('grown-1.png'));
  await run('fuse', ...parents, '--out', 'fused-2.png', '--steps', '2', ...small);
  await run('grow', parents[0], '--out', 'grown-2.png', '--steps', '2', ...small);
  assert.notDeepEqual(await bytesOf('fused-2.png'), await bytesOf('grown-2.png'));
  await run('fuse', ...parents.toReversed(), '--out', 'reversed-2.png', '--steps', '2', ...small);
  assert.notDeepEqual(await bytesOf('fused-2.png'), await bytesOf('reversed-2.png'));
});

test('a rule fused with itself grows as it does alone', async () => {
  const look = ['--seed', '9', '--out'];
  await run('fuse', 'orange.safetensors', 'orange.safetensors', ...look, 'twice.gif');
  await run('grow', 'orange.safetensors', ...look, 'once.gif');
  assert.deepEqual(await bytesOf('twice.gif'), await bytesOf('once.gif'));
});

test('three rules, on another grid, as a GIF: the same bytes for the same seed', async () => {
  const parents = ['orange', 'blue', 'green'].map((name) => `${name}.safetensors`);
  const look = ['--size', '6x10', '--scale', '5', '--background', 'black', '--hold', '1', '--steps', '40'];
  await run('fuse', ...parents, ...look, '--seed', '3', '--out', 'three.gif');
  await run('fuse', ...parents, ...look, '--seed', '3', '--out', 'same.gif');
  await run('fuse', ...parents, ...look, '--seed', '4', '--out', 'other.gif');
  assert.deepEqual(await bytesOf('three.gif'), await bytesOf('same.gif'));
  assert.notDeepEqual(await bytesOf('three.gif'), await bytesOf('other.gif'));
  const gif = await readGif(at('three.gif'));
  assert.deepEqual([gif.width, gif.height, gif.loop], [50, 30, 0]);
  assert.equal(
    gif.delaysMs.reduce((sum, ms) => sum + ms),
    40 * 40 + 1000,
  );
  const last = reduced(frameOf(gif, -1), 5);
  assert.ok(last, 'every cell is a square of 5 pixels');
  for (let cell = 0; cell < 60; cell++) assert.ok(last.pixels[cell * 4 + 1] > 60, `cell ${cell}`);
});

test('--gain weakens every update', async () => {
  const parents = ['orange.safetensors', 'blue.safetensors'];
  const alive = async (gain: string): Promise<number> => {
    await run('fuse', ...parents, '--gain', gain, '--steps', '6', '--out', 'gain.png', ...small);
    const { pixels } = await readPng(at('gain.png'));
    return pixels.reduce((sum, value, i) => sum + (i % 4 === 3 ? value : 0), 0);
  };
  const [none, weak, full] = [await alive('0'), await alive('0.3'), await alive('1')];
  // Without updates only the seed is left.
  assert.equal(none, 255);
  assert.ok(weak > none && full > weak, `${none}, ${weak}, ${full}`);
});

test('--model encodes pictures, beside styles of the same kind', async () => {
  const spec = { ...blobSpec, image: 'grey-alpha', steps: 30 } as const;
  await writeStyle(at('grey.safetensors'), blob([1, 1, 1], 0.5, spec), spec);
  const model = ['--model', 'model.safetensors', '--scale', '1', '--steps', '10'];
  await run('fuse', ...model, 'p.png', 'q.png', '--out', 'pq.png');
  await run('fuse', ...model, 'p.png', 'p.png', '--out', 'pp.png');
  await run('grow', ...model.slice(1), '--image', 'p.png', '--out', 'p-alone.png');
  assert.deepEqual(await bytesOf('pp.png'), await bytesOf('p-alone.png'));
  assert.notDeepEqual(await bytesOf('pq.png'), await bytesOf('pp.png'));
  const err = await run('fuse', ...model.slice(0, 2), 'p.png', 'grey.safetensors', '--out', 'mixed.png');
  assert.match(err, /30 steps/, 'as many as the one that takes longest');
});

test('turns in a ratio are spread evenly: 2:1 is AAB', async () => {
  const parents = ['orange.safetensors', 'blue.safetensors'];
  const steps = (count: number): string[] => ['--steps', String(count), ...small, '--out'];
  await run('fuse', ...parents, '--ratio', '2:1', ...steps(2), 'aab-2.png');
  await run('grow', parents[0], ...steps(2), 'a-2.png');
  assert.deepEqual(await bytesOf('aab-2.png'), await bytesOf('a-2.png'));
  await run('fuse', ...parents, '--ratio', '2:1', ...steps(3), 'aab-3.png');
  await run('grow', parents[0], ...steps(3), 'a-3.png');
  assert.notDeepEqual(await bytesOf('aab-3.png'), await bytesOf('a-3.png'));
  await run('fuse', ...parents, '--ratio', '4:2', ...steps(20), 'aab-20.png');
  await run('fuse', ...parents, '--ratio', '2:1', ...steps(20), 'same-20.png');
  assert.deepEqual(await bytesOf('aab-20.png'), await bytesOf('same-20.png'));
});

test('at random, by weights and by areas, each has its share', async () => {
  const parents = ['orange.safetensors', 'blue.safetensors'];
  for (const mode of ['random', 'weights']) {
    await run('fuse', ...parents, '--mode', mode, '--weights', '3,1', '--out', `${mode}.png`, ...small);
    const [red, , blueness] = await hue(`${mode}.png`);
    assert.ok(Math.abs(red + blueness - 255) < 3, `${mode}: ${red} and ${blueness}`);
    assert.ok(red > 150 && red < 230, `${mode}: three quarters of ${red}`);
    await run('fuse', ...parents, '--mode', mode, '--weights', '1,0', '--out', 'one.png', ...small);
    await run('grow', parents[0], '--out', 'alone.png', ...small);
    assert.deepEqual(await bytesOf('one.png'), await bytesOf('alone.png'), `${mode} of one alone`);
  }
  // Black on the left, white on the right.
  const halves = Uint8Array.of(0, 0, 0, 255, 255, 255, 255, 255);
  await sharp(halves, { raw: { width: 2, height: 1, channels: 4 } })
    .png()
    .toFile(at('halves.png'));
  const areas = ['--mode', 'areas', '--map', 'halves.png', '--steps', '40', ...small, '--out'];
  await run('fuse', ...parents, ...areas, 'areas.png');
  const { pixels } = await readPng(at('areas.png'));
  for (let row = 0; row < 8; row++) {
    for (let column = 0; column < 8; column++) {
      if (row === 4 && column === 4) continue;
      const [red, blueness] = [pixels[(row * 8 + column) * 4], pixels[(row * 8 + column) * 4 + 2]];
      assert.deepEqual([red > 200, blueness > 200], [column < 4, column >= 4], `${row}, ${column}`);
    }
  }
  await run('fuse', ...parents, '--softness', '2', ...areas, 'soft.png');
  assert.notDeepEqual(await bytesOf('soft.png'), await bytesOf('areas.png'));
});

test('between latents: at the ends the pictures themselves, and another one between', async () => {
  const model = ['--model', 'model.safetensors', '--scale', '1', '--steps', '10'];
  const between = ['p.png', 'q.png', '--mode', 'latent', '--weights'];
  for (const path of ['linear', 'spherical']) {
    await run('fuse', ...model, ...between, '1,0', '--path', path, '--out', 'end-p.png');
    await run('fuse', ...model, ...between, '0,1', '--path', path, '--out', 'end-q.png');
    await run('fuse', ...model, ...between, '1,1', '--path', path, '--out', `${path}.png`);
    for (const name of ['p', 'q']) {
      await run('grow', ...model.slice(1), '--image', `${name}.png`, '--out', 'alone.png');
      assert.deepEqual(await bytesOf(`end-${name}.png`), await bytesOf('alone.png'), `${path}, ${name}`);
      assert.notDeepEqual(await bytesOf(`${path}.png`), await bytesOf('alone.png'), path);
    }
  }
  await run('encode', 'model.safetensors', 'q.png', '--out', 'encoded');
  const [style] = await readdir(at('encoded'));
  await run('fuse', ...model, 'p.png', `encoded/${style}`, '--mode', 'latent', '--out', 'styles.png');
  assert.deepEqual(await bytesOf('styles.png'), await bytesOf('spherical.png'));
});

test('a mix that is one rule is kept as a style, which grows alone and is mixed again', async () => {
  const pair = ['orange.safetensors', 'blue.safetensors', '--mode', 'weights', '--weights', '1,3'];
  const grow = ['--steps', '10', ...small];
  await run('fuse', ...pair, ...grow, '--style', 'kept/both.safetensors', '--out', 'mixed.png');
  await run('grow', '--style', 'kept/both.safetensors', ...grow, '--out', 'kept.png');
  assert.deepEqual(await bytesOf('kept.png'), await bytesOf('mixed.png'));
  await run('fuse', 'kept/both.safetensors', 'green.safetensors', ...grow, '--out', 'again.png');

  const model = ['--model', 'model.safetensors', '--mode', 'latent', ...grow];
  await run('fuse', 'p.png', 'q.png', ...model, '--style', 'between.safetensors', '--out', 'mixed.png');
  await run('grow', '--style', 'between.safetensors', ...grow, '--out', 'kept.png');
  assert.deepEqual(await bytesOf('kept.png'), await bytesOf('mixed.png'));
  // It has a latent of its own.
  await run('fuse', 'between.safetensors', 'q.png', ...model, '--weights', '1,0', '--out', 'again.png');
  assert.deepEqual(await bytesOf('again.png'), await bytesOf('mixed.png'));
});

test('rules of other shapes share a state, and grow as they do alone', async () => {
  const { automaton } = blobSpec;
  const wider = { ...blobSpec, automaton: { ...automaton, hidden: 24, sobelSizes: [5] } };
  await writeStyle(at('wider.safetensors'), blob(orange, 0.5, wider), wider);
  const look = ['--steps', '12', '--out'];
  await run('fuse', 'orange.safetensors', 'wider.safetensors', ...look, 'shapes.gif');
  await run('grow', 'orange.safetensors', ...look, 'shape.gif');
  assert.deepEqual(await bytesOf('shapes.gif'), await bytesOf('shape.gif'));
});

test('several rules at once are no style', async () => {
  for (const mode of ['turns', 'random']) {
    const { code, err } = await morphogen(
      ...['fuse', 'orange.safetensors', 'blue.safetensors', '--mode', mode, '--style', 'no.safetensors'],
    );
    assert.equal(code, 2, err);
    assert.match(err, /--style is for --mode weights and latent/);
  }
  assert.ok(!(await readdir(folder)).includes('no.safetensors'));
});

test('what cannot be fused is refused in one sentence, and leaves no file', async () => {
  const { automaton } = blobSpec;
  const wider = { ...blobSpec, automaton: { ...automaton, hidden: 24 } };
  await writeStyle(at('wider.safetensors'), blob(orange, 0.5, wider), wider);
  const deeper = { ...blobSpec, automaton: { ...automaton, channels: 9 } };
  await writeStyle(at('deeper.safetensors'), blob(orange, 0.5, deeper), deeper);
  const one = 'orange.safetensors';
  const refused: [number, RegExp, string[]][] = [
    [
      1,
      /orange\.safetensors and wider\.safetensors cannot be averaged: their hidden values differ \(16 and 24\)/,
      [one, 'wider.safetensors', '--mode', 'weights'],
    ],
    [
      1,
      /orange\.safetensors and deeper\.safetensors cannot be mixed: their channels differ \(\d and 9\)/,
      [one, 'blue.safetensors', 'deeper.safetensors'],
    ],
    [
      1,
      /orange\.safetensors has no latent of model\.safetensors/,
      [one, 'p.png', '--mode', 'latent', '--model', 'model.safetensors'],
    ],
    [1, /missing\.png/, [one, 'blue.safetensors', '--mode', 'areas', '--map', 'missing.png']],
    [2, /--mode latent needs --model FILE/, [one, 'blue.safetensors', '--mode', 'latent']],
    [2, /--mode areas needs --map PNG/, [one, 'blue.safetensors', '--mode', 'areas']],
    [2, /--map is for --mode areas/, [one, 'blue.safetensors', '--map', 'p.png']],
    [2, /--ratio is for --mode turns/, [one, 'blue.safetensors', '--mode', 'random', '--ratio', '1:2']],
    [2, /--weights is for --mode random/, [one, 'blue.safetensors', '--weights', '1,2']],
    [2, /has ratio for 3 styles, and there are 2/, [one, 'blue.safetensors', '--ratio', '1:2:3']],
    [2, /integers from 0 to 1,000, and one is 0\.5/, [one, 'blue.safetensors', '--ratio', '1:0.5']],
    [
      2,
      /must be numbers with colons between them, and got "2-1"/,
      [one, 'blue.safetensors', '--ratio', '2-1'],
    ],
    [2, /are all 0/, [one, 'blue.safetensors', '--mode', 'random', '--weights', '0,0']],
    [2, /mixes 2 to 4 styles, and got 5/, [one, one, one, one, one]],
    [1, /missing\.safetensors/, [one, 'missing.safetensors']],
    [1, /missing\.png/, ['--model', 'model.safetensors', 'p.png', 'missing.png']],
    [1, /has no encoder/, ['--model', one, 'p.png', 'q.png']],
    [2, /needs --model FILE to encode the picture p\.png/, [one, 'p.png']],
    [
      2,
      /model\.safetensors is a model with an encoder, which has no rule of its own/,
      [one, 'model.safetensors'],
    ],
    [2, /B/, [one]],
    [2, /--gain/, [one, 'blue.safetensors', '--gain', '11']],
    [2, /each from 1 to 4096, and got "8x9999"/, [one, 'blue.safetensors', '--size', '8x9999']],
  ];
  for (const [code, pattern, args] of refused) {
    const { err, out, ...end } = await morphogen(
      'fuse',
      ...args,
      '--out',
      'none.gif',
      '--backend',
      'reference',
    );
    const sentences = err.split('\n').filter((line) => line !== '' && !line.startsWith('Backend '));
    assert.deepEqual([end.code, out, sentences.length], [code, '', 1], `${args.join(' ')}: ${err}`);
    assert.match(sentences[0], pattern);
  }
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('none')),
    [],
  );
});

test('Ctrl-C ends a fusion with 130 and without a file', async () => {
  const args = ['orange.safetensors', 'blue.safetensors', '--out', 'none.gif', '--backend', 'reference'];
  const { code, err } = await interrupted('fuse', ...args);
  assert.equal(code, 130);
  assert.match(err, /cancelled at step 0/);
  assert.ok(!(await readdir(folder)).includes('none.gif'));
});
