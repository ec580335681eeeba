/** The real engine process beside a page that lends it a graphics processor, and takes it away again. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { ParamsIn } from '#contract/contract.ts';
import { engineContract, type EngineContract, type StyleValues } from '#contract/engine-contract.ts';
import { createClient, type Client } from '#contract/rpc.ts';
import type { EngineInfo } from '#contract/shapes/engine-state.ts';
import type { Frame } from '#contract/shapes/growth.ts';
import type { ByteLine } from '#hosts/engine/graphics/graphics-lines.ts';
import { spawnChildEngine } from '#hosts/engine/supervision/engine-child.ts';
import { setStage } from '#test/app/growth-stage.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';
import { createPlayedPage, lineTo } from '../graphics/played-page.ts';
import { encodeAll, scratchFolder, styleOf, writeTinyModel, writeTinyPictures } from './engine-stage.ts';

const folder = await scratchFolder();
const modelPath = join(folder, 'tiny.safetensors');
let styles: StyleValues[];

// Trials of the played processor are remembered by nobody else.
process.env['XDG_CACHE_HOME'] = join(folder, 'cache');
process.env['LOCALAPPDATA'] = join(folder, 'cache');

interface EngineStage {
  readonly client: Client<EngineContract>;
  readonly changes: EngineInfo[];
  readonly notices: string[];
  readonly lend: (line: ByteLine) => void;
  /** The first of them that was not taken before. */
  changed(): Promise<EngineInfo>;
}

function begin(): EngineStage {
  const child = spawnChildEngine();
  const client = createClient(engineContract, child.port, { peer: 'the engine' });
  const ended = new Promise((resolve) => child.onExit(resolve));
  after(async () => {
    client.close();
    await ended;
  });
  const on: EngineStage = {
    ...{ client, changes: [], notices: [], lend: child.lend! },
    async changed() {
      while (on.changes.length === 0) await new Promise<void>((resolve) => (told = resolve));
      return on.changes.shift()!;
    },
  };
  let told = (): void => undefined;
  client.on('engine.changed', (info) => {
    on.changes.push(info);
    told();
  });
  client.on('engine.notice', ({ message }) => on.notices.push(message));
  return on;
}

before(async () => {
  const pictures = join(folder, 'digits.idx3-ubyte');
  await Promise.all([writeTinyModel(modelPath), writeTinyPictures(pictures), setStage()]);
  const on = begin();
  await on.client.call('engine.open', { backend: 'wasm', threads: 1 });
  const encoded = await encodeAll({ client: on.client, folder } as Parameters<typeof encodeAll>[0], {
    modelPath,
    paths: [pictures],
    limit: 2,
  });
  styles = encoded.styles.map((style) => styleOf(style, tinySpec));
});

const how = { seed: 3, isPlaying: false, stepsPerSecond: 1000, loopAt: null, events: [], step: 0 };

async function openGrowth(
  { client }: EngineStage,
  changes: Partial<ParamsIn<EngineContract, 'growth.open'>> = {},
): Promise<string> {
  const grid = { height: 12, width: 16 };
  const { growthId } = await client.call('growth.open', { styles, grid, ...how, ...changes });
  return growthId;
}

test('a page grows what is watched, on its canvas; without it, it goes on here, and the user is told once', async () => {
  const on = begin();
  const page = createPlayedPage();
  page.canvases.add('canvas-1');
  const { line, drop } = lineTo(page);
  on.lend(line);
  const own = await on.client.call('engine.open', { backend: 'webgpu', threads: null });
  const lent = await on.changed();
  assert.equal(lent.backend, 'webgpu');
  assert.match(lent.description, /^webgpu in the window: Played, for growing and training; w/);

  const growthId = await openGrowth(on, { isPlaying: true });
  const frames: Frame[] = [];
  const stop = new AbortController();
  let dropped = Infinity;
  await on.client.call(
    'growth.watch',
    { growthId, canvas: 'canvas-1' },
    {
      signal: stop.signal,
      onProgress(frame) {
        frames.push(frame);
        if (frames.length === 5) {
          dropped = frame.step;
          drop();
        }
        const isHere = frame.rgba !== null;
        if (isHere && frame.step > dropped + 20) stop.abort();
      },
    },
  );
  const steps = frames.map(({ step }) => step);
  assert.deepEqual(
    steps,
    steps.toSorted((a, b) => a - b),
  );
  assert.deepEqual(
    frames.slice(0, 5).map(({ rgba }) => rgba),
    [null, null, null, null, null],
  );
  assert.ok(frames.every(({ isPlaying, alive }) => isPlaying && alive > 0));
  assert.equal(on.notices.length, 1);
  assert.match(on.notices[0], /went away: .* goes on with the backend w\w+\.$/);
  assert.deepEqual(await on.changed(), own);

  // The next page is used again.
  const { line: again } = lineTo(page);
  on.lend(again);
  assert.match((await on.changed()).description, /^webgpu in the window/);
  const second = await openGrowth(on);
  assert.equal(page.growths, 1);
  for (const id of [growthId, second]) await on.client.call('growth.close', { growthId: id });
});

test('painted, mixed by latent, undone and gone back in a page: taken, it is at the same step with the same events', async () => {
  const on = begin();
  const page = createPlayedPage();
  const { line, drop } = lineTo(page);
  on.lend(line);
  await on.client.call('engine.open', { backend: 'auto', threads: null });
  await on.changed();
  const latents = { modelPath, values: [new Float32Array(6).fill(0.3), new Float32Array(6).fill(-0.4)] };
  const growthId = await openGrowth(on, { latents });
  const control = (control: ParamsIn<EngineContract, 'growth.control'>['control']): Promise<unknown> =>
    on.client.call('growth.control', { growthId, control });
  await control({ kind: 'step', by: 20 });
  const marks = [{ kind: 'erase' as const, x: 8, y: 6, radius: 3 }];
  await on.client.call('growth.paint', { growthId, stroke: { stroke: 1, marks } });
  await control({ kind: 'mix', mix: { kind: 'latent', weights: [1, 2], path: 'linear' } });
  await control({ kind: 'step', by: 30 });
  const there = await on.client.call('growth.take', { growthId });
  assert.ok(page.asked.includes('growth.remix'));
  drop();
  // Its state is in the page no more, and taking it grows it again.
  const here = await on.client.call('growth.take', { growthId });
  assert.deepEqual([here.step, here.events, here.grid], [50, there.events, there.grid]);
  assert.deepEqual(here.decoded, there.decoded);
  await control({ kind: 'undo' });
  await control({ kind: 'seek', step: 5 });
  const back = await on.client.call('growth.take', { growthId });
  assert.deepEqual([back.step, back.events], [5, []]);
  await on.client.call('growth.close', { growthId });
});

test('where the number of threads was asked for, or another backend, no page is asked', async () => {
  for (const choice of [
    { backend: 'auto', threads: 1 },
    { backend: 'wasm', threads: null },
  ] as const) {
    const on = begin();
    const page = createPlayedPage();
    on.lend(lineTo(page).line);
    await on.client.call('engine.open', choice);
    const growthId = await openGrowth(on);
    await on.client.call('growth.take', { growthId });
    assert.deepEqual(page.asked, []);
  }
});

test('what a page computes wrongly is not used, and said', async () => {
  const on = begin();
  const page = createPlayedPage({ key: 'odd', wrong: 'Played computes wrong numbers: update its driver.' });
  on.lend(lineTo(page).line);
  await on.client.call('engine.open', { backend: 'auto', threads: null });
  assert.match((await on.changed()).description, /; Played computes wrong numbers: update its driver$/);
  await openGrowth(on);
  assert.equal(page.growths, 0);
});
