import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { GrowthPlayer, type ShownFrame } from '#app/growth-player.ts';
import { GrowthTimeline } from '#app/growth-timeline.ts';
import { countLivingCells } from '#domain/living-cells.ts';
import { AppError } from '#domain/errors.ts';
import type { Mix } from '#domain/mix.ts';
import { grownStraight, openOnStage, setStage, stageSpec } from './growth-stage.ts';

before(setStage);

interface Stage {
  readonly player: GrowthPlayer;
  readonly timeline: GrowthTimeline;
  /** Time passes by this and by steps alone. */
  pass(ms: number): void;
  wakes(): number;
  disposals(): number;
  /** From now on every step throws this. */
  breakWith(failure: Error): void;
}

async function stage(
  setup: {
    isPlaying?: boolean;
    stepsPerSecond?: number;
    loopAt?: number;
    step?: number;
    stepMs?: number;
  } = {},
): Promise<Stage> {
  const { isPlaying = true, stepsPerSecond = 60, loopAt = null, step = 0, stepMs = 0 } = setup;
  let [nowMs, wakes, disposals] = [1000, 0, 0];
  let broken: Error | null = null;
  const inner = openOnStage();
  const growth = {
    get step() {
      return inner.step;
    },
    advance(steps: number) {
      if (broken !== null) throw broken;
      inner.advance(steps);
      nowMs += steps * stepMs;
    },
    state: () => inner.state(),
    replace: (state: Float32Array, to?: number) => inner.replace(state, to),
    remix: (mix: Mix) => inner.remix(mix),
    dispose() {
      disposals++;
      inner.dispose();
    },
  };
  const timeline = await GrowthTimeline.open({ spec: stageSpec, growth });
  const player = new GrowthPlayer({
    ...{ timeline, spec: stageSpec, isPlaying, stepsPerSecond, loopAt, step },
    nowMs: () => nowMs,
    draw: (state) => new Uint8Array(state.slice().buffer),
    onWake: () => wakes++,
  });
  return {
    ...{ player, timeline },
    pass: (ms) => void (nowMs += ms),
    wakes: () => wakes,
    disposals: () => disposals,
    breakWith: (failure) => void (broken = failure),
  };
}

/** What is shown by the end of the next turn. */
async function shownBy({ player }: Stage, after = 0): Promise<ShownFrame> {
  const { frame } = player.frameAfter(after);
  await player.turn();
  const shown = await frame;
  assert.ok(shown);
  return shown;
}

test('steps are made when they are due, and a turn tells when the next one is', async () => {
  const on = await stage();
  assert.ok(Math.abs((await on.player.turn()) - 1000 / 60) < 1e-6);
  assert.equal(on.timeline.step, 0);
  on.pass(17);
  assert.ok((await on.player.turn()) >= 16);
  assert.equal(on.timeline.step, 1);
  on.pass(8);
  // Not before a screen shows another frame.
  assert.equal(await on.player.turn(), 16);
  assert.equal(on.timeline.step, 1);
  on.pass(93);
  await on.player.turn();
  assert.equal(on.timeline.step, 7);
  on.player.close();
});

test('many steps a second are made some at a time: never more turns than a screen shows', async () => {
  const on = await stage({ stepsPerSecond: 600 });
  assert.ok((await on.player.turn()) >= 16);
  on.pass(100);
  assert.ok((await on.player.turn()) >= 16);
  assert.equal(on.timeline.step, 60);
  on.player.close();
});

test('what a slow machine could not make in time is left out', async () => {
  const on = await stage();
  on.pass(60_000);
  await on.player.turn();
  assert.ok(on.timeline.step <= 17, `${on.timeline.step} steps`);
  on.player.close();
});

test('a turn computes for some milliseconds only', async () => {
  const on = await stage({ stepsPerSecond: 10_000, stepMs: 5 });
  on.pass(200);
  for (let turn = 1; turn <= 3; turn++) {
    const first = on.timeline.step;
    assert.equal(await on.player.turn(), 0);
    assert.ok(on.timeline.step > first && on.timeline.step - first <= 12, `turn ${turn}`);
  }
  // It has learned by then what a step costs.
  const first = on.timeline.step;
  await on.player.turn();
  assert.ok(on.timeline.step - first <= 3);
  on.player.close();
});

test('while it is paused it sleeps, and shows a frame only when something changed', async () => {
  const on = await stage({ isPlaying: false });
  const { version, frame } = await shownBy(on);
  assert.deepEqual([frame.step, frame.isPlaying, frame.stepsPerSecond], [0, false, 0]);
  let isShown = false;
  const next = on.player.frameAfter(version);
  void next.frame.then(() => (isShown = true));
  on.pass(5000);
  assert.equal(await on.player.turn(), Infinity);
  await on.player.turn();
  assert.equal(isShown, false);
  const wakes = on.wakes();
  const stepped = on.player.control({ kind: 'step', by: 3 });
  assert.equal(on.wakes(), wakes + 1);
  await on.player.turn();
  await stepped;
  assert.equal((await next.frame)?.frame.step, 3);
  on.player.close();
});

test('a stroke is in the very next frame, at the step that was seen', async () => {
  const on = await stage({ stepsPerSecond: 0.5, step: 12 });
  while ((await shownBy(on)).frame.step < 12);
  const { version, frame: whole } = await shownBy(on);
  const painted = on.player.paint({ stroke: 1, marks: [{ kind: 'erase', x: 4.5, y: 3.5, radius: 2 }] });
  const { frame } = await shownBy(on, version);
  await painted;
  assert.deepEqual([frame.step, frame.eventsSoFar, frame.events, frame.canUndo], [12, 1, 1, true]);
  assert.ok(frame.alive < whole.alive);
  const state = await grownStraight(on.timeline.events, 12);
  assert.deepEqual(new Float32Array(frame.rgba!.buffer), state);
  assert.equal(frame.alive, countLivingCells(state, stageSpec.grid, stageSpec.automaton));
  on.player.close();
});

test('a change of the mix is grown in the very next frame, and steps go on from there as before', async () => {
  const on = await stage();
  on.pass(20);
  assert.equal((await shownBy(on)).frame.step, 1);
  on.pass(3);
  const mixed = on.player.control({ kind: 'mix', mix: { kind: 'turns', ratio: [1], gain: 0.9 } });
  const { frame } = await shownBy(on);
  await mixed;
  assert.deepEqual([frame.step, frame.mix.gain], [2, 0.9]);
  assert.ok(Math.abs((await on.player.turn()) - 1000 / 60) < 1e-6);
  on.pass(10);
  await on.player.turn();
  assert.equal(on.timeline.step, 2);
  on.pass(7);
  await on.player.turn();
  assert.equal(on.timeline.step, 3);
});

test('what grows slowly is not hurried by a change of the mix', async () => {
  const on = await stage({ stepsPerSecond: 5 });
  on.pass(3);
  const mixed = on.player.control({ kind: 'mix', mix: { kind: 'turns', ratio: [1], gain: 0.9 } });
  assert.equal((await shownBy(on)).frame.step, 0);
  await mixed;
});

test('a slow window gets the newest frame and none of those between', async () => {
  const on = await stage();
  const { version } = await shownBy(on);
  for (let turn = 0; turn < 10; turn++) {
    on.pass(20);
    await on.player.turn();
  }
  const { frame } = await shownBy(on, version);
  assert.equal(frame.step, on.timeline.step);
  assert.ok(frame.stepsPerSecond === 0 || frame.stepsPerSecond > 30);
  on.pass(400);
  await on.player.turn();
  const { frame: later } = await shownBy(on, version);
  assert.ok(later.stepsPerSecond > 30 && later.stepsPerSecond < 75, String(later.stepsPerSecond));
  on.player.close();
});

test('it goes far in several turns; what is asked meanwhile waits until it is there', async () => {
  const on = await stage({ isPlaying: false, stepMs: 1 });
  await on.player.turn();
  const sought = on.player.control({ kind: 'seek', step: 100 });
  const taken = on.player.take();
  let turns = 0;
  do turns++;
  while ((await on.player.turn()) === 0);
  assert.ok(turns > 5, `${turns} turns`);
  await sought;
  const { step, rgba } = await taken;
  assert.equal(step, 100);
  assert.deepEqual(new Float32Array(rgba.slice().buffer), await grownStraight([], 100));
  on.player.close();
});

test('steps one after another add up, and end at the seed', async () => {
  const on = await stage({ isPlaying: true, step: 20 });
  for (const by of [2, 2, -1]) void on.player.control({ kind: 'step', by });
  while ((await on.player.turn()) === 0);
  assert.equal(on.timeline.step, 23);
  assert.equal((await shownBy(on)).frame.isPlaying, false);
  void on.player.control({ kind: 'step', by: -1000 });
  await on.player.turn();
  assert.equal(on.timeline.step, 0);
  on.player.close();
});

test('a seek while it plays plays on from there', async () => {
  const on = await stage();
  void on.player.control({ kind: 'seek', step: 30 });
  await on.player.turn();
  while (on.timeline.step < 30) await on.player.turn();
  assert.equal((await shownBy(on)).frame.isPlaying, true);
  on.pass(50);
  await on.player.turn();
  assert.equal(on.timeline.step, 33);
  on.player.close();
});

test('a loop shows its last step, then begins at the seed with the same events', async () => {
  const on = await stage({ loopAt: 4 });
  const steps: number[] = [];
  void on.player.paint({ stroke: 0, marks: [{ kind: 'seed', x: 0, y: 0 }] });
  await on.player.turn();
  for (let turn = 0; turn < 7; turn++) {
    on.pass(1000 / 60 + 1e-3);
    await on.player.turn();
    steps.push(on.timeline.step);
  }
  assert.deepEqual(steps, [1, 2, 3, 4, 0, 1, 2]);
  assert.equal(on.timeline.lastStep, 4);
  assert.equal(on.timeline.events.length, 1);
  on.player.close();
});

test('undo and redo come back to the step that it was at', async () => {
  const on = await stage({ isPlaying: false, step: 9 });
  await on.player.turn();
  void on.player.paint({ stroke: 1, marks: [{ kind: 'erase', x: 4, y: 3, radius: 3 }] });
  void on.player.control({ kind: 'step', by: 20 });
  void on.player.control({ kind: 'undo' });
  while ((await on.player.turn()) === 0);
  assert.equal(on.timeline.step, 29);
  assert.deepEqual(await on.timeline.state(), await grownStraight([], 29));
  void on.player.control({ kind: 'redo' });
  while ((await on.player.turn()) === 0);
  assert.equal(on.timeline.step, 29);
  assert.deepEqual(await on.timeline.state(), await grownStraight(on.timeline.events, 29));
  void on.player.control({ kind: 'restart' });
  await on.player.turn();
  assert.deepEqual([on.timeline.step, on.timeline.events.length], [0, 0]);
  on.player.close();
});

test('once it is closed nobody waits any longer, and it is disposed of once', async () => {
  const on = await stage();
  const waiting = on.player.frameAfter(99);
  const asked = on.player.take();
  on.player.close();
  on.player.close();
  assert.equal(await waiting.frame, null);
  const isClosed = (failure: unknown): boolean => failure instanceof AppError && failure.code === 'not-found';
  await assert.rejects(asked, isClosed);
  await assert.rejects(on.player.control({ kind: 'play' }), isClosed);
  assert.equal(await on.player.frameAfter(0).frame, null);
  assert.equal(await on.player.turn(), Infinity);
  assert.equal(on.disposals(), 1);
});

test('who stopped waiting is told so, and no frame is drawn for nobody', async () => {
  const on = await stage({ isPlaying: false });
  const waiting = on.player.frameAfter(0);
  waiting.cancel();
  await on.player.turn();
  assert.equal(await waiting.frame, null);
  on.player.close();
});

test('what breaks the engine ends the growth, and everyone who waits is told', async () => {
  const on = await stage();
  const failure = new AppError('out-of-memory', 'There is no memory left.');
  const shown = await shownBy(on);
  const waiting = on.player.frameAfter(shown.version);
  on.breakWith(failure);
  on.pass(100);
  await assert.rejects(on.player.turn(), failure);
  await assert.rejects(waiting.frame, failure);
  await assert.rejects(on.player.frameAfter(0).frame, failure);
  assert.equal(on.disposals(), 1);
});
