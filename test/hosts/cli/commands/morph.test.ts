import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import sharp from 'sharp';
import { readGif, workplace } from './command-run.ts';
import { blob, orange, writeEncoderModel, writePictures, writeRuleModel } from './growable-files.ts';

const { folder, morphogen, interrupted } = await workplace();
const at = (name: string): string => join(folder, name);
const bytesOf = (name: string): Promise<Buffer> => readFile(at(name));
const small = ['--model', 'model.safetensors', '--steps', '10', '--scale', '1'];

before(async () => {
  await writeRuleModel(at('orange.safetensors'), blob(orange));
  await writeEncoderModel(at('model.safetensors'));
  await writePictures(folder);
});

async function run(...args: string[]): Promise<string> {
  const { code, err } = await morphogen(...args, '--backend', 'reference');
  assert.equal(code, 0, err);
  return err;
}

test('it begins and ends with the pictures themselves', async () => {
  const once = ['--once', '--frames', '3', '--out', 'frames/'];
  assert.match(
    await run('morph', 'p.png', 'q.png', ...small, ...once),
    /frames\/: 3 frames, each of 10 steps/,
  );
  const grow = small.slice(2);
  for (const [frame, name] of [
    [0, 'p'],
    [2, 'q'],
  ] as const) {
    await run('grow', 'model.safetensors', '--image', `${name}.png`, ...grow, '--out', 'alone.png');
    assert.deepEqual(await bytesOf(`frames/frame-000${frame}.png`), await bytesOf('alone.png'), name);
  }
  assert.notDeepEqual(await bytesOf('frames/frame-0001.png'), await bytesOf('frames/frame-0000.png'));
});

test('a loop goes back: half of the way there is half of the way back', async () => {
  await run('morph', 'p.png', 'q.png', ...small, '--frames', '4', '--path', 'linear', '--out', 'loop/');
  assert.deepEqual(await bytesOf('loop/frame-0001.png'), await bytesOf('loop/frame-0003.png'));
  await run('morph', 'p.png', 'q.png', ...small, '--frames', '12', '--fps', '10', '--out', 'morph.gif');
  const gif = await readGif(at('morph.gif'));
  assert.equal(
    gif.delaysMs.reduce((sum, ms) => sum + ms),
    1200,
  );
  assert.equal(gif.loop, 0);
});

test('a WebP has the same pictures as the folder, and plays for ever', async () => {
  const way = ['--once', '--frames', '5', '--background', '#000000'];
  await run('morph', 'p.png', 'q.png', ...small, ...way, '--out', 'pictures/');
  assert.match(
    await run('morph', 'p.png', 'q.png', ...small, ...way, '--out', 'morph.webp'),
    /morph\.webp: 5 frames of 8×8, /,
  );
  const film = sharp(at('morph.webp'), { pages: -1 });
  assert.equal((await film.metadata()).loop, 0);
  const shown = await film.removeAlpha().raw().toBuffer();
  const pictures = [];
  for (let i = 0; i < 5; i++)
    pictures.push(
      await sharp(at(`pictures/frame-000${i}.png`))
        .removeAlpha()
        .raw()
        .toBuffer(),
    );
  assert.deepEqual(shown, Buffer.concat(pictures));
});

test('what cannot be gone between is refused in one sentence, and leaves no file', async () => {
  const refused: [number, RegExp, string[]][] = [
    [1, /orange\.safetensors has no latent of model\.safetensors/, ['p.png', 'orange.safetensors', ...small]],
    [1, /missing\.png/, ['p.png', 'missing.png', ...small]],
    [1, /has no encoder/, ['p.png', 'q.png', '--model', 'orange.safetensors']],
    [2, /--model/, ['p.png', 'q.png']],
    [
      2,
      /must end in \.gif, \.apng, \.webp, \.webm, \.mp4 or \//,
      ['p.png', 'q.png', ...small, '--out', 'none.png'],
    ],
    [2, /takes 2 to 4 pictures, and got 5/, ['p.png', 'q.png', 'p.png', 'q.png', 'p.png', ...small]],
  ];
  for (const [code, pattern, args] of refused) {
    const { err, ...end } = await morphogen('morph', '--out', 'none.gif', ...args, '--backend', 'reference');
    assert.equal(end.code, code, err);
    assert.match(err, pattern);
  }
  assert.ok((await readdir(folder)).every((name) => !name.startsWith('none')));
});

test('Ctrl-C ends a morph with 130 and without a file', async () => {
  const { code, err } = await interrupted(
    'morph',
    'p.png',
    'q.png',
    ...small,
    '--out',
    'none.gif',
    '--backend',
    'reference',
  );
  assert.equal(code, 130);
  assert.match(err, /cancelled/);
  assert.ok(!(await readdir(folder)).includes('none.gif'));
});
