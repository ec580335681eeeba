/** A timeline whose growth is in a page, which goes away at any moment: it is the one that is grown straight, all the same. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { GrowthTimeline } from '#app/growth-timeline.ts';
import { evenTurns } from '#domain/mix.ts';
import { connectGraphics } from '#hosts/engine/graphics/graphics.ts';
import { survivingGrowth } from '#hosts/engine/graphics/surviving-growth.ts';
import { grownStraight, openMixOnStage, setStage, mixOnStage, stageSpec } from '#test/app/growth-stage.ts';
import { doOn, timelineAction } from '#test/app/timeline-actions.ts';
import { createPortPair } from '#test/contract/port-pair.ts';
import { createPlayedPage, type PlayedPage } from './played-page.ts';

const { height, width } = stageSpec.grid;
const stateBytes = height * width * stageSpec.automaton.channels * 4;

before(setStage);

async function open(
  keptStates: number,
): Promise<{ page: PlayedPage; timeline: GrowthTimeline; drop(): void }> {
  const page = createPlayedPage();
  const { left, right } = createPortPair();
  page.serve(right);
  const graphics = await connectGraphics(left).open({ softwareToo: false, known: [] });
  const growth = survivingGrowth({
    ...{ graphics, openOwn: openMixOnStage, plan: mixOnStage() },
    onMoved: () => undefined,
  });
  const keepBytes = keptStates * stateBytes;
  const mix = evenTurns(3);
  const timeline = await GrowthTimeline.open({ spec: stageSpec, growth, mix, keepBytes });
  return { page, timeline, drop: () => right.close() };
}

test('wherever it went, whatever was painted and undone, whenever the page went: the state is that of growing straight to it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(timelineAction, { minLength: 3, maxLength: 12 }),
      fc.constantFrom(0, 1, 5, 100),
      fc.integer({ min: 1, max: 60 }),
      async (actions, keptStates, last) => {
        const { page, timeline, drop } = await open(keptStates);
        let calls = 0;
        page.before = () => {
          calls++;
          if (calls === last) drop();
        };
        for (const action of actions) await doOn(timeline, action);
        const straight = await grownStraight(timeline.events, timeline.step, openMixOnStage);
        assert.deepEqual(await timeline.state(), straight);
        timeline.dispose();
      },
    ),
    { numRuns: 60 },
  );
});
