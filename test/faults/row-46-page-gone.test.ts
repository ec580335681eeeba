/**
 * Row 46, where the graphics processor is a page's: the page is closed, or its driver is reset, in the middle. A training goes
 * on from its last checkpoint in the engine process, which does not end, and says so; a growth goes on where it is.
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { after, before, test } from 'node:test';
import type { Progress, Result } from '#contract/contract.ts';
import type { EngineContract } from '#contract/engine-contract.ts';
import type { EngineState } from '#contract/shapes/engine-state.ts';
import { readModelFile } from '#engine/files/model-file.ts';
import { weightShapes } from '#engine/network/weights.ts';
import { spawnChildEngine } from '#hosts/engine/supervision/engine-child.ts';
import { superviseEngine, type SupervisedEngine } from '#hosts/engine/supervision/supervise-engine.ts';
import { setStage } from '#test/app/growth-stage.ts';
import { distance } from '#test/engine/rollout/rollout-case.ts';
import { createPlayedPage, lineTo, type PlayedPage } from '#test/hosts/engine/graphics/played-page.ts';
import {
  scratchFolder,
  trainingOf,
  writeTinyModel,
  writeTinyPictures,
} from '#test/hosts/engine/process/engine-stage.ts';

type RunEvent = Progress<EngineContract, 'training.run'>;
type Started = Extract<RunEvent, { event: 'started' }>;

const ITERATIONS = 12;
/** Models are written as float16. */
const ROUNDED = 2 ** -10;

const folder = await scratchFolder();
// Trials of the played processor are remembered by nobody else.
process.env['XDG_CACHE_HOME'] = join(folder, 'cache');
process.env['LOCALAPPDATA'] = join(folder, 'cache');

before(async () => {
  await setStage();
  await writeTinyModel(join(folder, 'tiny.safetensors'));
  await writeTinyPictures(join(folder, 'digits.idx3-ubyte'));
});

interface Stage {
  readonly engine: SupervisedEngine;
  readonly page: PlayedPage;
  readonly drop: () => void;
  /** Of the process. */
  readonly pids: (number | undefined)[];
  readonly states: EngineState[];
}

/** A supervised engine process, and a page that lends it a processor. */
function begin(): Stage {
  const page = createPlayedPage();
  const { line, drop } = lineTo(page);
  const pids: (number | undefined)[] = [];
  const engine = superviseEngine({
    settings: { backend: 'auto', threads: null },
    isBackground: true,
    spawn() {
      const child = spawnChildEngine({ onWords: () => undefined });
      pids.push(child.pid);
      return child;
    },
  });
  engine.lendGraphics(line);
  const states: EngineState[] = [];
  engine.onState((state) => states.push(state));
  after(() => engine.close());
  return { engine, page, drop, pids, states };
}

interface Outcome extends Result<EngineContract, 'training.run'> {
  readonly started: readonly Started[];
  readonly notices: readonly string[];
}

async function train({ engine }: Pick<Stage, 'engine'>, run: string, signal?: AbortSignal): Promise<Outcome> {
  const started: Started[] = [];
  const notices: string[] = [];
  const result = await engine.call('training.run', trainingOf(folder, ITERATIONS, run), {
    signal,
    onProgress(event) {
      if (event.event === 'started') started.push(event);
      else if (event.event === 'notice') notices.push(event.message);
    },
  });
  return { ...result, started, notices };
}

test('46: a training whose page is gone goes on from its last checkpoint, in the same process', async () => {
  const on = begin();
  const { page } = on;
  // Once saved at some step, so that there is something to go on from.
  const stop = new AbortController();
  page.before = (method, asked) => {
    if (method === 'training.step' && stepsOf(asked) === 5) stop.abort();
  };
  const first = await train(on, 'lost', stop.signal);
  assert.equal(first.reason, 'stopped');
  assert.match(first.started[0].place ?? '', /in the window: Played/);
  const saved = first.iteration;
  assert.ok(saved >= 4 && saved < ITERATIONS, `saved at ${saved}`);

  page.asked.length = 0;
  page.before = (method, asked) => {
    if (method === 'training.step' && stepsOf(asked) === 4) on.drop();
  };
  const second = await train(on, 'lost');
  assert.deepEqual([second.reason, second.iteration], ['finished', ITERATIONS]);
  assert.deepEqual(
    second.started.map(({ iteration, place }) => [iteration, place !== null]),
    [
      [saved, true],
      [saved, false],
    ],
  );
  const said = second.notices.filter((message) => message.includes('went away'));
  assert.equal(said.length, 1);
  assert.match(said[0], new RegExp(`Training goes on from iteration ${saved}, on wasm`));
  assert.equal(on.pids.length, 1, 'its process did not end');

  // It ends where one ends that nothing happens to.
  await train(on, 'alone');
  const [lost, alone] = [await weightsOf('lost/model'), await weightsOf('alone/model')];
  for (const [name, values] of alone) {
    const off = distance(lost.get(name)!, values);
    assert.ok(off <= ROUNDED, `${name} is off by ${off}`);
  }
});

test('46: a processor that is lost, and a page that stays, are gone on without, too', async () => {
  const on = begin();
  on.page.before = (method, asked) => {
    if (method === 'training.step' && stepsOf(asked) === 3) on.page.lose('The driver was reset.');
  };
  const { reason, started, notices } = await train(on, 'reset');
  assert.equal(reason, 'finished');
  assert.match(started[0].place ?? '', /in the window/);
  assert.match(notices.join('\n'), /went away: The driver was reset\. Training goes on/);
  assert.equal(on.pids.length, 1);
  const { status, info } = on.engine.state();
  assert.equal(status, 'ready');
  assert.ok(info !== null);
});

async function weightsOf(model: string): Promise<ReadonlyMap<string, ArrayLike<number>>> {
  const path = join(folder, `${model}.safetensors`);
  const { weights } = readModelFile(await readFile(path), { name: path, expected: weightShapes });
  return new Map(Array.from(weights, ([name, { data }]) => [name, data]));
}

function stepsOf(asked: readonly string[]): number {
  return asked.filter((method) => method === 'training.step').length;
}
