import assert from 'node:assert/strict';
import test from 'node:test';
import type { Frame } from '#contract/shapes/growth.ts';
import { AppError } from '#domain/errors.ts';
import type { Mix } from '#domain/mix.ts';
import { newStyle } from '#test/storage/library/sample-library.ts';
import { createStage, hashOf, type ApplicationStage, type PlayedEngine } from '../application-stage.ts';

const grid = { height: 40, width: 40 };
const mix: Mix = { kind: 'turns', ratio: [2, 1] };
const how = { mix, seed: 7, grid: null, isPlaying: true, stepsPerSecond: 60, loopAt: null };
const erased = { kind: 'erase', step: 3, x: 20, y: 20, radius: 4 } as const;

const frame: Frame = {
  ...{ step: 1, lastStep: 1, isPlaying: true, height: 1, width: 1, rgba: new Uint8Array(4), alive: 1 },
  ...{ mix, eventsSoFar: 0, events: 0, canUndo: false, canRedo: false, stepsPerSecond: 60 },
};

/** A library of two styles, and an engine that remembers what it was asked to open. */
async function createGrowthStage(): Promise<{
  readonly stage: ApplicationStage;
  readonly ids: string[];
  readonly opened: Parameters<NonNullable<PlayedEngine['growth.open']>>[0][];
  readonly closed: string[];
}> {
  const stage = await createStage();
  const ids = stage.library.store.addStyles([newStyle(1), newStyle(2)]);
  const opened: Parameters<NonNullable<PlayedEngine['growth.open']>>[0][] = [];
  const closed: string[] = [];
  Object.assign(stage.engine, {
    'growth.open': (params) => {
      opened.push(params);
      return { growthId: `engine-${opened.length}`, grid, trainedGrid: grid, trainedSteps: 72 };
    },
    'growth.take': () => ({
      ...{ picture: Uint8Array.of(1, 2, 3), digest: hashOf(5), step: 9, grid, events: [erased], decoded: [] },
    }),
    'growth.close': ({ growthId }) => {
      closed.push(growthId);
      return {};
    },
    'growth.watch': async (_params, { signal, progress }) => {
      await progress(frame);
      await new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve());
      });
      return {};
    },
  } satisfies PlayedEngine);
  return { stage, ids, opened, closed };
}

test('what is saved is a recipe of rules: it opens and replays after its styles are gone', async () => {
  const { stage, ids, opened } = await createGrowthStage();
  const growth = await stage.ask('growth.open', { styleIds: ids, ...how });
  assert.deepEqual(
    growth.styles.map(({ id }) => id),
    ids,
  );
  const { artworkId, digest } = await stage.ask('growth.save', { growthId: growth.growthId, name: 'Hurt' });
  assert.equal(digest, hashOf(5));
  const detail = await stage.ask('gallery.detail', { kind: 'artwork', id: artworkId });
  assert.ok(detail.kind === 'artwork');
  const { recipe } = detail;
  assert.deepEqual(
    { ...recipe, styles: recipe.styles.map(({ name }) => name) },
    {
      version: 1,
      styles: ['style 1', 'style 2'],
      mix,
      seed: 7,
      grid,
      steps: 9,
      events: [erased],
      backend: 'wasm: 2 threads',
    },
  );
  assert.deepEqual(detail.parents.map(({ id }) => id).sort(), [...ids].sort());

  await stage.ask('gallery.delete', { items: ids.map((id) => ({ kind: 'style', id })) });
  const replay = await stage.ask('artworks.replay', { artworkId });
  assert.deepEqual(replay, { digest: hashOf(5), isSame: true });
  const { styles, ...asked } = opened.at(-1)!;
  assert.deepEqual(
    styles.map(({ name, w0 }) => [name, w0[0]]),
    [
      ['style 1', 1],
      ['style 2', 2],
    ],
  );
  assert.deepEqual(asked, {
    ...{
      mix,
      latents: null,
      decoded: [],
      seed: 7,
      grid,
      events: [erased],
      step: 9,
      isPlaying: false,
      stepsPerSecond: 60,
      loopAt: null,
    },
  });

  const branch = await stage.ask('growth.open', { artworkId });
  const child = await stage.ask('growth.save', { growthId: branch.growthId, name: 'Branch' });
  const childDetail = await stage.ask('gallery.detail', { kind: 'artwork', id: child.artworkId });
  assert.ok(
    childDetail.parents.some(({ id }) => id === artworkId),
    'it knows what it was branched from',
  );
});

test('a replay that differs says so', async () => {
  const { stage, ids } = await createGrowthStage();
  const { growthId } = await stage.ask('growth.open', { styleIds: ids, ...how });
  const { artworkId } = await stage.ask('growth.save', { growthId, name: 'Hurt' });
  const take = stage.engine['growth.take']!;
  stage.engine['growth.take'] = async (params, call) => ({
    ...(await take(params, call)),
    digest: hashOf(6),
  });
  const replay = await stage.ask('artworks.replay', { artworkId });
  assert.deepEqual(replay, { digest: hashOf(6), isSame: false });
});

test('frames go through as fast as the window takes them', async () => {
  const { stage, ids } = await createGrowthStage();
  let taken = 0;
  stage.engine['growth.watch'] = async (_params, { progress }) => {
    for (let i = 0; i < 3; i++) {
      await progress({ ...frame, step: i });
      assert.equal(taken, i + 1, 'the engine waits for the window');
    }
    return {};
  };
  const { growthId } = await stage.ask('growth.open', { styleIds: ids, ...how });
  await stage.ask(
    'growth.watch',
    { growthId },
    {
      progress: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        taken++;
      },
    },
  );
  assert.equal(taken, 3);
});

test('a growth that nobody watches for a minute is closed; a window that comes back in time finds it', async () => {
  const { stage, ids, closed } = await createGrowthStage();
  const { growthId } = await stage.ask('growth.open', { styleIds: ids, ...how });
  const watch = async (): Promise<void> => {
    const leaving = new AbortController();
    const watching = stage.ask('growth.watch', { growthId }, { signal: leaving.signal });
    stage.time.pass(3600_000);
    leaving.abort();
    await watching;
  };
  await watch();
  stage.time.pass(59_000);
  await watch();
  assert.deepEqual(closed, []);
  stage.time.pass(61_000);
  assert.deepEqual(closed, ['engine-1']);
  await assert.rejects(watch(), { code: 'not-found' });
  assert.equal(stage.time.waiting, 0);
});

test('row 42: the live engine dies: watchers read why, its growths are forgotten, and can be opened again', async () => {
  const { stage, ids } = await createGrowthStage();
  const death = new AppError('disconnected', 'The engine ended unexpectedly (by SIGKILL): try again.');
  const watch = stage.engine['growth.watch'];
  stage.engine['growth.watch'] = () => Promise.reject(death);
  const { growthId } = await stage.ask('growth.open', { styleIds: ids, ...how });
  await assert.rejects(stage.ask('growth.watch', { growthId }), death);
  stage.application.forgetGrowths();
  await assert.rejects(stage.ask('growth.save', { growthId, name: 'Late' }), {
    code: 'not-found',
    message: /not open any more: open its styles again/,
  });
  assert.equal(stage.time.waiting, 0);
  stage.engine['growth.watch'] = watch!;
  const again = await stage.ask('growth.open', { styleIds: ids, ...how });
  assert.notEqual(again.growthId, growthId);
});

test('closing twice, or what is gone, is no error; a style that is not there is', async () => {
  const { stage, ids, closed } = await createGrowthStage();
  const { growthId } = await stage.ask('growth.open', { styleIds: ids, ...how });
  stage.engine['growth.close'] = ({ growthId: id }) => {
    closed.push(id);
    throw new AppError('not-found', 'It is gone.');
  };
  await stage.ask('growth.close', { growthId });
  await stage.ask('growth.close', { growthId });
  assert.deepEqual(closed, ['engine-1']);
  await assert.rejects(stage.ask('growth.open', { styleIds: ['nobody'], ...how }), { code: 'not-found' });
});
