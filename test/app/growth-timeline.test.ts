import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { GrowthTimeline } from '#app/growth-timeline.ts';
import type { GrowthEvent, GrowthStroke } from '#contract/shapes/growth.ts';
import { AppError } from '#domain/errors.ts';
import type { Mix } from '#domain/mix.ts';
import { tf } from '#engine/tf.ts';
import { grownStraight, openOnStage, setStage, stageSpec } from './growth-stage.ts';
import { doOn, timelineAction } from './timeline-actions.ts';

const { height, width } = stageSpec.grid;
const stateBytes = height * width * stageSpec.automaton.channels * 4;

before(setStage);

function open(events: readonly GrowthEvent[] = [], keptStates = 100): Promise<GrowthTimeline> {
  const keepBytes = keptStates * stateBytes;
  return GrowthTimeline.open({ spec: stageSpec, growth: openOnStage(), events, keepBytes });
}

const erasing: GrowthStroke['marks'] = [{ kind: 'erase', x: 4.5, y: 3.5, radius: 1.5 }];
const planting: GrowthStroke['marks'] = [{ kind: 'seed', x: 1, y: 5 }];

async function assertStraight(timeline: GrowthTimeline): Promise<void> {
  assert.deepEqual(await timeline.state(), await grownStraight(timeline.events, timeline.step));
}

test('wherever it went and whatever was painted and undone: the state is that of growing straight to it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(timelineAction, { minLength: 3, maxLength: 14 }),
      fc.constantFrom(0, 1, 2, 5, 100),
      async (actions, keptStates) => {
        const timeline = await open([], keptStates);
        for (const act of actions) {
          await doOn(timeline, act);
          assert.ok(timeline.step <= timeline.lastStep);
        }
        await assertStraight(timeline);
        timeline.dispose();
      },
    ),
    { numRuns: 60 },
  );
});

test('every tensor is freed', async () => {
  const tensors = tf.memory().numTensors;
  const timeline = await open();
  await timeline.advance(20);
  await timeline.paint({ stroke: 1, marks: erasing });
  await timeline.seek(5);
  await timeline.undo();
  timeline.dispose();
  assert.equal(tf.memory().numTensors, tensors);
});

test('a recipe’s events are made on the way, also those of step 0 and in any order', async () => {
  const events: GrowthEvent[] = [
    { ...erasing[0], step: 12 },
    { ...planting[0], step: 0 },
  ];
  const timeline = await open(events);
  assert.equal(timeline.eventsSoFar.length, 1);
  await assertStraight(timeline);
  await timeline.advance(11);
  assert.equal(timeline.eventsSoFar.length, 1);
  await timeline.advance(1);
  assert.equal(timeline.eventsSoFar.length, 2);
  await assertStraight(timeline);
  await timeline.advance(9);
  await assertStraight(timeline);
  timeline.dispose();
});

test('an erased circle is 0 in all channels, and what lies outside of it stays', async () => {
  const timeline = await open();
  await timeline.advance(14);
  const whole = await timeline.state();
  await timeline.paint({ stroke: 0, marks: [{ kind: 'erase', x: 4.5, y: 3.5, radius: 1 }] });
  const painted = await timeline.state();
  const C = stageSpec.automaton.channels;
  const erased = [
    [4, 3],
    [3, 3],
    [5, 3],
    [4, 2],
    [4, 4],
  ].map(([x, y]) => y * width + x);
  for (let cell = 0; cell < height * width; cell++) {
    const [was, is] = [whole, painted].map((state) => state.slice(cell * C, (cell + 1) * C));
    if (erased.includes(cell)) assert.deepEqual(is, new Float32Array(C));
    else assert.deepEqual(is, was);
  }
  assert.ok(
    erased.some((cell) => whole[cell * C + 3] > 0),
    'there was something to erase',
  );
  timeline.dispose();
});

test('painting in the past forgets what was painted later, until it is undone', async () => {
  const timeline = await open();
  await timeline.advance(30);
  await timeline.paint({ stroke: 1, marks: erasing });
  await timeline.advance(10);
  assert.equal(timeline.lastStep, 40);
  await timeline.seek(10);
  assert.deepEqual([timeline.lastStep, timeline.events.length, timeline.eventsSoFar.length], [40, 1, 0]);
  await timeline.paint({ stroke: 2, marks: planting });
  assert.deepEqual([timeline.lastStep, timeline.events.length], [10, 1]);
  assert.equal(timeline.events[0].kind, 'seed');
  await timeline.undo();
  assert.equal(timeline.events[0].kind, 'erase');
  await timeline.seek(35);
  await assertStraight(timeline);
  await timeline.redo();
  await timeline.seek(35);
  assert.deepEqual(
    timeline.events.map(({ kind, step }) => [kind, step]),
    [['seed', 10]],
  );
  await assertStraight(timeline);
  timeline.dispose();
});

test('parts of one stroke are undone together, and painting forgets what could be redone', async () => {
  const timeline = await open();
  await timeline.paint({ stroke: 5, marks: planting });
  await timeline.advance(3);
  await timeline.paint({ stroke: 5, marks: erasing });
  await timeline.paint({ stroke: 6, marks: erasing });
  assert.equal(timeline.events.length, 3);
  await timeline.undo();
  assert.equal(timeline.events.length, 2);
  await timeline.undo();
  assert.deepEqual([timeline.events.length, timeline.canUndo, timeline.canRedo], [0, false, true]);
  await timeline.redo();
  assert.equal(timeline.events.length, 2);
  await timeline.paint({ stroke: 7, marks: planting });
  assert.equal(timeline.canRedo, false);
  timeline.dispose();
});

test('nothing to undo or redo is no error; a restart forgets everything', async () => {
  const timeline = await open();
  await timeline.undo();
  await timeline.redo();
  await timeline.advance(9);
  await timeline.paint({ stroke: 1, marks: planting });
  await timeline.restart();
  assert.deepEqual(
    [timeline.step, timeline.lastStep, timeline.events.length, timeline.canUndo, timeline.canRedo],
    [0, 0, 0, false, false],
  );
  await assertStraight(timeline);
  timeline.dispose();
});

test('more events than a recipe may have are refused, and change nothing', async () => {
  const many = Array.from({ length: 100_000 }, (): GrowthEvent => ({ kind: 'seed', step: 0, x: 0, y: 0 }));
  const timeline = await open(many);
  const state = await timeline.state();
  await assert.rejects(
    timeline.paint({ stroke: 1, marks: erasing }),
    (failure) => failure instanceof AppError && failure.code === 'bad-argument',
  );
  assert.deepEqual([timeline.events.length, timeline.canUndo], [100_000, false]);
  assert.deepEqual(await timeline.state(), state);
  timeline.dispose();
});

test('going back and forth makes few steps: states are kept, evenly and within their memory', async () => {
  let made = 0;
  const growth = openOnStage();
  const counted = {
    get step() {
      return growth.step;
    },
    advance(steps: number) {
      made += steps;
      growth.advance(steps);
    },
    state: () => growth.state(),
    replace: (state: Float32Array, step?: number) => growth.replace(state, step),
    remix: (mix: Mix) => growth.remix(mix),
    dispose: () => growth.dispose(),
  };
  const timeline = await GrowthTimeline.open({ spec: stageSpec, growth: counted, keepBytes: 8 * stateBytes });
  await timeline.advance(400);
  for (const step of [10, 390, 200, 399, 1, 77, 300]) {
    made = 0;
    await timeline.seek(step);
    // 400 steps over 8 states, in powers of two: 64 apart.
    assert.ok(made < 64, `${made} steps to ${step}`);
  }
  await assertStraight(timeline);
  timeline.dispose();
});
