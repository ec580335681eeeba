import assert from 'node:assert/strict';
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { readStyleFile } from '#engine/files/style-file.ts';
import { AppError } from '#domain/errors.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';
import { readFileBytes } from '#storage/atomic-file.ts';
import { workplace } from '#test/hosts/cli/commands/command-run.ts';
import {
  encodeAll,
  scratchFolder,
  startEngine,
  styleOf,
  writeTinyModel,
  writeTinyPictures,
} from './engine-stage.ts';

const emoji = fileURLToPath(new URL('../../../../assets/samples/emoji/', import.meta.url));

const stage = await startEngine(await scratchFolder());
let modelPath: string;
let idx: string;

before(async () => {
  const { folder } = stage;
  [modelPath, idx] = [join(folder, 'tiny.safetensors'), join(folder, 'digits.idx3-ubyte')];
  await Promise.all([writeTinyModel(modelPath), writeTinyPictures(idx)]);
});

test('an IDX file: every picture with its source, what it grows and how well', async () => {
  const { styles, count, progress } = await encodeAll(stage, { modelPath, paths: [idx] });
  assert.equal(count, styles.length);
  assert.deepEqual(progress.at(-1), { done: count, total: count, count: progress.at(-1)?.count });
  assert.deepEqual(
    styles.slice(0, 3).map(({ name }) => name),
    ['#0', '#1', '#2'],
  );
  assert.equal(
    new Set(styles.map(({ sourceHash }) => sourceHash)).size,
    new Set(styles.map(({ sourcePicture }) => Buffer.from(sourcePicture).toString('hex'))).size,
  );
  for (const { sourcePicture, picture, score, latent } of styles) {
    for (const png of [sourcePicture, picture]) {
      const { width, height, channels } = await sharp(png).metadata();
      assert.deepEqual([width, height, channels], [8, 8, 4]);
    }
    assert.equal(latent?.length, 6);
    assert.ok(score.psnr > 0 && score.psnr <= 100 && score.mse >= 0);
  }
});

test('what it shows is what a growth of the style shows at its trained step', async () => {
  const { styles } = await encodeAll(stage, { modelPath, paths: [idx], limit: 1 });
  const { growthId } = await stage.client.call('growth.open', {
    ...{ styles: [styleOf(styles[0], tinySpec)], seed: 1, grid: null, isPlaying: false },
    ...{ stepsPerSecond: 60, loopAt: null, events: [], step: tinySpec.steps },
  });
  const { picture } = await stage.client.call('growth.take', { growthId });
  assert.deepEqual(picture, styles[0].picture);
  await stage.client.call('growth.close', { growthId });
});

test('a list of files keeps its order, and names what it cannot use', async () => {
  const folder = join(stage.folder, 'some');
  await mkdir(folder);
  const names = (await readdir(emoji)).filter((name) => name.endsWith('.png')).slice(0, 4);
  for (const name of names) await copyFile(join(emoji, name), join(folder, name));
  await writeFile(join(folder, 'bad.png'), 'not a picture');
  const paths = [names[2], 'bad.png', names[0], names[3], names[1]].map((name) => join(folder, name));
  const { styles, skipped, count, progress } = await encodeAll(stage, { modelPath, paths });
  assert.deepEqual(
    styles.map(({ name }) => name),
    [names[2], names[0], names[3], names[1]],
  );
  assert.equal(count, 4);
  assert.equal(progress.at(-1)?.done, 5);
  assert.equal(skipped.length, 1);
  assert.match(skipped[0].reason, /bad\.png.*not a picture/);

  // A later part of the same job: its styles are the same as those of one go.
  const later = await encodeAll(stage, { modelPath, paths, skip: 3 });
  assert.deepEqual(later.styles, styles.slice(2));
  // The same pictures as a folder, sorted.
  const whole = await encodeAll(stage, { modelPath, paths: [folder] });
  assert.deepEqual(
    whole.styles.map(({ name }) => name),
    names.toSorted(),
  );
  assert.deepEqual(
    new Set(whole.styles.map(({ sourceHash }) => sourceHash)),
    new Set(styles.map(({ sourceHash }) => sourceHash)),
  );
});

test('the command line writes the same values', async () => {
  const { folder, morphogen } = await workplace();
  const { code } = await morphogen('encode', modelPath, `${idx}#3`, '--out', 'styles', '--threads', '2');
  assert.equal(code, 0);
  const [name] = await readdir(join(folder, 'styles'));
  const file = readStyleFile(await readFileBytes(join(folder, 'styles', name)), { name });
  const { styles } = await encodeAll(stage, { modelPath, paths: [idx] });
  const same = styles.find(({ sourceHash }) => sourceHash === file.image?.hash);
  assert.ok(same);
  assert.deepEqual([file.latent, file.w0, file.b0, file.w1], [same.latent, same.w0, same.b0, same.w1]);
});

test('cancelled, it hands on what it has and answers', async () => {
  const controller = new AbortController();
  const styles: string[] = [];
  const paths = Array.from({ length: 5000 }, (_, i) => `${idx}#${i % 18}`);
  const { count } = await stage.client.call(
    'pictures.encode',
    { modelPath, paths, limit: null, skip: 0, cacheFolder: join(stage.folder, 'cache') },
    {
      signal: controller.signal,
      onProgress(progress) {
        styles.push(...progress.styles.map(({ name }) => name));
        if (styles.length > 0) controller.abort();
      },
    },
  );
  assert.equal(count, styles.length);
  assert.ok(count > 0 && count < 5000);
});

test('a model of one picture encodes none', async () => {
  const parrot = fileURLToPath(new URL('../../../../models/parrot.safetensors', import.meta.url));
  await assert.rejects(
    encodeAll(stage, { modelPath: parrot, paths: [idx] }),
    (failure) => failure instanceof AppError && failure.code === 'mismatch',
  );
});

test('refining makes a rule better for its picture, and answers with what it has when it is cancelled', async () => {
  const { styles } = await encodeAll(stage, { modelPath, paths: [idx], limit: 1 });
  const style = styleOf(styles[0], tinySpec);
  const { sourcePicture } = styles[0];
  const iterations: number[] = [];
  const refined = await stage.client.call(
    'rule.refine',
    { style, sourcePicture, iterations: 40 },
    { onProgress: ({ iteration }) => void iterations.push(iteration) },
  );
  assert.equal(refined.iterations, 40);
  assert.ok(refined.after.psnr > refined.before.psnr);
  assert.equal(iterations[0], 1);
  assert.notDeepEqual(refined.style.w1, style.w1);

  const controller = new AbortController();
  const stopped = await stage.client.call(
    'rule.refine',
    { style, sourcePicture, iterations: 1_000_000 },
    { signal: controller.signal, onProgress: () => controller.abort() },
  );
  assert.ok(stopped.iterations < 1_000_000);
});
