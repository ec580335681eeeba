import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { readStyleFile, type StyleFile } from '#engine/files/style-file.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';
import { workplace } from './command-run.ts';
import { blob, orange, writeEncoderModel, writePictures, writeRuleModel } from './growable-files.ts';

const { folder, morphogen, interrupted } = await workplace();
const threads = ['--threads', '2'];
await writeEncoderModel(join(folder, 'model.safetensors'));
await writePictures(folder);

async function styleAt(name: string): Promise<StyleFile> {
  return readStyleFile(await readFile(join(folder, name)), { name });
}

test('each picture becomes a style with its latent, its rule and where both come from', async () => {
  const { code, out, err } = await morphogen(
    ...['encode', 'model.safetensors', 'p.png', 'digits.idx3-ubyte#1', '--out', 'made/styles/', ...threads],
  );
  assert.equal(code, 0, err);
  assert.deepEqual(out.trimEnd().split('\n'), [
    join('made/styles', 'p.safetensors'),
    join('made/styles', 'digits-1.safetensors'),
  ]);
  const [p, digit] = [
    await styleAt('made/styles/p.safetensors'),
    await styleAt('made/styles/digits-1.safetensors'),
  ];
  for (const style of [p, digit]) {
    assert.deepEqual(style.spec, { ...tinySpec, network: null });
    assert.equal(style.latent?.length, 6);
    const model = await readFile(join(folder, 'model.safetensors'));
    assert.deepEqual(style.model, { name: 'model.safetensors', hash: hash('sha256', model) });
  }
  assert.equal(p.image?.name, 'p.png');
  assert.equal(digit.image?.name, 'digits.idx3-ubyte#1');
  assert.notEqual(p.image.hash, digit.image.hash);
  assert.notDeepEqual(p.latent, digit.latent);
  assert.notDeepEqual(p.w0, digit.w0);
});

test('a style grows into what the model grows from the picture', async () => {
  assert.equal((await morphogen('encode', 'model.safetensors', 'q.png', ...threads)).code, 0);
  for (const args of [
    ['--style', 'styles/q.safetensors', '--out', 'by-style.png'],
    ['model.safetensors', '--image', 'q.png', '--out', 'by-model.png'],
  ]) {
    const { code, err } = await morphogen('grow', ...args, ...threads);
    assert.equal(code, 0, err);
  }
  const [byStyle, byModel] = await Promise.all(
    ['by-style.png', 'by-model.png'].map((name) => readFile(join(folder, name))),
  );
  assert.ok(byStyle.equals(byModel));
});

test('pictures of one name are numbered, also where only capitals differ, and none is lost', async () => {
  await mkdir(join(folder, 'other'));
  await copyFile(join(folder, 'q.png'), join(folder, 'other/P.png'));
  await copyFile(join(folder, 'q.png'), join(folder, 'p.webp.png'));
  const { code, err } = await morphogen(
    ...['encode', 'model.safetensors', 'p.png', 'other/P.png', 'p.webp.png', '--out', 'many', ...threads],
  );
  assert.equal(code, 0, err);
  assert.deepEqual((await readdir(join(folder, 'many'))).sort(), [
    'P-2.safetensors',
    'p.safetensors',
    'p.webp.safetensors',
  ]);
  assert.equal((await styleAt('many/P-2.safetensors')).image?.name, 'P.png');
});

test('a style does not take the place of the model that makes it', async () => {
  await copyFile(join(folder, 'model.safetensors'), join(folder, 'p.safetensors'));
  const before = await readFile(join(folder, 'p.safetensors'));
  const { code, err } = await morphogen('encode', 'p.safetensors', 'p.png', '--out', '.', ...threads);
  assert.equal(code, 0, err);
  assert.ok(before.equals(await readFile(join(folder, 'p.safetensors'))));
  assert.equal((await styleAt('p-2.safetensors')).image?.name, 'p.png');
});

test('a picture that cannot be used is named and passed over, and the exit code tells', async () => {
  await writeFile(join(folder, 'broken.png'), 'no picture');
  const { code, out, err } = await morphogen(
    ...['encode', 'model.safetensors', 'broken.png', 'missing.png', 'digits.idx3-ubyte#2', 'p.png'],
    ...['--out', 'some', ...threads],
  );
  assert.equal(code, 1);
  assert.match(err, /Skipped: \S+broken\.png: /);
  assert.match(err, /Skipped: \S+missing\.png: no such file/);
  assert.match(err, /Skipped: \S+ has 2 images, so there is no #2: the last is #1/);
  assert.equal(out, `${join('some', 'p.safetensors')}\n`);
  assert.deepEqual(await readdir(join(folder, 'some')), ['p.safetensors']);
});

test('what cannot encode is refused, and Ctrl-C says how far it came', async () => {
  await writeRuleModel(join(folder, 'one.safetensors'), blob(orange));
  const one = await morphogen('encode', 'one.safetensors', 'p.png', '--out', 'none', ...threads);
  assert.equal(one.code, 1);
  assert.match(one.err, /has no encoder; use one trained on a folder/);
  const none = await morphogen('encode', 'model.safetensors');
  assert.equal(none.code, 2);
  assert.match(none.err, /encode needs IMAGE/);
  const stopped = await interrupted('encode', 'model.safetensors', 'p.png', '--out', 'none', ...threads);
  assert.equal(stopped.code, 130);
  assert.match(stopped.err, /Encoding was cancelled; 0 of 1 styles were written/);
  await assert.rejects(readdir(join(folder, 'none')));
});
