import assert from 'node:assert/strict';
import { access, copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readStyleFile, type StyleFile } from '#engine/files/style-file.ts';
import { workplace } from './command-run.ts';
import { writeEncoderModel, writePictures } from './growable-files.ts';

const { folder, morphogen, interrupted } = await workplace();
await writeEncoderModel(join(folder, 'model.safetensors'));
await writePictures(folder);
assert.equal((await morphogen('encode', 'model.safetensors', 'q.png', '--threads', '2')).code, 0);
const encoded = await styleAt('styles/q.safetensors');
const refine = ['refine', 'model.safetensors', 'q.png', '--threads', '2'];

async function styleAt(name: string): Promise<StyleFile> {
  return readStyleFile(await readFile(join(folder, name)), { name });
}

/** dB before and after, as the command tells. */
function gain(out: string): [number, number] {
  const [, before, after] = /: (-?\d+\.\d\d) dB as encoded, (-?\d+\.\d\d) dB after/.exec(out) ?? [];
  return [Number(before), Number(after)];
}

test('a refined style is better than the encoded one, by what eval would say, and leaves the model alone', async () => {
  const model = await readFile(join(folder, 'model.safetensors'));
  const { code, out, err } = await morphogen(...refine, '--iterations', '60', '--out', 'made/q.safetensors');
  assert.equal(code, 0, err);
  const [before, after] = gain(out);
  assert.ok(after > before + 1, out);
  // Judged by eight growths, as eval judges a folder with the picture in it eight times.
  await mkdir(join(folder, 'eight'));
  for (let i = 0; i < 8; i++) await copyFile(join(folder, 'q.png'), join(folder, `eight/${i}.png`));
  const scored = await morphogen('eval', 'model.safetensors', 'eight', '--json', '--threads', '2');
  const { psnr } = JSON.parse(scored.out) as { psnr: number };
  assert.ok(Math.abs(before - psnr) < 0.01, `${before} and ${psnr}`);
  const refined = await styleAt('made/q.safetensors');
  assert.deepEqual(
    [refined.spec, refined.image, refined.model],
    [encoded.spec, encoded.image, encoded.model],
  );
  assert.equal(refined.latent, null, 'no latent decodes to this rule');
  assert.notDeepEqual(refined.w1, encoded.w1);
  assert.ok(model.equals(await readFile(join(folder, 'model.safetensors'))));
  const grown = await morphogen(
    'grow',
    '--style',
    'made/q.safetensors',
    '--out',
    'q-grown.png',
    '--threads',
    '2',
  );
  assert.equal(grown.code, 0, grown.err);
});

test('the same seed gives the same style, another one another', async () => {
  for (const [seed, name] of [
    ['1', 'a'],
    ['1', 'b'],
    ['2', 'c'],
  ]) {
    const plan = ['--iterations', '10', '--seed', seed, '--out', `${name}.safetensors`];
    assert.equal((await morphogen(...refine, ...plan)).code, 0);
  }
  const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => styleAt(`${name}.safetensors`)));
  assert.deepEqual(b, a);
  assert.notDeepEqual(c.w0, a.w0);
});

test('a refinement that would make it worse keeps the rule that was encoded', async () => {
  const { code, out, err } = await morphogen(
    ...refine,
    '--iterations',
    '3',
    '--lr',
    '1',
    '--out',
    'w.safetensors',
  );
  assert.equal(code, 0, err);
  const [before, after] = gain(out);
  assert.equal(after, before);
  assert.deepEqual(await styleAt('w.safetensors'), encoded);
});

test('numbers that run away end it with what to do, and nothing is written', async () => {
  const plan = ['--iterations', '9', '--lr', '1e38', '--out', 'n.safetensors'];
  const { code, err } = await morphogen(...refine, ...plan);
  assert.equal(code, 1);
  assert.match(err, /loss was not finite in iteration \d+: choose a lower learning rate/);
  await assert.rejects(access(join(folder, 'n.safetensors')));
});

test('Ctrl-C keeps what was reached', async () => {
  const { code, err } = await interrupted(...refine, '--out', 'stopped.safetensors');
  assert.equal(code, 130);
  assert.match(err, /Stopped early; the style is what was reached by then/);
  assert.deepEqual(await styleAt('stopped.safetensors'), encoded);
});

test('the style cannot replace the model', async () => {
  const { code, err } = await morphogen(...refine, '--out', 'model.safetensors');
  assert.equal(code, 1);
  assert.match(err, /is the model itself: give --out another name for the style/);
});
