import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { StyleDetail } from '#contract/shapes/library.ts';
import { ruleHash } from '#storage/library/rules.ts';
import {
  emptyFolder,
  emptyLibrary,
  list,
  newArtwork,
  newModel,
  newStyle,
  open,
  ruleSpec,
  styleRefs,
} from './sample-library.ts';

test('a style comes back as it went in', async () => {
  const { store } = await emptyLibrary();
  const model = store.addModel(newModel(1));
  const score = { mse: 0.01, psnr: 20, ssim: 0.8 };
  const source = { name: 'cat.png', hash: 'e'.repeat(64), picture: Uint8Array.of(5, 6) };
  const given = newStyle(3, { modelId: model, source, score, isRefined: true, tags: ['cat'] });
  const [id] = store.addStyles([given]);

  const { name, hash, ...rule } = store.rule(id);
  assert.deepEqual(rule, given.rule);
  assert.deepEqual([name, hash], ['style 3', ruleHash(given.rule)]);
  assert.deepEqual(store.ruleByHash(hash), given.rule);
  const kept = store.styleSource(id);
  assert.deepEqual([...kept.sourcePicture!], [5, 6]);
  assert.deepEqual(
    { ...kept, sourcePicture: null },
    {
      latent: given.latent,
      modelId: model,
      model: { name: 'model 1', hash: newModel(1).hash },
      image: { name: 'cat.png', hash: source.hash },
      sourcePicture: null,
    },
  );
  const detail = store.detail({ kind: 'style', id }) as StyleDetail;
  assert.deepEqual([...store.picture(detail.sourcePicture!)!], [5, 6]);
  const { picture: _, sourcePicture: __, createdMs: ___, ...rest } = detail;
  assert.deepEqual(rest, {
    kind: 'style',
    id,
    name: 'style 3',
    grid: { height: 40, width: 40 },
    isFavourite: false,
    tags: ['cat'],
    modelId: model,
    modelName: 'model 1',
    sourceName: 'cat.png',
    score,
    steps: ruleSpec.steps,
    channels: ruleSpec.automaton.channels,
    hidden: ruleSpec.automaton.hidden,
    ruleHash: hash,
    ruleBytes: 4 * 6,
    hasLatent: true,
    isRefined: true,
    parents: [],
    children: [],
    similar: [],
  });
});

test('the same rule of the same source is one style, until it is deleted', async () => {
  const { store } = await emptyLibrary();
  const source = { name: 'a.png', hash: 'a'.repeat(64), picture: null };
  const other = { ...source, hash: 'b'.repeat(64) };
  const [first, again, elsewhere, bare, bareAgain] = store.addStyles([
    newStyle(1, { source }),
    newStyle(1, { source, name: 'another name' }),
    newStyle(1, { source: other }),
    newStyle(1),
    newStyle(1),
  ]);
  assert.equal(first, again);
  assert.equal(bare, bareAgain);
  assert.equal(new Set([first, elsewhere, bare]).size, 3);
  assert.deepEqual(store.addStyles([newStyle(1, { source })]), [first]);
  store.delete(styleRefs([first]));
  const [anew] = store.addStyles([newStyle(1, { source })]);
  assert.notEqual(anew, first);
});

test('styles are added all or none', async () => {
  const { store } = await emptyLibrary();
  // No model has this id: what a bug would ask for.
  assert.throws(() => store.addStyles([newStyle(1), newStyle(2, { modelId: 'nobody' })]), /FOREIGN KEY/);
  assert.deepEqual([store.summary().styles, list(store).total], [0, 0]);
});

test('the hash of a rule is of what it grows: values and spec, not the order of the spec’s keys', () => {
  const { rule } = newStyle(1);
  const { version, ...others } = rule.spec;
  assert.equal(ruleHash({ ...rule, spec: { ...others, version } }), ruleHash(rule));
  assert.notEqual(ruleHash({ ...rule, spec: { ...rule.spec, steps: 5 } }), ruleHash(rule));
  assert.notEqual(ruleHash({ ...rule, b0: Float32Array.of(0.5) }), ruleHash(rule));
  const split = { ...rule, w0: Float32Array.of(1, 2), b0: Float32Array.of(3) };
  const otherwise = { ...rule, w0: Float32Array.of(1), b0: Float32Array.of(2, 3) };
  assert.notEqual(ruleHash(split), ruleHash(otherwise));
});

test('lineage goes both ways and passes over what is deleted', async () => {
  const { store } = await emptyLibrary();
  const [parent] = store.addStyles([newStyle(1)]);
  const [child] = store.addStyles([newStyle(2, { parents: styleRefs([parent]) })]);
  const art = store.addArtwork(newArtwork(store, child));
  const branch = store.addArtwork(newArtwork(store, child, { parents: [{ kind: 'artwork', id: art }] }));
  const kin = (kind: 'style' | 'artwork', id: string): string[][] => {
    const { parents, children } = store.detail({ kind, id });
    return [parents.map((one) => one.id), children.map((one) => one.id)];
  };
  assert.deepEqual(kin('style', parent), [[], [child]]);
  assert.deepEqual(kin('style', child), [[parent], [art, branch]]);
  assert.deepEqual(kin('artwork', branch), [[child, art], []]);
  store.delete([{ kind: 'artwork', id: art }]);
  assert.deepEqual(kin('artwork', branch), [[child], []]);
  store.undo();
  assert.deepEqual(kin('artwork', branch), [[child, art], []]);
});

test('an artwork keeps its recipe, its picture however large, and the rules it needs', async () => {
  const folder = await emptyFolder();
  const { store } = await open(folder);
  const [id] = store.addStyles([newStyle(1)]);
  const large = Uint8Array.from({ length: 300_000 }, (_, i) => i % 251);
  const given = newArtwork(store, id, { picture: large });
  const art = store.addArtwork(given);
  const detail = store.detail({ kind: 'artwork', id: art });
  assert.equal(detail.kind, 'artwork');
  assert.deepEqual(detail.recipe, given.recipe);
  assert.equal(detail.digest, given.digest);
  assert.deepEqual(detail.grid, given.recipe.grid);
  assert.ok(Buffer.from(large).equals(store.picture(detail.picture)!));

  const [needed] = given.recipe.styles;
  store.delete(styleRefs([id]));
  assert.deepEqual(store.ruleByHash(needed.ruleHash), newStyle(1).rule);
  const styles = [{ ...needed, name: 'gone', ruleHash: 'f'.repeat(64) }];
  const without = { ...given, recipe: { ...given.recipe, styles } };
  assert.throws(() => store.addArtwork(without), { code: 'not-found', message: /The style gone/ });
  assert.equal(store.summary().artworks, 1);
});

test('what is not there is not found, and named', async () => {
  const { store } = await emptyLibrary();
  const missing = { name: 'AppError', code: 'not-found' };
  assert.throws(() => store.rule('x'), missing);
  assert.throws(() => store.styleSource('x'), missing);
  assert.throws(() => store.ruleByHash('0'.repeat(64)), missing);
  assert.throws(() => store.detail({ kind: 'artwork', id: 'x' }), missing);
  assert.deepEqual(store.similar('x', 5), []);
});

test('similar styles are those of the same model with the nearest latents', async () => {
  const { store } = await emptyLibrary();
  const models = [1, 2].map((number) => store.addModel(newModel(number)));
  let added = 0;
  const latents = new Map<string, { model: string; latent: Float32Array; isDeleted: boolean }>();
  const value = fc.integer({ min: -1000, max: 1000 }).map((integer) => integer / 16);
  const style = fc.tuple(fc.constantFrom(...models), fc.array(value, { minLength: 70, maxLength: 70 }));
  fc.assert(
    fc.property(fc.array(style, { minLength: 1, maxLength: 12 }), fc.nat(), (styles, which) => {
      const ids = store.addStyles(
        styles.map(([modelId, latent]) => newStyle(added++, { modelId, latent: Float32Array.from(latent) })),
      );
      ids.forEach((id, i) => {
        const [model, latent] = styles[i];
        latents.set(id, { model, latent: Float32Array.from(latent), isDeleted: false });
      });
      const gone = ids[which % ids.length];
      if (which % 3 === 0) {
        store.delete(styleRefs([gone]));
        latents.get(gone)!.isDeleted = true;
      }
      const wanted = latents.get(ids[0])!;
      const expected = [...latents]
        .filter(([id, { model, isDeleted }]) => id !== ids[0] && model === wanted.model && !isDeleted)
        .map(([id, { latent }]) => ({
          id,
          distance: latent.reduce((sum, one, i) => sum + (one - wanted.latent[i]) ** 2, 0),
        }))
        .sort((a, b) => a.distance - b.distance)
        .slice(0, 5);
      const found = store.similar(ids[0], 5).map(({ id }) => latents.get(id)!);
      const distances = found.map(({ latent }) =>
        latent.reduce((sum, one, i) => sum + (one - wanted.latent[i]) ** 2, 0),
      );
      assert.deepEqual(
        distances,
        expected.map(({ distance }) => distance),
      );
      assert.ok(found.every(({ model, isDeleted }) => model === wanted.model && !isDeleted));
    }),
    { numRuns: 40 },
  );
});
