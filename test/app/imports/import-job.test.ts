import assert from 'node:assert/strict';
import { readFile, symlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import test from 'node:test';
import { AppError } from '#domain/errors.ts';
import { sha256 } from '#storage/content-store.ts';
import {
  card,
  createStage,
  encoded,
  hashOf,
  ruleOf,
  single,
  sketch,
  writeAt,
  type ApplicationStage,
} from '../application-stage.ts';

/** A library with a model that encodes; files say what they are in their first word. */
async function createImportStage(): Promise<ApplicationStage> {
  const stage = await createStage();
  stage.library.store.addModel({
    ...{ name: 'Cats', spec: sketch, card, hash: hashOf(1), bytes: 1 },
    bundledName: 'cats.safetensors',
  });
  stage.engine['files.inspect'] = async ({ path }) => {
    const text = await readFile(path, 'utf8');
    const [, kind, number] = /^(?:.{8}\{")?(\w+) (\d+)/.exec(text) ?? [];
    const common = { hash: sha256(Buffer.from(text)), bytes: text.length };
    const style = { name: `style ${number}`, spec: { ...sketch, network: null }, ...ruleOf(Number(number)) };
    const picture = Uint8Array.of(3, Number(number));
    switch (kind) {
      case 'style': {
        const source = { name: 'Cats', hash: hashOf(1) };
        return { kind, ...common, style, latent: Float32Array.of(1), image: source, model: source, picture };
      }
      case 'model':
        return { kind, ...common, spec: sketch, card, style: null, picture: null };
      case 'single':
        return { kind: 'model', ...common, spec: single, card, style: { ...style, spec: single }, picture };
      case 'picture':
        return { kind: 'picture' };
      default:
        throw new AppError('bad-file', `${basename(path)} is cut off: fetch it again.`);
    }
  };
  stage.engine['pictures.encode'] = async ({ paths, skip }, { signal, progress }) => {
    const skipped: { path: string; reason: string }[] = [];
    for (let done = skip; done < paths.length && !signal.aborted; done++) {
      const number = Number(/\d+/.exec(basename(paths[done]))?.[0] ?? 0);
      const isBad = paths[done].includes('bad');
      if (isBad) skipped.push({ path: paths[done], reason: 'it is cut off' });
      await progress({ done: done + 1, total: paths.length, styles: isBad ? [] : [encoded(number)] });
    }
    return { count: paths.length, skipped };
  };
  return stage;
}

const start = async (stage: ApplicationStage, paths: readonly string[]): Promise<string> => {
  const sources = paths.map((path) => ({ path }));
  return (await stage.ask('import.start', { sources, modelId: null })).jobId;
};

async function mixed(stage: ApplicationStage): Promise<string[]> {
  return [
    await writeAt(stage, 'in/a.safetensors', 'style 10'),
    await writeAt(stage, 'in/Own model.safetensors', 'model 11'),
    await writeAt(stage, 'in/bird.safetensors', 'single 12'),
    await writeAt(stage, 'in/hostile.safetensors', '🏴 not what it says'),
    await writeAt(stage, 'in/20.png', 'pixels'),
    await writeAt(stage, 'in/bad.png', 'no pixels'),
    await writeAt(stage, 'in/disguised 21.safetensors', 'picture 21'),
  ];
}

test('all kinds at once: styles and models are copied in, pictures encoded, what is bad is listed and changes nothing', async () => {
  const stage = await createImportStage();
  const paths = await mixed(stage);
  const jobId = await start(stage, [...paths, '/nowhere/gone.png']);
  const job = await stage.settled(jobId);
  assert.deepEqual([job.state, job.styleCount], ['done', 4], job.message ?? '');
  assert.deepEqual(stage.styleNames().sort(), ['bird', 'cat 20', 'cat 21', 'style 10']);
  const models = (await stage.ask('models.list', {})).map(({ name }) => name).sort();
  assert.deepEqual(models, ['Cats', 'Own model', 'bird']);
  const left = await stage.ask('jobs.skipped', { jobId });
  assert.deepEqual(left.map(({ path }) => basename(path)).sort(), [
    'bad.png',
    'gone.png',
    'hostile.safetensors',
  ]);
  assert.match(job.message ?? '', /^3 files were left out\. .*: /);
  const [style] = stage.library.store.list({
    ...{ kinds: ['style'], search: 'style', tags: [], favouritesOnly: false, modelId: null },
    ...{ sort: 'name', offset: 0, limit: 1 },
  }).items;
  const detail = await stage.ask('gallery.detail', { kind: 'style', id: style.id });
  assert.ok(detail.kind === 'style');
  assert.equal(detail.modelName, 'Cats', 'a style finds the model that it was made by');
});

test('the same things again change nothing', async () => {
  const stage = await createImportStage();
  const paths = await mixed(stage);
  await stage.settled(await start(stage, paths));
  const before = await stage.ask('app.snapshot', {});
  await stage.settled(await start(stage, paths));
  assert.deepEqual((await stage.ask('app.snapshot', {})).library, before.library);
});

test('a file alone that cannot be used is a failure, with the reason', async () => {
  const stage = await createImportStage();
  const path = await writeAt(stage, 'in/hostile.safetensors', 'nonsense');
  const job = await stage.settled(await start(stage, [path]));
  assert.deepEqual([job.state, job.message], ['failed', 'hostile.safetensors is cut off: fetch it again.']);
  assert.deepEqual((await stage.ask('app.snapshot', {})).library.styles, 0);
});

test('cancelled, it takes away what it brought and nothing else', async () => {
  const stage = await createImportStage();
  const paths = await mixed(stage);
  await stage.settled(await start(stage, [paths[0]]));
  const encode = stage.engine['pictures.encode']!;
  stage.engine['pictures.encode'] = async (params, call) => {
    const result = await encode(params, call);
    await stage.ask('jobs.cancel', { jobId });
    return result;
  };
  const jobId = await start(stage, paths);
  assert.equal((await stage.settled(jobId)).state, 'cancelled');
  assert.deepEqual(stage.styleNames(), ['style 10']);
  assert.deepEqual(
    (await stage.ask('models.list', {})).map(({ name }) => name),
    ['Cats'],
  );
});

test('killed between two pictures, it goes on with the second', async () => {
  const stage = await createImportStage();
  const paths = [await writeAt(stage, 'in/20.png', 'x'), await writeAt(stage, 'in/21.png', 'x')];
  const encode = stage.engine['pictures.encode']!;
  let isHalf = false;
  stage.engine['pictures.encode'] = async (params, call) => {
    await encode({ ...params, paths: params.paths.slice(0, 1) }, call);
    isHalf = true;
    return new Promise(() => undefined);
  };
  const jobId = await start(stage, paths);
  while (!isHalf) await new Promise((resolve) => setImmediate(resolve));
  const next = await stage.kill();
  const skips: number[] = [];
  next.engine['pictures.encode'] = (params, call) => {
    skips.push(params.skip);
    return encode(params, call);
  };
  await next.ask('jobs.resume', { jobId });
  assert.deepEqual([(await next.settled(jobId)).state, skips], ['done', [1]]);
  assert.deepEqual(next.styleNames(), ['cat 20', 'cat 21']);
});

test('few files are looked at by the live engine, beside a training; a folder waits for its turn', async () => {
  const stage = await createImportStage();
  stage.engine['training.run'] = () => new Promise(() => undefined);
  const folder = await writeAt(stage, 'pictures/20.png', 'x').then((path) => path.replace(/\/20\.png$/, ''));
  const { jobId: training } = await stage.ask('training.start', {
    ...{ source: { kind: 'folder', path: folder }, name: null },
    wishes: {
      ...{ preset: 'sketch', modelId: null, mode: 'persist', iterations: 1, batch: null },
      ...{ learningRate: null, enlarge: false, limit: null },
    },
  });
  const few = await start(stage, [`${folder}/20.png`]);
  const many = await start(stage, [folder]);
  assert.equal((await stage.settled(few)).state, 'done');
  assert.ok(stage.asked.includes('live pictures.encode'));
  const states = new Map((await stage.ask('app.snapshot', {})).jobs.map(({ id, state }) => [id, state]));
  assert.deepEqual([states.get(training), states.get(many)], ['running', 'queued']);
});

test('a folder: styles and models anywhere below it, links not followed, and its pictures', async () => {
  const stage = await createImportStage();
  await writeAt(stage, 'in/deep/er/a.safetensors', 'style 10');
  await writeAt(stage, 'in/b.safetensors', 'style 11');
  await symlink(join(stage.folder, 'in'), join(stage.folder, 'in/deep/loop'));
  const folders: (readonly string[])[] = [];
  stage.engine['pictures.encode'] = ({ paths }) => {
    folders.push(paths);
    throw new AppError('no-images', 'There are no pictures: choose another folder.');
  };
  const jobId = await start(stage, [join(stage.folder, 'in')]);
  const job = await stage.settled(jobId);
  assert.deepEqual([job.state, job.styleCount, job.message], ['done', 2, null]);
  assert.deepEqual(stage.styleNames(), ['style 11', 'style 10']);
  assert.deepEqual(folders, [[join(stage.folder, 'in')]]);
});

test('what was dropped is told before anything is done with it', async () => {
  const stage = await createImportStage();
  const paths = await mixed(stage);
  const sources = [...paths, stage.folder, '/nowhere/gone.png'].map((path) => ({ path }));
  const found = await stage.ask('import.inspect', { sources });
  assert.deepEqual(
    found.map(({ kind, problem }) => [kind, problem !== null]),
    [
      ['style', false],
      ['model', false],
      ['model', false],
      ['unknown', true],
      // The played engine reads no pixels.
      ['picture', true],
      ['picture', true],
      ['picture', false],
      ['folder', false],
      ['unknown', true],
    ],
  );
  assert.equal(stage.styleNames().length, 0);
});

test('pictures need a model that encodes: without one, the sentence says what to do', async () => {
  const stage = await createStage();
  const path = await writeAt(stage, 'in/20.png', 'x');
  const job = await stage.settled(await start(stage, [path]));
  assert.equal(job.state, 'failed');
  assert.match(job.message ?? '', /train one on a folder of pictures first/);
});
