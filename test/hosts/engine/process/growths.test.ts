import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { before, test } from 'node:test';
import sharp from 'sharp';
import type { Params } from '#contract/contract.ts';
import type { EngineContract, StyleValues } from '#contract/engine-contract.ts';
import type { Frame, GrowthEvent } from '#contract/shapes/growth.ts';
import { AppError } from '#domain/errors.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';
import {
  encodeAll,
  scratchFolder,
  startEngine,
  styleOf,
  writeTinyModel,
  writeTinyPictures,
} from './engine-stage.ts';

const stage = await startEngine(await scratchFolder());
let styles: StyleValues[];

before(async () => {
  const { folder } = stage;
  const [modelPath, pictures] = [join(folder, 'tiny.safetensors'), join(folder, 'digits.idx3-ubyte')];
  await Promise.all([writeTinyModel(modelPath), writeTinyPictures(pictures)]);
  const encoded = await encodeAll(stage, { modelPath, paths: [pictures], limit: 2 });
  styles = encoded.styles.map((style) => styleOf(style, tinySpec));
});

async function open(changes: Partial<Params<EngineContract, 'growth.open'>> = {}): Promise<string> {
  const { growthId } = await stage.client.call('growth.open', {
    ...{ styles: [styles[0]], seed: 3, grid: { height: 12, width: 16 }, isPlaying: false },
    ...{ stepsPerSecond: 60, loopAt: null, events: [], step: 0 },
    ...changes,
  });
  return growthId;
}

test('a growth tells its grid, and the one and the steps that its styles were trained for', async () => {
  const { client } = stage;
  const asked = { styles, seed: 1, isPlaying: false, stepsPerSecond: 60, loopAt: null, events: [], step: 0 };
  const small = await client.call('growth.open', { ...asked, grid: null });
  assert.deepEqual([small.grid, small.trainedGrid, small.trainedSteps], [tinySpec.grid, tinySpec.grid, 8]);
  const grid = { height: 20, width: 31 };
  const large = await client.call('growth.open', { ...asked, grid });
  assert.deepEqual([large.grid, large.trainedGrid], [grid, tinySpec.grid]);
  for (const { growthId } of [small, large]) await client.call('growth.close', { growthId });
});

test('what was painted, played and taken grows again from its recipe, to the last bit', async () => {
  const { client } = stage;
  const growthId = await open();
  const control = (control: Params<EngineContract, 'growth.control'>['control']): Promise<unknown> =>
    client.call('growth.control', { growthId, control });
  await control({ kind: 'step', by: 21 });
  await client.call('growth.paint', {
    growthId,
    stroke: { stroke: 1, marks: [{ kind: 'erase', x: 8.2, y: 6.9, radius: 2.5 }] },
  });
  await control({ kind: 'step', by: 9 });
  await client.call('growth.paint', {
    growthId,
    stroke: { stroke: 2, marks: [{ kind: 'seed', x: 2, y: 3 }] },
  });
  await control({ kind: 'step', by: 40 });
  const taken = await client.call('growth.take', { growthId });
  assert.equal(taken.step, 70);
  assert.deepEqual(
    taken.events.map(({ kind, step }): [string, number] => [kind, step]),
    [
      ['erase', 21],
      ['seed', 30],
    ],
  );
  const { data, info } = await sharp(taken.picture).raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height, info.channels], [16, 12, 4]);
  assert.equal(createHash('sha256').update(data).digest('hex'), taken.digest);

  // Back and forth, and away and back.
  for (const step of [5, 69, 22, 70]) await control({ kind: 'seek', step });
  assert.deepEqual(await client.call('growth.take', { growthId }), taken);
  await client.call('growth.close', { growthId });

  const again = await open({ events: taken.events, step: taken.step });
  assert.deepEqual(await client.call('growth.take', { growthId: again }), taken);
  await client.call('growth.control', { growthId: again, control: { kind: 'seek', step: 25 } });
  const before = await client.call('growth.take', { growthId: again });
  assert.deepEqual([before.step, before.events.length], [25, 1]);
  await client.call('growth.close', { growthId: again });

  const untouched = await open({ step: taken.step });
  assert.notEqual((await client.call('growth.take', { growthId: untouched })).digest, taken.digest);
  await client.call('growth.close', { growthId: untouched });
});

test('frames are those of the steps: each state of the film is the one that seeking finds', async () => {
  const { client } = stage;
  const growthId = await open({ isPlaying: true, stepsPerSecond: 1000 });
  const frames: Frame[] = [];
  const controller = new AbortController();
  await client.call(
    'growth.watch',
    { growthId },
    {
      signal: controller.signal,
      onProgress(frame) {
        frames.push(frame);
        if (frames.length === 6) controller.abort();
      },
    },
  );
  await client.call('growth.control', { growthId, control: { kind: 'pause' } });
  const steps = frames.map(({ step }) => step);
  assert.deepEqual(
    steps,
    steps.toSorted((a, b) => a - b),
  );
  assert.ok(steps[5] > steps[0]);
  for (const { step, rgba, height, width } of frames) {
    assert.equal(rgba?.length, height * width * 4);
    await client.call('growth.control', { growthId, control: { kind: 'seek', step } });
    const { digest } = await client.call('growth.take', { growthId });
    assert.equal(createHash('sha256').update(rgba).digest('hex'), digest);
  }
  await client.call('growth.close', { growthId });
});

test('a window that takes its time gets the newest frame, and no queue grows', async () => {
  const { client } = stage;
  const growthId = await open({ isPlaying: true, stepsPerSecond: 1000 });
  const steps: number[] = [];
  const controller = new AbortController();
  let goOn: (() => void) | undefined;
  const watched = client.call(
    'growth.watch',
    { growthId },
    {
      signal: controller.signal,
      onProgress({ step }) {
        steps.push(step);
        if (steps.length === 4) controller.abort();
        // The first one is held until the growth is far ahead.
        if (steps.length === 1) return new Promise<void>((resolve) => (goOn = resolve));
        return undefined;
      },
    },
  );
  let reached = 0;
  while (reached < 300) reached = (await client.call('growth.take', { growthId })).step;
  goOn?.();
  await watched;
  // Two were on their way when it stopped taking them; the next is where the growth is.
  assert.ok(steps[2] >= 300, steps.join());
  await client.call('growth.close', { growthId });
});

test('watching ends with its growth; a growth that was closed is told so', async () => {
  const { client } = stage;
  const growthId = await open();
  const first = Promise.withResolvers<Frame>();
  const watched = client.call('growth.watch', { growthId }, { onProgress: (frame) => first.resolve(frame) });
  assert.equal((await first.promise).step, 0);
  await client.call('growth.close', { growthId });
  assert.deepEqual(await watched, {});
  const isGone = (failure: unknown): boolean => failure instanceof AppError && failure.code === 'not-found';
  await assert.rejects(client.call('growth.take', { growthId }), isGone);
  await assert.rejects(client.call('growth.watch', { growthId }), isGone);
});

test('styles whose states differ cannot grow together', async () => {
  const { spec } = styles[0];
  const automaton = { ...spec.automaton, aliveChannel: 2 };
  const other = { ...styles[0], name: 'other', spec: { ...spec, automaton } };
  await assert.rejects(
    open({ styles: [styles[0], other] }),
    (failure) => failure instanceof AppError && failure.code === 'mismatch',
  );
});

test('a hundred growths opened and closed leave the memory where it was', async () => {
  const { client } = stage;
  const events: GrowthEvent[] = [{ kind: 'seed', step: 0, x: 1, y: 1 }];
  const grid = { height: 64, width: 64 };
  const round = async (count: number): Promise<number> => {
    for (let i = 0; i < count; i++) {
      const growthId = await open({ events, step: 40, grid });
      await client.call('growth.take', { growthId });
      await client.call('growth.close', { growthId });
    }
    return (await client.call('engine.ping', {})).residentBytes;
  };
  const before = await round(30);
  const after = await round(70);
  assert.ok(after - before < 40e6, `${after - before} bytes more`);
});
