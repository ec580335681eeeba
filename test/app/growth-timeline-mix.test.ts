import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { GrowthTimeline } from '#app/growth-timeline.ts';
import type { GrowthEvent } from '#contract/shapes/growth.ts';
import { AppError } from '#domain/errors.ts';
import type { Mix } from '#domain/mix.ts';
import { tf } from '#engine/tf.ts';
import { grownStraight, openMixOnStage, setStage, stageSpec } from './growth-stage.ts';

const firstMix: Mix = { kind: 'turns', ratio: [1, 1, 1] };
const [aab, drawn]: Mix[] = [
  { kind: 'turns', ratio: [2, 1, 0] },
  { kind: 'random', weights: [1, 2, 3] },
];

before(setStage);

function open(events: readonly GrowthEvent[] = [], keepBytes?: number): Promise<GrowthTimeline> {
  const growth = openMixOnStage();
  return GrowthTimeline.open({
    ...{ spec: stageSpec, growth, events, mix: firstMix },
    ...(keepBytes === undefined ? {} : { keepBytes }),
    checkMix: (mix) => {
      if (mix.kind === 'weights' && mix.weights.length !== 3) throw new AppError('mismatch', 'Not these.');
    },
  });
}

async function assertStraight(timeline: GrowthTimeline): Promise<void> {
  assert.deepEqual(
    await timeline.state(),
    await grownStraight(timeline.events, timeline.step, openMixOnStage),
  );
  const last = timeline.eventsSoFar.findLast((event) => event.kind === 'mix');
  assert.deepEqual(timeline.mix, last?.kind === 'mix' ? last.mix : firstMix);
}

const weights = fc
  .tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 }), fc.integer({ min: 1, max: 3 }))
  .map((shares) => [...shares]);
const mixes: fc.Arbitrary<Mix> = fc.oneof(
  weights.map((ratio) => ({ kind: 'turns' as const, ratio })),
  weights.map((weights) => ({ kind: 'random' as const, weights })),
  weights.map((weights) => ({ kind: 'weights' as const, weights })),
  weights.map((weights) => ({ kind: 'latent' as const, weights, path: 'linear' as const })),
  fc
    .record({
      cells: fc
        .array(fc.constantFrom('0', '1', '2'), { minLength: 6, maxLength: 6 })
        .map((digits) => digits.join('')),
      softness: fc.integer({ min: 0, max: 2 }),
    })
    .map((map) => ({ kind: 'areas' as const, map: { height: 2, width: 3, ...map } })),
);
const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant('advance' as const), steps: fc.integer({ min: 0, max: 20 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constant('seek' as const), step: fc.integer({ min: 0, max: 45 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant('mix' as const),
      mix: mixes,
      stroke: fc.option(fc.integer({ min: 0, max: 3 })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant('paint' as const), x: fc.integer({ min: 0, max: 8 }) }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom('undo' as const, 'redo' as const) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('restart' as const) }) },
);

test('however it was mixed, painted on, undone and gone back: the state is that of growing straight to it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(action, { minLength: 3, maxLength: 14 }),
      fc.constantFrom(0, 2, 100),
      async (actions, keptStates) => {
        const { height, width } = stageSpec.grid;
        const timeline = await open([], keptStates * height * width * stageSpec.automaton.channels * 4);
        for (const act of actions) {
          if (act.does === 'advance') await timeline.advance(act.steps);
          else if (act.does === 'seek') await timeline.seek(act.step);
          else if (act.does === 'mix') timeline.remix(act.mix, act.stroke);
          else if (act.does === 'paint') {
            await timeline.paint({ stroke: 9, marks: [{ kind: 'erase', x: act.x, y: 3, radius: 2 }] });
          } else await timeline[act.does]();
          assert.ok(timeline.step <= timeline.lastStep);
        }
        await assertStraight(timeline);
        timeline.dispose();
      },
    ),
    { numRuns: 60 },
  );
});

test('a drag is undone as one, and a change without a stroke by itself', async () => {
  const timeline = await open();
  await timeline.advance(5);
  timeline.remix(aab, 1);
  await timeline.advance(3);
  timeline.remix(drawn, 1);
  await timeline.advance(4);
  const dragged = timeline.events;
  timeline.remix(aab);
  await timeline.undo();
  assert.deepEqual(timeline.events, dragged);
  await timeline.undo();
  assert.deepEqual(timeline.events, []);
  assert.equal(timeline.canUndo, false);
  await timeline.redo();
  await timeline.seek(12);
  assert.deepEqual(timeline.mix, drawn);
  await assertStraight(timeline);
  timeline.dispose();
});

test('of changes at one step only the last is an event, and none that changes nothing', async () => {
  const timeline = await open();
  await timeline.advance(5);
  timeline.remix(aab, 1);
  timeline.remix(drawn, 1);
  assert.deepEqual(timeline.events, [{ kind: 'mix', step: 5, mix: drawn }]);
  timeline.remix({ ...drawn });
  await timeline.undo();
  timeline.remix(firstMix);
  assert.deepEqual(timeline.events, []);
  assert.equal(timeline.canUndo, false);
  timeline.dispose();
});

test('starting again, it is mixed as it is now', async () => {
  const timeline = await open();
  await timeline.advance(5);
  timeline.remix(drawn);
  await timeline.restart();
  assert.deepEqual(timeline.events, [{ kind: 'mix', step: 0, mix: drawn }]);
  await timeline.advance(9);
  await assertStraight(timeline);
  timeline.dispose();
});

test('a mix that is refused changes nothing, and one of a recipe is not opened', async () => {
  const timeline = await open();
  await timeline.advance(5);
  const refused: Mix = { kind: 'weights', weights: [1] };
  assert.throws(() => timeline.remix(refused), AppError);
  assert.deepEqual([timeline.events, timeline.mix], [[], firstMix]);
  await timeline.advance(3);
  await assertStraight(timeline);
  timeline.dispose();
  const tensors = tf.memory().numTensors;
  const growth = openMixOnStage();
  const events: GrowthEvent[] = [{ kind: 'mix', step: 3, mix: refused }];
  const checkMix = (): void => {
    throw new AppError('mismatch', 'Not these.');
  };
  await assert.rejects(GrowthTimeline.open({ spec: stageSpec, growth, events, checkMix }), AppError);
  growth.dispose();
  assert.equal(tf.memory().numTensors, tensors);
});

test('every tensor is freed, whatever the mixes made', async () => {
  const tensors = tf.memory().numTensors;
  const timeline = await open();
  for (const mix of [
    drawn,
    { kind: 'weights', weights: [1, 1, 1] },
    aab,
    { kind: 'latent', weights: [0, 1, 2], path: 'linear' },
  ] as const) {
    timeline.remix(mix);
    await timeline.advance(4);
  }
  timeline.dispose();
  assert.equal(tf.memory().numTensors, tensors);
});
