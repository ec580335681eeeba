import assert from 'node:assert/strict';
import test from 'node:test';
import type { EngineContract } from '#contract/engine-contract.ts';
import type { Params } from '#contract/contract.ts';
import { AppError } from '#domain/errors.ts';
import type { Mix } from '#domain/mix.ts';
import { ruleHash } from '#storage/library/rules.ts';
import { newModel, newStyle, ruleSpec } from '#test/storage/library/sample-library.ts';
import { createStage, hashOf, type ApplicationStage, type PlayedEngine } from '../application-stage.ts';

type MixedRule = Params<EngineContract, 'mix.rule'>;

const latentMix: Mix = { kind: 'latent', weights: [1, 3], path: 'spherical' };
const grid = { height: 40, width: 40 };

interface Stage {
  readonly stage: ApplicationStage;
  readonly modelId: string;
  /** Two styles of one model. */
  readonly ids: string[];
  readonly rules: MixedRule[];
}

async function createMixStage(): Promise<Stage> {
  const stage = await createStage();
  const { store } = stage.library;
  const modelId = store.addModel(newModel(1, { bundledName: 'icons.safetensors' }));
  const ids = store.addStyles([newStyle(1, { modelId }), newStyle(2, { modelId })]);
  const rules: MixedRule[] = [];
  Object.assign(stage.engine, {
    'mix.rule': (asked) => {
      rules.push(asked);
      const { name, styles, mix } = asked;
      const style = { ...styles[0], name, w0: Float32Array.of(7, 7, 7) };
      const latent = mix.kind === 'latent' ? Float32Array.of(5, 5) : null;
      return { style, latent, picture: Uint8Array.of(9) };
    },
  } satisfies PlayedEngine);
  return { stage, modelId, ids, rules };
}

const failsWith = (code: string, sentence: RegExp) => (failure: unknown) =>
  failure instanceof AppError && failure.code === code && sentence.test(failure.message);

test('styles of one model allow every mix; others are told what they do not', async () => {
  const { stage, modelId, ids } = await createMixStage();
  const check = (...styleIds: string[]) => stage.ask('mix.check', { styleIds });
  assert.deepEqual(await check(...ids), { turns: null, weights: null, latent: null });

  const { store } = stage.library;
  const { automaton } = ruleSpec;
  const specOf = (change: Partial<typeof automaton>) => ({
    ...ruleSpec,
    automaton: { ...automaton, ...change },
  });
  const rule = newStyle(3).rule;
  const otherModel = store.addModel(newModel(2, { bundledName: 'digits.safetensors' }));
  const [wider, deeper, bare, stranger] = store.addStyles([
    newStyle(3, { modelId, rule: { ...rule, spec: specOf({ hidden: automaton.hidden + 8 }) } }),
    newStyle(4, { modelId, rule: { ...rule, spec: specOf({ channels: automaton.channels + 4 }) } }),
    newStyle(5, { modelId, latent: null }),
    newStyle(6, { modelId: otherModel }),
  ]);
  const ofWider = await check(ids[0], wider);
  assert.deepEqual([ofWider.turns, ofWider.latent], [null, null]);
  assert.match(ofWider.weights ?? '', /cannot be averaged: their hidden values differ/);
  const ofDeeper = await check(ids[0], deeper);
  assert.match(ofDeeper.turns ?? '', /cannot be mixed: their channels differ/);
  assert.deepEqual([ofDeeper.weights, ofDeeper.latent], [ofDeeper.turns, ofDeeper.turns]);
  assert.match((await check(ids[0], bare)).latent ?? '', /“style 5” has no latent/);
  assert.match((await check(ids[0], stranger)).latent ?? '', /different models/);
});

test('a mix becomes a style, child of those it is of', async () => {
  const { stage, modelId, ids, rules } = await createMixStage();
  const { styleId } = await stage.ask('mix.saveStyle', { styleIds: ids, mix: latentMix, name: 'Both' });
  const detail = await stage.ask('gallery.detail', { kind: 'style', id: styleId });
  assert.ok(detail.kind === 'style');
  assert.deepEqual([detail.name, detail.modelId, detail.hasLatent], ['Both', modelId, true]);
  assert.deepEqual(detail.parents.map(({ id }) => id).sort(), [...ids].sort());
  assert.deepEqual(
    rules[0].latents?.values.map(([first]) => first),
    [1, 2],
  );
  assert.match(rules[0].latents?.modelPath ?? '', /icons\.safetensors$/);
  assert.ok(stage.events.some(({ event }) => event === 'library.changed'));

  const mean: Mix = { kind: 'weights', weights: [1, 1] };
  const saved = await stage.ask('mix.saveStyle', { styleIds: ids, mix: mean, name: 'Mean' });
  assert.equal(saved.styleId, styleId, 'the same rule again is no second style');
});

test('what is no one rule is no style', async () => {
  const { stage, ids, rules } = await createMixStage();
  const save = (styleIds: string[], mix: Mix) => stage.ask('mix.saveStyle', { styleIds, mix, name: 'Both' });
  await assert.rejects(
    save(ids, { kind: 'turns', ratio: [1, 1] }),
    failsWith('unsupported', /save this one as an artwork/),
  );
  const [bare] = stage.library.store.addStyles([newStyle(5, { latent: null })]);
  await assert.rejects(save([ids[0], bare], latentMix), failsWith('unsupported', /has no latent/));
  await assert.rejects(save([ids[0], 'nobody'], latentMix), failsWith('not-found', /not in the library/));
  assert.deepEqual(rules, []);
});

test('a growth takes the latents along where there are some, also that of an artwork', async () => {
  const { stage, ids } = await createMixStage();
  const opened: Params<EngineContract, 'growth.open'>[] = [];
  Object.assign(stage.engine, {
    'growth.open': (asked) => {
      opened.push(asked);
      return { growthId: `engine-${opened.length}`, grid, trainedGrid: grid, trainedSteps: 72 };
    },
    'growth.take': () => ({
      picture: Uint8Array.of(1),
      digest: hashOf(5),
      step: 9,
      grid,
      events: [],
      decoded: [],
    }),
    'growth.close': () => ({}),
  } satisfies PlayedEngine);
  const how = { seed: 7, grid: null, isPlaying: true, stepsPerSecond: 60, loopAt: null };
  const { growthId, mix } = await stage.ask('growth.open', { styleIds: ids, mix: latentMix, ...how });
  assert.deepEqual(mix, latentMix);
  const { artworkId } = await stage.ask('growth.save', { growthId, name: 'Between' });
  assert.ok((await stage.ask('artworks.replay', { artworkId })).isSame);
  for (const { latents, mix } of opened) {
    assert.deepEqual(
      latents?.values.map(([first]) => first),
      [1, 2],
    );
    assert.deepEqual(mix, latentMix);
  }
  const plain = await stage.ask('growth.open', { styleIds: ids, mix: { kind: 'turns', ratio: [] }, ...how });
  assert.deepEqual(plain.mix, { kind: 'turns', ratio: [1, 1] });
});

test('what a mix of latents was decoded to is kept with the artwork, and handed on without the model', async () => {
  const { stage, ids, modelId } = await createMixStage();
  const { store } = stage.library;
  const { spec, w0, b0, w1 } = store.rule(ids[0]);
  const copy = (values: Float32Array): Float32Array<ArrayBuffer> => Float32Array.from(values);
  const rule = { spec, w0: copy(w0).fill(8), b0: copy(b0), w1: copy(w1) };
  const opened: Params<EngineContract, 'growth.open'>[] = [];
  Object.assign(stage.engine, {
    'growth.open': (asked) => {
      opened.push(asked);
      return { growthId: 'engine', grid, trainedGrid: grid, trainedSteps: 72 };
    },
    'growth.take': () => ({
      ...{ picture: Uint8Array.of(1), digest: hashOf(5), step: 9, grid, events: [] },
      decoded: [{ ...rule, weights: [1, 3], path: 'spherical', hash: ruleHash(rule) }],
    }),
    'growth.close': () => ({}),
  } satisfies PlayedEngine);
  const how = { seed: 7, grid: null, isPlaying: true, stepsPerSecond: 60, loopAt: null };
  const { growthId } = await stage.ask('growth.open', { styleIds: ids, mix: latentMix, ...how });
  const { artworkId } = await stage.ask('growth.save', { growthId, name: 'Between' });
  // All that made it goes; nothing can undo it any more.
  const items = ids.map((id) => ({ kind: 'style' as const, id }));
  await stage.ask('gallery.delete', { items });
  await stage.ask('models.delete', { id: modelId });
  await stage.ask('artworks.replay', { artworkId });
  const [, replayed] = opened;
  assert.deepEqual(replayed.latents, null);
  assert.deepEqual(
    replayed.decoded.map(({ weights, path, ...values }) => [weights, path, values.w0]),
    [[[1, 3], 'spherical', rule.w0]],
  );
  const detail = await stage.ask('gallery.detail', { kind: 'artwork', id: artworkId });
  assert.ok(detail.kind === 'artwork');
  assert.equal(detail.recipe.decoded?.model, 'model 1');
});

test('a morph is the engine’s frames, handed on; without latents there is none', async () => {
  const { stage, ids } = await createMixStage();
  const frame = { frame: 0, frames: 2, height: 1, width: 1, rgba: new Uint8Array(4) };
  Object.assign(stage.engine, {
    'mix.morph': async (_asked, { progress }) => {
      await progress(frame);
      return { frames: 2 };
    },
  } satisfies PlayedEngine);
  const seen: unknown[] = [];
  const morph = { path: 'spherical', easing: 'ease', isLoop: true, frames: 2 } as const;
  const asked = { morph, seed: 1, grid: null, steps: null };
  const progress = async (value: unknown): Promise<void> => void seen.push(value);
  assert.deepEqual(await stage.ask('mix.morph', { styleIds: ids, ...asked }, { progress }), { frames: 2 });
  assert.deepEqual(seen, [frame]);
  const [bare] = stage.library.store.addStyles([newStyle(5, { latent: null })]);
  await assert.rejects(
    async () => stage.ask('mix.morph', { styleIds: [ids[0], bare], ...asked }),
    failsWith('unsupported', /has no latent/),
  );
});
