/** What a player does with a growth whose state is in a page: pictures are made there, and steps only sent there. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { GrowthUnderWay } from '#app/growing.ts';
import { GrowthPlayer } from '#app/growth-player.ts';
import { GrowthTimeline } from '#app/growth-timeline.ts';
import { openOnStage, setStage, stageSpec } from './growth-stage.ts';

before(setStage);

/** A growth whose state is elsewhere: steps are made when the test says so, and pictures are made there. */
async function elsewhere(canvases: readonly string[] = []) {
  const inner = openOnStage();
  const asked: (string | null)[] = [];
  let made: (() => void) | null = null;
  let holds = false;
  let isGone = false;
  const growth: GrowthUnderWay = {
    get step() {
      return inner.step;
    },
    advance: (steps) => inner.advance(steps),
    made: () => (holds ? new Promise((resolve) => (made = resolve)) : Promise.resolve()),
    state: () => inner.state(),
    replace: (state, to) => inner.replace(state, to),
    remix: (mix) => inner.remix(mix),
    picture(canvas) {
      asked.push(canvas);
      if (isGone) return Promise.resolve(null);
      const isDrawn = canvas !== null && canvases.includes(canvas);
      return Promise.resolve({ rgba: isDrawn ? null : Uint8Array.of(1, 2, 3, 4), alive: 7 });
    },
    dispose: () => inner.dispose(),
  };
  const timeline = await GrowthTimeline.open({ spec: stageSpec, growth });
  let nowMs = 1000;
  const player = new GrowthPlayer({
    ...{ timeline, spec: stageSpec, isPlaying: true, stepsPerSecond: 60, loopAt: null, step: 0 },
    nowMs: () => nowMs,
    draw: (state) => new Uint8Array(state.slice().buffer),
    onWake: () => undefined,
  });
  return {
    ...{ player, timeline, asked },
    pass: (ms: number) => void (nowMs += ms),
    hold: () => void (holds = true),
    finish() {
      holds = false;
      made?.();
    },
    goAway: () => void (isGone = true),
  };
}

test('what grows elsewhere is shown there: on the canvas of whoever has one, as pixels to others', async () => {
  const on = await elsewhere(['mine']);
  const [mine, other, pixels, again] = ['mine', 'other', null, 'mine'].map((canvas) =>
    on.player.frameAfter(0, canvas),
  );
  await on.player.turn();
  const frames = await Promise.all([mine, other, pixels, again].map(({ frame }) => frame));
  assert.deepEqual(
    frames.map((shown) => [shown?.frame.rgba?.length ?? null, shown?.frame.alive]),
    [
      [null, 7],
      [4, 7],
      [4, 7],
      [null, 7],
    ],
  );
  assert.deepEqual(on.asked, ['mine', 'other', null], 'one picture for all who wait for the same');
  await on.player.turn();
  assert.equal(on.asked.length, 3, 'and none for nobody');
  on.goAway();
  const here = on.player.frameAfter(0, 'mine');
  await on.player.turn();
  const state = await on.timeline.state();
  assert.deepEqual((await here.frame)?.frame.rgba, new Uint8Array(state.slice().buffer));
  on.player.close();
});

test('steps that are made elsewhere are waited for before more are sent there', async () => {
  const on = await elsewhere();
  on.hold();
  on.pass(200);
  const turn = on.player.turn();
  let isOver = false;
  void turn.then(() => (isOver = true));
  await new Promise((resolve) => setImmediate(resolve));
  const { step } = on.timeline;
  assert.ok(step > 0 && !isOver);
  // It took long: the turn is over, and the next one sends less.
  on.pass(60);
  on.finish();
  await turn;
  assert.equal(on.timeline.step, step);
  on.hold();
  on.pass(200);
  const next = on.player.turn();
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(on.timeline.step - step <= step, `${step}, then ${on.timeline.step}`);
  on.pass(60);
  on.finish();
  await next;
  on.player.close();
});
