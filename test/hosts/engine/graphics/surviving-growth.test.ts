import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { GrowthUnderWay } from '#app/growing.ts';
import type { MethodName } from '#contract/contract.ts';
import type { GraphicsContract } from '#contract/graphics-contract.ts';
import { AppError } from '#domain/errors.ts';
import { countLivingCells } from '#domain/living-cells.ts';
import { makeMark, type GrowthMark } from '#domain/growth-marks.ts';
import type { Mix } from '#domain/mix.ts';
import { tf } from '#engine/tf.ts';
import { connectGraphics } from '#hosts/engine/graphics/graphics.ts';
import { survivingGrowth } from '#hosts/engine/graphics/surviving-growth.ts';
import { mixOnStage, openMixOnStage, setStage, stageSpec } from '#test/app/growth-stage.ts';
import { createPortPair } from '#test/contract/port-pair.ts';
import { createPlayedPage, type PlayedPage } from './played-page.ts';

before(setStage);

interface Stage {
  readonly page: PlayedPage;
  readonly growth: GrowthUnderWay;
  readonly moves: string[];
  /** The window is closed. */
  drop(): void;
}

async function stage(openOwn: () => GrowthUnderWay = openMixOnStage): Promise<Stage> {
  const page = createPlayedPage();
  const { left, right } = createPortPair();
  page.serve(right);
  const graphics = await connectGraphics(left).open({ softwareToo: false, known: [] });
  const moves: string[] = [];
  const growth = survivingGrowth({
    ...{ graphics, openOwn, plan: mixOnStage() },
    onMoved: ({ message }) => moves.push(message),
  });
  page.asked.length = 0;
  return { page, growth, moves, drop: () => right.close() };
}

const latent: Mix = { kind: 'latent', weights: [1, 2, 1], path: 'linear' };

/** Everything that a timeline does to a growth, at the odd moment. */
async function grow(growth: GrowthUnderWay): Promise<Float32Array> {
  growth.advance(5);
  await growth.made?.();
  growth.remix({ kind: 'random', weights: [1, 1, 2] });
  growth.advance(3);
  const state = await growth.state();
  state.fill(0, 100, 200);
  growth.replace(state, growth.step);
  growth.advance(4);
  growth.mark?.([
    { kind: 'erase', x: 4, y: 3, radius: 1.5 },
    { kind: 'seed', x: 6, y: 5 },
  ]);
  await growth.made?.();
  growth.remix(latent);
  growth.advance(2);
  const again = await growth.state();
  growth.advance(1);
  growth.remix({ kind: 'turns', ratio: [2, 1, 0] });
  growth.advance(6);
  await growth.made?.();
  growth.replace(again, 14);
  growth.advance(7);
  return growth.state();
}

/** What is marked is read and replaced. */
async function grownHere(): Promise<Float32Array> {
  const growth = openMixOnStage();
  const marked: GrowthMark[] = [];
  const markedHere: GrowthUnderWay = {
    get step() {
      return growth.step;
    },
    advance: (steps) => growth.advance(steps),
    state: () => growth.state(),
    replace: (state, step) => growth.replace(state, step),
    mark: (marks) => void marked.push(...marks),
    async made() {
      const state = await growth.state();
      for (const mark of marked.splice(0)) makeMark(state, mark, stageSpec);
      growth.replace(state);
    },
    remix: (mix) => growth.remix(mix),
    dispose: () => growth.dispose(),
  };
  try {
    return await grow(markedHere);
  } finally {
    growth.dispose();
  }
}

test('in a page it is what it is here, step for step', async () => {
  const { page, growth, moves } = await stage();
  assert.deepEqual(await grow(growth), await grownHere());
  assert.equal(growth.step, 21);
  assert.deepEqual(moves, []);
  growth.dispose();
  while (page.growths > 0) await new Promise((resolve) => setImmediate(resolve));
});

test('whenever the page goes away, it goes on here to the same state', async () => {
  const expected = await grownHere();
  const { page, growth } = await stage();
  await grow(growth);
  const calls = page.asked.length;
  growth.dispose();
  assert.ok(calls > 12, `${calls} calls`);
  const tensors = tf.memory().numTensors;
  for (let last = 1; last <= calls; last++) {
    const on = await stage();
    on.page.before = (_, asked) => {
      if (asked.length === last) on.drop();
    };
    assert.deepEqual(await grow(on.growth), expected, `gone in call ${last}`);
    assert.equal(on.growth.step, 21);
    // Nobody looked, so there is nothing to tell.
    assert.deepEqual(on.moves, []);
    assert.equal(await on.growth.picture?.(null), null);
    assert.equal(await on.growth.picture?.('one'), null);
    assert.equal(on.moves.length, 1);
    assert.match(on.moves[0], /went away/);
    on.growth.dispose();
    await on.growth.made?.();
  }
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(tf.memory().numTensors, tensors, 'tensors left behind');
});

test('whatever else a page fails with, it goes on here', async () => {
  const expected = await grownHere();
  for (const failing of ['growth.open', 'growth.advance', 'growth.replace', 'growth.remix'] as const) {
    const { page, growth, moves } = await stage();
    page.before = (method) => {
      if (method === failing) throw new AppError('out-of-memory', 'The processor has no memory left.');
    };
    assert.deepEqual(await grow(growth), expected, failing);
    await growth.picture?.(null);
    assert.deepEqual(moves, ['The processor has no memory left.']);
    growth.dispose();
  }
});

test('a page whose answers are of another size is not believed', async () => {
  const expected = await grownHere();
  const { page, growth, moves } = await stage();
  page.before = (method) => {
    if (method === 'growth.state') return { state: new Float32Array(3) };
    return undefined;
  };
  assert.deepEqual(await grow(growth), expected);
  await growth.picture?.(null);
  assert.match(moves[0], /answered with 3 values/);
  growth.dispose();
});

test('a page that only says that its processor is lost is left, too', async () => {
  const { page, growth, moves } = await stage();
  growth.advance(5);
  await growth.made?.();
  page.lose('The driver was reset.');
  assert.equal(await picturedHere(growth), null);
  assert.match(moves[0], /went away: The driver was reset/);
  assert.equal(growth.step, 5);
  growth.dispose();
});

/** Once the event has arrived. */
async function picturedHere(growth: GrowthUnderWay): Promise<unknown> {
  for (;;) {
    const picture = await growth.picture?.(null);
    if (picture === null) return picture;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test('a picture is drawn on the canvas where the page has it, and comes as pixels where it does not', async () => {
  const { page, growth } = await stage();
  growth.advance(6);
  const state = await growth.state();
  const alive = countLivingCells(state, stageSpec.grid, stageSpec.automaton);
  page.canvases.add('one');
  assert.deepEqual(await growth.picture?.('one'), { rgba: null, alive });
  const pixels = await growth.picture?.('other');
  assert.equal(pixels?.rgba?.length, stageSpec.grid.height * stageSpec.grid.width * 4);
  assert.equal(pixels?.alive, alive);
  assert.deepEqual(await growth.picture?.(null), pixels);
  // One that comes late is found; one that never comes is not asked for for ever.
  page.canvases.add('other');
  assert.deepEqual(await growth.picture?.('other'), { rgba: null, alive });
  for (let frame = 0; frame < 30; frame++) await growth.picture?.('never');
  assert.ok(count(page, 'growth.show') < 20);
  growth.dispose();
});

test('it never has to make more steps again than it can in a moment', async () => {
  const { page, growth } = await stage();
  for (let step = 0; step < 40; step++) {
    growth.advance(50);
    await growth.made?.();
  }
  assert.ok(count(page, 'growth.state') >= 3, `${count(page, 'growth.state')} states`);
  assert.ok(count(page, 'growth.state') <= 4);
  growth.dispose();
});

test('where it cannot go on here either, everyone is told', async () => {
  const { growth, drop } = await stage(() => {
    throw new AppError('out-of-memory', 'There is no memory here either.');
  });
  growth.advance(2);
  await growth.made?.();
  drop();
  growth.advance(1);
  const failure = { code: 'out-of-memory' };
  await assert.rejects(growth.state(), failure);
  await assert.rejects(async () => growth.picture?.(null), failure);
  await assert.rejects(async () => growth.made?.(), failure);
  growth.dispose();
});

test('what breaks here afterwards ends it as any growth', async () => {
  const { growth, drop } = await stage(() => ({
    ...openMixOnStage(),
    advance: () => undefined,
    state: () => Promise.reject(new AppError('internal', 'A thread is lost.')),
  }));
  drop();
  growth.advance(3);
  await assert.rejects(growth.state(), { code: 'internal' });
  await assert.rejects(growth.state(), { code: 'internal' });
  growth.dispose();
});

function count(page: PlayedPage, method: MethodName<GraphicsContract>): number {
  return page.asked.filter((asked) => asked === method).length;
}
