import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { newStyle } from '#test/storage/library/sample-library.ts';
import { card, createStage, sketch, type ApplicationStage } from '../application-stage.ts';

async function createExportStage(names: readonly string[]): Promise<{
  readonly stage: ApplicationStage;
  readonly items: { kind: 'style'; id: string }[];
  readonly folder: string;
}> {
  const stage = await createStage();
  stage.engine['files.style'] = ({ style }) => ({ bytes: new Uint8Array(Buffer.from(style.name)) });
  const ids = stage.library.store.addStyles(names.map((name, i) => newStyle(i, { name })));
  const folder = join(stage.folder, 'out');
  await mkdir(folder);
  return { stage, folder, items: ids.map((id) => ({ kind: 'style', id })) };
}

test('names become files that every system takes, none twice, none over what is there', async () => {
  const names = ['Cat', 'cat', '../up', 'CON', 'a/b:c', '🦜', 'x'.repeat(200), '...', 'owl.'];
  const { stage, folder, items } = await createExportStage(names);
  await writeFile(join(folder, 'CAT.safetensors'), 'mine');
  const { jobId } = await stage.ask('export.start', { items, folder });
  const job = await stage.settled(jobId);
  assert.deepEqual([job.state, job.done, job.path], ['done', names.length, folder]);
  const written = (await readdir(folder)).sort();
  assert.deepEqual(
    written.filter((name) => !name.startsWith('x')),
    [
      ...[
        'CAT.safetensors',
        'Cat-2.safetensors',
        '_CON.safetensors',
        '__up.safetensors',
        'a_b_c.safetensors',
      ],
      ...['cat-3.safetensors', 'owl.safetensors', 'unnamed.safetensors', '🦜.safetensors'],
    ].sort(),
  );
  assert.equal(new Set(written.map((name) => name.toLowerCase())).size, written.length);
  assert.ok(written.every((name) => Buffer.byteLength(name) <= 255 && !name.endsWith('.part')));
  assert.equal(await readFile(join(folder, 'CAT.safetensors'), 'utf8'), 'mine');
  assert.deepEqual(await readdir(stage.folder).then((all) => all.includes('up.safetensors')), false);
});

test('models are copied as they are, artworks are their pictures', async () => {
  const { stage, folder, items } = await createExportStage(['Cat']);
  const path = join(stage.folder, 'trained.safetensors');
  await writeFile(path, 'weights');
  const hash = await stage.library.files.adopt(path);
  const { store } = stage.library;
  const modelId = store.addModel({ name: 'Cats', spec: sketch, card, hash, bytes: 7, bundledName: null });
  const { name, hash: ruleHash } = store.rule(items[0].id);
  const artworkId = store.addArtwork({
    name: 'Night',
    recipe: {
      ...{ version: 1, styles: [{ styleId: items[0].id, name, ruleHash }], seed: 1, steps: 3, events: [] },
      ...{ grid: { height: 40, width: 40 }, backend: 'a test', mix: { kind: 'turns', ratio: [1] } },
    },
    ...{ digest: hash, picture: Uint8Array.of(1, 2), parents: [] },
  });
  const all = [
    { kind: 'model', id: modelId },
    { kind: 'artwork', id: artworkId },
  ] as const;
  const { jobId } = await stage.ask('export.start', { items: [...all], folder });
  await stage.settled(jobId);
  assert.equal(await readFile(join(folder, 'Cats.safetensors'), 'utf8'), 'weights');
  assert.deepEqual([...(await readFile(join(folder, 'Night.png')))], [1, 2]);
});

test('paused, it goes on where it was; what was thrown away for good meanwhile is listed', async () => {
  const { stage, folder, items } = await createExportStage(['a', 'b', 'c']);
  const inner = stage.engine['files.style']!;
  let asked = 0;
  stage.engine['files.style'] = async (params, call) => {
    if (++asked === 2) await stage.ask('jobs.pause', { jobId });
    return inner(params, call);
  };
  const missing = { kind: 'style', id: 'nobody' } as const;
  const { jobId } = await stage.ask('export.start', { items: [...items, missing], folder });
  assert.equal((await stage.settled(jobId)).state, 'paused');
  assert.equal((await readdir(folder)).length, 2);
  await stage.ask('jobs.resume', { jobId });
  const job = await stage.settled(jobId);
  assert.deepEqual([job.state, asked], ['done', 3]);
  assert.deepEqual((await readdir(folder)).sort(), ['a.safetensors', 'b.safetensors', 'c.safetensors']);
  assert.match(job.message ?? '', /1 file was left out/);
});

test('killed in the middle, it goes on: what was written is neither made again nor there twice', async () => {
  const { stage, folder, items } = await createExportStage(['a', 'b', 'c']);
  const inner = stage.engine['files.style']!;
  let asked = 0;
  stage.engine['files.style'] = (params, call) =>
    ++asked === 2 ? new Promise(() => undefined) : inner(params, call);
  const { jobId } = await stage.ask('export.start', { items, folder });
  while (asked < 2) await new Promise((resolve) => setImmediate(resolve));
  const next = await stage.kill();
  // As though it had been killed a moment later: the file is there, and nobody has noted it.
  await writeFile(join(folder, 'b.safetensors'), 'b');
  const again: string[] = [];
  next.engine['files.style'] = (params, call) => {
    again.push(params.style.name);
    return inner(params, call);
  };
  await next.ask('jobs.resume', { jobId });
  assert.equal((await next.settled(jobId)).state, 'done');
  assert.deepEqual(again, ['b', 'c']);
  assert.deepEqual((await readdir(folder)).sort(), ['a.safetensors', 'b.safetensors', 'c.safetensors']);
});

test('a folder that is none is told before anything is queued', async () => {
  const { stage, folder, items } = await createExportStage(['a']);
  const file = join(folder, 'file');
  await writeFile(file, '');
  await assert.rejects(stage.ask('export.start', { items, folder: file }), { code: 'bad-argument' });
  await assert.rejects(stage.ask('export.start', { items, folder: join(folder, 'gone') }), {
    code: 'not-found',
  });
});
