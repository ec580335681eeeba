import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { AppError } from '#domain/errors.ts';
import { sha256 } from '#storage/content-store.ts';
import { newStyle } from '#test/storage/library/sample-library.ts';
import {
  card,
  createStage,
  ruleOf,
  single,
  sketch,
  writeAt,
  type ApplicationStage,
} from '../application-stage.ts';

test('every change is told to all windows, with what can be undone', async () => {
  const { stage, ids } = await withStyles(3);
  const items = ids.map((id) => ({ kind: 'style', id }) as const);
  const changes: [() => Promise<unknown>, number][] = [
    [() => stage.ask('gallery.update', { items, patch: { addTags: ['sea'], isFavourite: true } }), 3],
    [() => stage.ask('gallery.delete', { items }), 0],
    [() => stage.ask('undo.undo', {}), 3],
    [() => stage.ask('undo.redo', {}), 0],
    [() => stage.ask('undo.undo', {}), 3],
  ];
  for (const [change, styles] of changes) {
    stage.events.length = 0;
    const summary = await change();
    assert.deepEqual(stage.events, [{ event: 'library.changed', payload: summary }]);
    assert.equal((summary as { styles: number }).styles, styles);
  }
  assert.deepEqual(await stage.ask('gallery.tags', {}), [{ name: 'sea', count: 3 }]);
});

test('a refined style is a child of the one it began with, and says how much better it is', async () => {
  const { stage, ids } = await withStyles(1);
  stage.engine['rule.refine'] = async ({ style, sourcePicture, iterations }, { progress }) => {
    assert.deepEqual([...sourcePicture], [8]);
    await progress({ iteration: 1, iterations, loss: 0.5 });
    const before = { mse: 0.1, psnr: 20, ssim: 0.5 };
    return {
      style: { ...style, ...ruleOf(99) },
      ...{ picture: Uint8Array.of(6), before, after: { ...before, psnr: 24.5 }, iterations },
    };
  };
  const { jobId } = await stage.ask('styles.refine', { styleId: ids[0], iterations: 50 });
  const job = await stage.settled(jobId);
  assert.deepEqual([job.state, job.done, job.message], ['done', 50, '24.5 dB, 4.5 dB better than before.']);
  const detail = await stage.ask('gallery.detail', { kind: 'style', id: job.styleIds[0] });
  assert.ok(detail.kind === 'style');
  assert.deepEqual(
    [detail.name, detail.isRefined, detail.score?.psnr, detail.parents.map(({ id }) => id)],
    ['style 0 refined', true, 24.5, [ids[0]]],
  );
});

test('a style whose picture is not known cannot be refined, and the sentence says which can', async () => {
  const stage = await createStage();
  const [styleId] = stage.library.store.addStyles([newStyle(1)]);
  await assert.rejects(stage.ask('styles.refine', { styleId, iterations: 1 }), {
    code: 'unsupported',
    message: /“style 1” .*choose a style made from a picture here/,
  });
});

test('models that come with the program are looked at once, and stay away when they are thrown away', async () => {
  const stage = await createStage();
  await writeFile(join(stage.modelsFolder, 'big-cats.safetensors'), 'encoder');
  await writeFile(join(stage.modelsFolder, 'bird.safetensors'), 'one picture');
  await writeFile(join(stage.modelsFolder, 'broken.safetensors'), 'broken');
  await writeFile(join(stage.modelsFolder, 'README.md'), 'words');
  stage.engine['files.inspect'] = ({ path }) => {
    if (path.includes('broken')) throw new AppError('bad-file', 'broken.safetensors is cut off.');
    const isBird = path.includes('bird');
    const text = isBird ? 'one picture' : 'encoder';
    return {
      ...{ kind: 'model', hash: sha256(Buffer.from(text)), bytes: text.length, card },
      spec: isBird ? single : sketch,
      style: isBird ? { name: 'x', spec: single, ...ruleOf(1) } : null,
      picture: isBird ? Uint8Array.of(1) : null,
    };
  };
  await stage.application.addBundledModels();
  const models = await stage.ask('models.list', {});
  assert.deepEqual(models.map(({ name, isBundled }) => [name, isBundled]).sort(), [
    ['Big cats', true],
    ['Bird', true],
  ]);
  assert.deepEqual(stage.styleNames(), ['Bird']);
  const { notices } = await stage.ask('app.snapshot', {});
  assert.deepEqual(notices[0], 'Once.');
  assert.match(notices[1], /broken\.safetensors .*is not there: .*cut off/);
  assert.deepEqual((await stage.ask('app.snapshot', {})).notices, [], 'shown once');

  const [bird] = await stage
    .ask('gallery.list', {
      ...{ kinds: ['style'], search: '', tags: [], favouritesOnly: false, modelId: null },
      ...{ sort: 'newest', offset: 0, limit: 1 },
    })
    .then(({ items }) => items);
  await stage.ask('gallery.delete', { items: [bird] });
  await stage.ask('models.delete', { id: models.find(({ name }) => name === 'Bird')!.id });
  const next = await stage.kill();
  await next.application.addBundledModels();
  assert.deepEqual(
    next.asked,
    ['live files.inspect'],
    'the broken one is looked at again, as it may be mended',
  );
  assert.deepEqual(next.styleNames(), []);
  assert.equal((await next.ask('models.list', {})).length, 1);
});

test('samples are encoded by the model that suits them', async () => {
  const stage = await createStage();
  const add = (name: string, preset: string, bundledName: string | null): string =>
    stage.library.store.addModel({
      ...{ name, card, bytes: 1, bundledName, hash: sha256(Buffer.from(name)) },
      spec: { ...sketch, preset },
    });
  const digits = add('Digits', 'digits', 'digits.safetensors');
  const used: string[] = [];
  stage.engine['pictures.encode'] = ({ modelPath }) => {
    used.push(modelPath);
    return { count: 0, skipped: [] };
  };
  const chosen = async (sample: 'digits' | 'emoji'): Promise<string | null> => {
    const { jobId } = await stage.ask('samples.start', { sample, modelId: null });
    await stage.settled(jobId);
    return stage.application.queue.record(jobId).modelId;
  };
  assert.equal(await chosen('emoji'), digits, 'the only one there is');
  const path = await writeAt(stage, 'own', 'Own');
  await stage.library.files.adopt(path);
  const own = add('Own', 'sketch', null);
  assert.equal(await chosen('emoji'), own);
  assert.equal(await chosen('digits'), digits);
  assert.equal(used.at(-1), join(stage.modelsFolder, 'digits.safetensors'));
});

test('samples asked for while the models that come with the program are looked at wait for them', async () => {
  const stage = await createStage();
  await writeFile(join(stage.modelsFolder, 'cats.safetensors'), 'encoder');
  let look: (() => void) | undefined;
  const looked = new Promise<void>((done) => (look = done));
  stage.engine['files.inspect'] = async () => {
    await looked;
    const hash = sha256(Buffer.from('encoder'));
    return { kind: 'model', hash, bytes: 7, card, spec: sketch, style: null, picture: null };
  };
  stage.engine['pictures.encode'] = () => ({ count: 0, skipped: [] });
  const added = stage.application.addBundledModels();
  const asked = stage.ask('samples.start', { sample: 'emoji', modelId: null });
  look?.();
  await added;
  const { jobId } = await asked;
  assert.equal((await stage.settled(jobId)).state, 'done');
});

test('a restored backup takes the place of all: jobs, settings and styles are told anew', async () => {
  const { stage } = await withStyles(1);
  const { path } = await stage.ask('library.backup', {});
  stage.library.store.addStyles([newStyle(5)]);
  stage.engine['pictures.encode'] = () => ({ count: 0, skipped: [] });
  stage.library.store.addModel({
    ...{ name: 'Cats', spec: sketch, card, hash: sha256(Buffer.from('x')), bytes: 1 },
    bundledName: 'cats.safetensors',
  });
  const { jobId } = await stage.ask('samples.start', { sample: 'emoji', modelId: null });
  await stage.settled(jobId);
  await stage.ask('settings.set', { theme: 'dark' });
  stage.events.length = 0;
  const summary = await stage.ask('library.restore', { path });
  assert.deepEqual([summary.styles, stage.styleNames()], [1, ['style 0']]);
  const told = new Map(stage.events.map(({ event, payload }) => [event, payload]));
  assert.deepEqual(told.get('jobs.removed'), { jobId });
  assert.equal((told.get('settings.changed') as { theme: string }).theme, 'system');
  assert.deepEqual(told.get('library.changed'), summary);
  assert.deepEqual((await stage.ask('app.snapshot', {})).jobs, []);
});

async function withStyles(count: number): Promise<{ stage: ApplicationStage; ids: string[] }> {
  const stage = await createStage();
  const styles = Array.from({ length: count }, (_, i) =>
    newStyle(i, { source: { name: 'x', hash: sha256(Buffer.from([i])), picture: Uint8Array.of(8) } }),
  );
  return { stage, ids: stage.library.store.addStyles(styles) };
}
