import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StyleDetail } from '#contract/shapes/library.ts';
import { presets } from '#domain/model-presets.ts';
import { emptyLibrary, list, newModel, newStyle, steadyClock } from './sample-library.ts';

test('a model is listed with its card, bundled ones first', async () => {
  const { store } = await emptyLibrary({ now: steadyClock(0) });
  const own = store.addModel(newModel(1));
  const bundled = store.addModel(newModel(2, { bundledName: 'digits', spec: presets.digits }));
  const rule = store.addModel(
    newModel(3, { spec: { ...presets.single, network: null }, card: { ...newModel(3).card, scores: {} } }),
  );
  store.addStyles([newStyle(1, { modelId: own }), newStyle(2, { modelId: own })]);
  const models = store.models();
  assert.deepEqual(
    models.map(({ id }) => id),
    [bundled, rule, own],
  );
  assert.deepEqual(models[2], {
    id: own,
    name: 'model 1',
    preset: 'sketch',
    isBundled: false,
    canEncode: true,
    grid: presets.sketch.grid,
    steps: presets.sketch.steps,
    latent: 64,
    iterations: 100,
    seconds: 12.5,
    data: 'icons',
    notes: '',
    score: { mse: 0.01, psnr: 20, ssim: 0.9 },
    bytes: 1001,
    styles: 2,
    createdMs: 1000,
  });
  assert.deepEqual([models[1].canEncode, models[1].latent, models[1].score], [false, null, null]);
  assert.deepEqual(store.model(bundled), {
    id: bundled,
    name: 'model 2',
    spec: presets.digits,
    hash: newModel(2).hash,
    bundledName: 'digits',
  });
});

test('the same file is one model', async () => {
  const { store } = await emptyLibrary();
  const id = store.addModel(newModel(1));
  assert.equal(store.addModel(newModel(1, { name: 'another name' })), id);
  assert.equal(store.models()[0].name, 'model 1');
  assert.ok(store.hasModel(newModel(1).hash));
  assert.ok(!store.hasModel(newModel(2).hash));
});

test('a deleted model leaves its styles, which still know its name', async () => {
  const { store } = await emptyLibrary();
  const modelId = store.addModel(newModel(1));
  const [id] = store.addStyles([newStyle(1, { modelId })]);
  store.deleteModel(modelId);
  assert.deepEqual(store.models(), []);
  assert.equal(list(store).total, 1);
  const detail = store.detail({ kind: 'style', id }) as StyleDetail;
  assert.deepEqual([detail.modelId, detail.modelName], [null, 'model 1']);
  assert.deepEqual(store.styleSource(id).modelId, null);
  assert.equal(store.styleSource(id).model?.name, 'model 1');
  for (const act of [
    () => store.model(modelId),
    () => store.renameModel(modelId, 'x'),
    () => store.deleteModel(modelId),
  ])
    assert.throws(act, { code: 'not-found' });
  store.undo();
  assert.equal(store.model(modelId).name, 'model 1');
});

test('a hidden bundled model stays hidden at the next start, and comes back when a user brings its file', async () => {
  const { store } = await emptyLibrary();
  const bundled = newModel(1, { bundledName: 'digits' });
  const id = store.addModel(bundled);
  store.deleteModel(id);
  assert.ok(store.hasModel(bundled.hash));
  assert.equal(store.addModel(bundled), id);
  assert.deepEqual(store.models(), []);
  assert.equal(store.addModel(newModel(1)), id);
  assert.deepEqual(
    store.models().map(({ isBundled }) => isBundled),
    [true],
  );
});

test('a bundled model that a later version replaces makes room for it', async () => {
  const { store } = await emptyLibrary();
  const before = store.addModel(newModel(1, { bundledName: 'digits' }));
  const [id] = store.addStyles([newStyle(1, { modelId: before })]);
  const after = store.addModel(newModel(2, { bundledName: 'digits' }));
  assert.deepEqual(
    store.models().map((model) => model.id),
    [after],
  );
  assert.equal(store.styleSource(id).model?.hash, newModel(1).hash);
});
