import assert from 'node:assert/strict';
import { copyFile, readFile, readdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { frameOf, readGif, readPng, reduced, workplace, type Picture } from './command-run.ts';
import {
  blob,
  blobSpec,
  orange,
  writeEncoderModel,
  writePictures,
  writeRuleModel,
  writeStyle,
} from './growable-files.ts';

const { folder, morphogen, interrupted } = await workplace();
const at = (name: string): string => join(folder, name);
const bytesOf = (name: string): Promise<Buffer> => readFile(at(name));

before(async () => {
  await writeRuleModel(at('orange.safetensors'), blob(orange));
  await writeStyle(at('style.safetensors'), blob(orange));
  await writeEncoderModel(at('model.safetensors'));
  await writePictures(folder);
});

/** On plain loops, which start at once, unless another backend is named. */
async function grow(...args: string[]): Promise<string> {
  const backend = args.includes('--backend') ? [] : ['--backend', 'reference'];
  const { code, err } = await morphogen('grow', ...args, ...backend);
  assert.equal(code, 0, err);
  return err;
}

function pixelAt({ pixels, width }: Picture, x: number, y: number): number[] {
  return [...pixels.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)];
}

test('a GIF shows the growth from one cell to the picture, in crisp squares, and holds the last frame', async () => {
  const err = await grow('orange.safetensors', '--out', 'a.gif');
  const gif = await readGif(at('a.gif'));
  assert.deepEqual([gif.width, gif.height, gif.loop], [320, 320, 0]);
  assert.match(err, /a\.gif: 21 frames of 320×320, \d+ kB, 20 steps/);
  // Frames that show nothing new are joined with the one before, and their time is not lost.
  assert.ok(gif.frames.length > 8 && gif.frames.length <= 21, `${gif.frames.length} frames`);
  assert.equal(
    gif.delaysMs.reduce((sum, ms) => sum + ms),
    20 * 40 + 2000,
  );
  assert.ok((gif.delaysMs.at(-1) ?? 0) >= 2000);

  const [first, last] = [0, -1].map((frame) => reduced(frameOf(gif, frame), 40));
  assert.ok(first && last, 'every cell is a square of 40 pixels');
  const coloured = (picture: Picture): number =>
    Array.from({ length: 64 }, (_, cell) => pixelAt(picture, cell % 8, cell >> 3)).filter(
      ([, green, blueness]) => green < 255 || blueness < 255,
    ).length;
  // The seed's one cell is white, on white.
  assert.equal(coloured(first), 0);
  assert.equal(coloured(last), 63);
  assert.deepEqual(pixelAt(last, 4, 4), [255, 255, 255, 255]);
});

test('a PNG is the last frame: alpha without a background in between', async () => {
  await grow('orange.safetensors', '--out', 'a.gif', '--scale', '3', '--background', 'transparent');
  await grow('orange.safetensors', '--out', 'a.png', '--scale', '3', '--background', 'transparent');
  await grow(
    'orange.safetensors',
    '--out',
    'young.png',
    '--scale',
    '1',
    '--background',
    'none',
    '--steps',
    '3',
  );
  const [gif, png, young] = [
    await readGif(at('a.gif')),
    await readPng(at('a.png')),
    await readPng(at('young.png')),
  ];
  assert.deepEqual([gif.width, png.width, png.height, young.width], [24, 24, 24, 8]);
  const grown = reduced(png, 3);
  assert.ok(grown);
  for (let cell = 0; cell < 64; cell++) {
    if (cell === 4 * 8 + 4) continue;
    const [red, green, blueness, alpha] = pixelAt(grown, cell % 8, cell >> 3);
    // All alive, of one hue up to the rounding of premultiplied colour, and nearly opaque.
    assert.ok(red >= 254 && Math.abs(green - 128) <= 1 && blueness === 0 && alpha > 127, `cell ${cell}`);
  }
  const shown = reduced(frameOf(gif, -1), 3);
  assert.ok(shown);
  for (let i = 3; i < 256; i += 4) assert.equal(shown.pixels[i], 255);
  const alphas = Array.from({ length: 64 }, (_, cell) => young.pixels[cell * 4 + 3]);
  assert.ok(alphas.includes(0) && alphas.includes(255) && alphas.some((alpha) => alpha > 0 && alpha < 255));
});

test('--steps, --every, --fps and --hold', async () => {
  await grow(
    ...['orange.safetensors', '--out', 'b.gif', '--background', 'black'],
    ...['--steps', '9', '--every', '4', '--fps', '10', '--hold', '0.5'],
  );
  const gif = await readGif(at('b.gif'));
  // The steps 0, 4, 8 and 9.
  assert.deepEqual(gif.delaysMs, [100, 100, 100, 500]);
  const frame = reduced(frameOf(gif, 1), 40);
  await grow('orange.safetensors', '--out', 'b.png', '--background', 'black', '--steps', '4');
  assert.deepEqual(frame, reduced(await readPng(at('b.png')), 40));
  await grow('orange.safetensors', '--out', 'c.gif', '--steps', '0', '--background', 'black');
  const seed = await readGif(at('c.gif'));
  assert.deepEqual([seed.frames.length, seed.delaysMs.at(-1)], [1, 2000]);
});

test('--size grows on another grid than the trained one, from its own centre', async () => {
  await grow(
    'orange.safetensors',
    '--size',
    '5x12',
    '--out',
    's.gif',
    '--background',
    'black',
    '--steps',
    '60',
  );
  const gif = await readGif(at('s.gif'));
  assert.deepEqual([gif.width, gif.height], [12 * 26, 5 * 26]);
  const [first, last] = [0, -1].map((frame) => reduced(frameOf(gif, frame), 26));
  assert.ok(first && last);
  assert.deepEqual(pixelAt(first, 6, 2), [255, 255, 255, 255]);
  assert.equal(first.pixels.filter((value, i) => i % 4 === 0 && value > 0).length, 1);
  for (let i = 0; i < last.pixels.length; i += 4) assert.ok(last.pixels[i] > 100, `cell ${i / 4}`);
});

test('the same seed gives the same bytes, another seed another growth', async () => {
  for (const [name, seed] of Object.entries({ one: '5', same: '5', other: '6' })) {
    await grow('orange.safetensors', '--seed', seed, '--out', `${name}.gif`);
  }
  assert.deepEqual(await bytesOf('one.gif'), await bytesOf('same.gif'));
  assert.notDeepEqual(await bytesOf('one.gif'), await bytesOf('other.gif'));
});

test('every backend grows the same, a longer growth in frames too', async () => {
  for (const backend of ['wasm', 'reference', 'composed']) {
    const err = await grow(
      'orange.safetensors',
      '--backend',
      backend,
      '--out',
      `${backend}.png`,
      '--scale',
      '2',
    );
    assert.match(err, new RegExp(`^Backend ${backend === 'wasm' ? 'wasm' : `${backend}:`}`));
    assert.deepEqual(await bytesOf(`${backend}.png`), await bytesOf('wasm.png'));
  }
});

test('a folder gets one numbered PNG a frame', async () => {
  const err = await grow('orange.safetensors', '--out', 'frames/', '--every', '6', '--scale', '2');
  assert.match(err, /frames\/: 5 frames/);
  const names = await readdir(at('frames'));
  assert.deepEqual(
    names.sort(),
    [0, 1, 2, 3, 4].map((i) => `frame-000${i}.png`),
  );
  await grow('orange.safetensors', '--out', 'last.png', '--scale', '2');
  assert.deepEqual(await bytesOf('frames/frame-0004.png'), await bytesOf('last.png'));
});

test('--style grows what is in it, without a model', async () => {
  await grow('--style', 'style.safetensors', '--out', 'styled.gif');
  await grow('orange.safetensors', '--out', 'modelled.gif');
  assert.deepEqual(await bytesOf('styled.gif'), await bytesOf('modelled.gif'));
});

test('--image is encoded: each picture grows into its own, digits of an IDX file by number', async () => {
  const images = ['p.png', 'q.png', 'digits.idx3-ubyte#0', 'digits.idx3-ubyte#1'];
  const grown: string[] = [];
  for (const [i, image] of images.entries()) {
    await grow('model.safetensors', '--image', image, '--out', `${i}.png`, '--scale', '1', '--steps', '12');
    const { width, height, pixels } = await readPng(at(`${i}.png`));
    assert.deepEqual([width, height], [8, 8]);
    // On black, as digits are, and more than the seed.
    assert.ok(pixels.filter((value, at) => at % 4 === 0 && value > 0).length > 9);
    grown.push(Buffer.from(pixels).toString('hex'));
  }
  assert.equal(new Set(grown).size, 4);
  await grow(
    'model.safetensors',
    '--image',
    'digits.idx3-ubyte',
    '--out',
    'd.png',
    '--scale',
    '1',
    '--steps',
    '12',
  );
  assert.deepEqual(await bytesOf('d.png'), await bytesOf('2.png'));
});

test('a growth that dies or runs away says so, and is written all the same', async () => {
  const dying = blob(orange);
  dying.w1.fill(-1, 0, 4);
  dying.w0.fill(0);
  await writeRuleModel(at('dying.safetensors'), dying);
  assert.match(await grow('dying.safetensors', '--out', 'dead.gif'), /Nothing is alive at the end/);
  assert.ok((await stat(at('dead.gif'))).size > 0);
  const wild = blob(orange);
  wild.w1[7] = 3e38;
  await writeRuleModel(at('wild.safetensors'), wild);
  assert.match(
    await grow('wild.safetensors', '--out', 'wild.png', '--steps', '6'),
    /ran away \(not finite\)/,
  );
});

test('what cannot be grown is refused in one sentence, and leaves no file', async () => {
  await copyFile(at('orange.safetensors'), at('cut.safetensors'));
  await truncate(at('cut.safetensors'), 2000);
  await writeFile(at('broken.png'), 'no picture');
  const orangeModel = 'orange.safetensors';
  const encoder = 'model.safetensors';
  const refused: [number, RegExp, string[]][] = [
    [1, /missing\.safetensors/, ['missing.safetensors']],
    [1, /cut\.safetensors/, ['cut.safetensors']],
    [1, /p\.png/, ['p.png']],
    [1, /missing\.png/, [encoder, '--image', 'missing.png']],
    [1, /broken\.png/, [encoder, '--image', 'broken.png']],
    [1, /digits\.idx3-ubyte has 2 images, so there is no #2/, [encoder, '--image', 'digits.idx3-ubyte#2']],
    [1, /grows one image and has no encoder/, [orangeModel, '--image', 'p.png']],
    [2, /needs --image FILE or --style FILE: model\.safetensors has an encoder/, [encoder]],
    [2, /has no rule of its own/, ['--style', encoder]],
    [
      2,
      /takes --image or --style, and got both/,
      [encoder, '--image', 'p.png', '--style', 'style.safetensors'],
    ],
    [2, /needs MODEL/, []],
    [2, /--size must be rows x columns/, [orangeModel, '--size', '64']],
    [2, /each from 1 to 4096, and got "4097x8"/, [orangeModel, '--size', '4097x8']],
    [2, /each from 1 to 4096, and got "0x8"/, [orangeModel, '--size', '0x8']],
    [2, /--scale/, [orangeModel, '--scale', '65']],
    [
      1,
      /at most 16384 pixels a side, and this one would have 19200/,
      [orangeModel, '--size', '9x300', '--scale', '64'],
    ],
    [2, /--steps/, [orangeModel, '--steps', '-1']],
    [1, /A colour is written like/, [orangeModel, '--background', 'blurple']],
  ];
  for (const [code, pattern, args] of refused) {
    const run = await morphogen('grow', ...args, '--out', 'none.gif', '--backend', 'reference');
    const sentences = run.err.split('\n').filter((line) => line !== '' && !line.startsWith('Backend '));
    assert.deepEqual([run.code, run.out, sentences.length], [code, '', 1], `${args.join(' ')}: ${run.err}`);
    assert.match(sentences[0], pattern);
  }
  const jpeg = await morphogen('grow', orangeModel, '--out', 'none.jpg');
  assert.equal(jpeg.code, 2);
  assert.match(jpeg.err, /--out must end in \.gif, \.png or \//);
  assert.deepEqual(
    (await readdir(folder)).filter((name) => name.startsWith('none')),
    [],
  );
});

test('a grid that the memory cannot hold is refused with what to do', async () => {
  const spec = { ...blobSpec, automaton: { ...blobSpec.automaton, channels: 64 } };
  await writeRuleModel(at('wide.safetensors'), blob(orange, 0.5, spec), spec);
  const { code, err } = await morphogen(
    'grow',
    'wide.safetensors',
    '--size',
    '4096x4096',
    '--out',
    'none.png',
  );
  assert.equal(code, 1, err);
  assert.match(err, /use a smaller/);
  assert.doesNotMatch(err, /bug in Morphogen/);
});

test('Ctrl-C ends a growth with 130 and without a file', async () => {
  const { code, err } = await interrupted('grow', 'orange.safetensors', '--out', 'stopped.gif');
  assert.equal(code, 130);
  assert.match(err, /cancelled at step 0; nothing was written/);
  await assert.rejects(stat(at('stopped.gif')));
});
