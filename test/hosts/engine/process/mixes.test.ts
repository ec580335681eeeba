import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { before, test } from 'node:test';
import sharp from 'sharp';
import type { Params } from '#contract/contract.ts';
import type { EngineContract, StyleValues } from '#contract/engine-contract.ts';
import { AppError, type ErrorCode } from '#domain/errors.ts';
import type { Mix } from '#domain/mix.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';
import {
  encodeAll,
  scratchFolder,
  startEngine,
  styleOf,
  writeTinyModel,
  writeTinyPictures,
} from './engine-stage.ts';

type Latents = NonNullable<Params<EngineContract, 'growth.open'>['latents']>;

const stage = await startEngine(await scratchFolder());
let styles: StyleValues[];
let latents: Latents;

before(async () => {
  const { folder } = stage;
  const [modelPath, pictures] = [join(folder, 'tiny.safetensors'), join(folder, 'digits.idx3-ubyte')];
  await Promise.all([writeTinyModel(modelPath), writeTinyPictures(pictures)]);
  const encoded = await encodeAll(stage, { modelPath, paths: [pictures], limit: 3 });
  styles = encoded.styles.map((style) => styleOf(style, tinySpec));
  latents = { modelPath, values: encoded.styles.map(({ latent }) => latent!) };
});

const mixes: readonly Mix[] = [
  { kind: 'turns', ratio: [2, 1, 1] },
  { kind: 'random', weights: [1, 2, 3] },
  { kind: 'weights', weights: [0.2, 0.3, 0.5] },
  { kind: 'latent', weights: [1, 2, 0], path: 'spherical', gain: 0.9 },
  { kind: 'areas', map: { height: 2, width: 3, cells: '012210', softness: 1 } },
];

async function open(changes: Partial<Params<EngineContract, 'growth.open'>> = {}): Promise<string> {
  const { growthId } = await stage.client.call('growth.open', {
    ...{ styles, latents, seed: 3, grid: { height: 12, width: 16 }, isPlaying: false },
    ...{ stepsPerSecond: 60, loopAt: null, events: [], step: 0 },
    ...changes,
  });
  return growthId;
}

function control(
  growthId: string,
  asked: Params<EngineContract, 'growth.control'>['control'],
): Promise<unknown> {
  return stage.client.call('growth.control', { growthId, control: asked });
}

async function digestOf(changes: Partial<Params<EngineContract, 'growth.open'>>): Promise<string> {
  const growthId = await open(changes);
  const { digest } = await stage.client.call('growth.take', { growthId });
  await stage.client.call('growth.close', { growthId });
  return digest;
}

const failsWith = (code: ErrorCode) => (failure: unknown) =>
  failure instanceof AppError && failure.code === code;

test('mixed in every way on the way, it grows again from its events, to the last bit', async () => {
  const growthId = await open();
  for (const [i, mix] of mixes.entries()) {
    await control(growthId, { kind: 'mix', mix, stroke: i });
    await control(growthId, { kind: 'step', by: 7 });
  }
  const taken = await stage.client.call('growth.take', { growthId });
  assert.deepEqual(
    taken.events,
    mixes.map((mix, i) => ({ kind: 'mix', step: 7 * i, mix })),
  );
  for (const step of [3, 30, 9, 35]) await control(growthId, { kind: 'seek', step });
  assert.equal((await stage.client.call('growth.take', { growthId })).digest, taken.digest);
  // Undone and made again, one drag after another.
  for (let i = 0; i < mixes.length; i++) await control(growthId, { kind: 'undo' });
  assert.equal((await stage.client.call('growth.take', { growthId })).events.length, 0);
  for (let i = 0; i < mixes.length; i++) await control(growthId, { kind: 'redo' });
  assert.equal((await stage.client.call('growth.take', { growthId })).digest, taken.digest);
  await stage.client.call('growth.close', { growthId });
  assert.equal(await digestOf({ events: taken.events, step: 35 }), taken.digest);
  assert.notEqual(await digestOf({ step: 35 }), taken.digest);
});

test('each mix grows something of its own, the same from the beginning as from an event', async () => {
  const digests = new Set<string>();
  for (const mix of mixes) {
    const digest = await digestOf({ mix, step: 20 });
    digests.add(digest);
    assert.equal(await digestOf({ events: [{ kind: 'mix', step: 0, mix }], step: 20 }), digest, mix.kind);
  }
  assert.equal(digests.size, mixes.length);
});

test('mixes of latents grow again from what they were decoded to, without the model', async () => {
  const [, , , latent] = mixes;
  const growthId = await open({ mix: latent });
  await control(growthId, { kind: 'step', by: 6 });
  await control(growthId, { kind: 'mix', mix: { kind: 'latent', weights: [0, 1, 1], path: 'linear' } });
  await control(growthId, { kind: 'step', by: 8 });
  const { digest, events, decoded } = await stage.client.call('growth.take', { growthId });
  await stage.client.call('growth.close', { growthId });
  assert.deepEqual(
    decoded.map(({ weights, path }) => [weights, path]),
    [
      [[1, 2, 0], 'spherical'],
      [[0, 1, 1], 'linear'],
    ],
  );
  const again = { mix: latent, events, step: 14, decoded };
  assert.equal(await digestOf({ ...again, latents: null }), digest);
  const gone = { ...latents, modelPath: join(stage.folder, 'gone.safetensors') };
  assert.equal(await digestOf({ ...again, latents: gone }), digest);
  await assert.rejects(
    open({ ...again, decoded: decoded.slice(1), latents: null }),
    failsWith('unsupported'),
  );
});

test('the gain is the mix’s own, of one style too', async () => {
  const one = { styles: [styles[0]], latents: null, step: 20 };
  const turns = { kind: 'turns', ratio: [1] } as const;
  const own = await digestOf(one);
  assert.equal(await digestOf({ ...one, mix: { ...turns, gain: tinySpec.automaton.gain } }), own);
  assert.notEqual(await digestOf({ ...one, mix: { ...turns, gain: 0.5 } }), own);
  const { spec } = styles[0];
  const weaker = { ...styles[0], spec: { ...spec, automaton: { ...spec.automaton, gain: 0.5 } } };
  assert.equal(
    await digestOf({ ...one, mix: { ...turns, gain: 0.5 } }),
    await digestOf({ ...one, styles: [weaker] }),
  );
});

test('what a growth cannot be mixed by is refused, and it goes on as it was', async () => {
  const other = { ...styles[1], spec: { ...tinySpec, network: null } };
  const growthId = await open({ styles: [styles[0], other], latents: null });
  const refused: [Mix, ErrorCode][] = [
    [{ kind: 'latent', weights: [1, 1], path: 'linear' }, 'unsupported'],
    [{ kind: 'random', weights: [1, 1, 1] }, 'bad-argument'],
    [{ kind: 'turns', ratio: [0, 0] }, 'bad-argument'],
  ];
  for (const [mix, code] of refused) {
    await assert.rejects(control(growthId, { kind: 'mix', mix }), failsWith(code), mix.kind);
    await assert.rejects(open({ mix, styles: [styles[0], other], latents: null }), failsWith(code), mix.kind);
  }
  await control(growthId, { kind: 'step', by: 12 });
  const { digest, events } = await stage.client.call('growth.take', { growthId });
  assert.deepEqual(events, []);
  assert.equal(digest, await digestOf({ styles: styles.slice(0, 2), latents: null, step: 12 }));
  await stage.client.call('growth.close', { growthId });
  const missing = { ...latents, modelPath: join(stage.folder, 'gone.safetensors') };
  await assert.rejects(open({ latents: missing, mix: mixes[3] }), failsWith('not-found'));
  const short = { ...latents, values: latents.values.map((latent) => latent.slice(1)) };
  await assert.rejects(open({ latents: short, mix: mixes[3] }), failsWith('mismatch'));
});

test('a mix that is one rule becomes a style, which grows what the mix does', async () => {
  for (const mix of [mixes[2], mixes[3]]) {
    const { style, latent, picture } = await stage.client.call('mix.rule', {
      name: 'Both',
      styles,
      mix,
      latents,
    });
    assert.equal(style.name, 'Both');
    assert.equal(latent === null, mix.kind === 'weights');
    assert.equal(
      await digestOf({ styles: [style], latents: null, step: 25 }),
      await digestOf({ mix, step: 25 }),
    );
    const { width, height } = await sharp(picture).metadata();
    assert.deepEqual([width, height], [8, 8]);
  }
  const turns = stage.client.call('mix.rule', { name: 'Both', styles, mix: mixes[0], latents });
  await assert.rejects(turns, failsWith('unsupported'));
  const homeless = stage.client.call('mix.rule', { name: 'Both', styles, mix: mixes[3], latents: null });
  await assert.rejects(homeless, failsWith('unsupported'));
});

test('a morph passes through its styles, frame by frame', async () => {
  const morph = { path: 'spherical', easing: 'ease', isLoop: true, frames: 6 } as const;
  const digests: string[] = [];
  const asked = { spec: tinySpec, latents, morph, seed: 3, grid: null, steps: 9 };
  const { frames } = await stage.client.call('mix.morph', asked, {
    onProgress({ frame, frames: all, height, width, rgba }) {
      assert.deepEqual([frame, all, height, width, rgba.length], [digests.length, 6, 8, 8, 256]);
      digests.push(createHash('sha256').update(rgba).digest('hex'));
    },
  });
  assert.deepEqual([frames, digests.length], [6, 6]);
  for (const [i, style] of styles.entries()) {
    const alone = { styles: [style], latents: null, grid: null, step: 9 };
    assert.equal(digests[2 * i], await digestOf(alone), `style ${i}`);
  }
  assert.equal(new Set(digests).size, 6);
});

test('a morph that nobody wants any more ends', async () => {
  const controller = new AbortController();
  const morph = { path: 'linear', easing: 'linear', isLoop: false, frames: 2000 } as const;
  let seen = 0;
  const asked = { spec: tinySpec, latents, morph, seed: 3, grid: null, steps: 500 };
  const whole = stage.client.call('mix.morph', asked, {
    signal: controller.signal,
    onProgress() {
      seen++;
      if (seen === 2) controller.abort();
    },
  });
  await assert.rejects(whole, failsWith('cancelled'));
  assert.ok(seen < 10, `${seen} frames`);
});

test('growths of mixes opened and closed leave the memory where it was', async () => {
  const round = async (count: number): Promise<number> => {
    for (let i = 0; i < count; i++) await digestOf({ mix: mixes[i % mixes.length], step: 20 });
    return (await stage.client.call('engine.ping', {})).residentBytes;
  };
  const before = await round(20);
  const after = await round(60);
  assert.ok(after - before < 40e6, `${after - before} bytes more`);
});
