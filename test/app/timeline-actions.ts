/** What a window may do to a timeline, at random. */
import fc from 'fast-check';
import type { GrowthTimeline } from '#app/growth-timeline.ts';
import { stageSpec } from './growth-stage.ts';

const { height, width } = stageSpec.grid;

const mark = fc.oneof(
  fc.record({
    kind: fc.constant('erase' as const),
    x: fc.double({ min: -2, max: width + 2, noNaN: true }),
    y: fc.double({ min: -2, max: height + 2, noNaN: true }),
    radius: fc.double({ min: 0, max: 4, noNaN: true }),
  }),
  fc.record({
    kind: fc.constant('seed' as const),
    x: fc.integer({ min: 0, max: width }),
    y: fc.integer({ min: 0, max: height }),
  }),
);

export const timelineAction = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant('advance' as const), steps: fc.integer({ min: 0, max: 20 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ does: fc.constant('seek' as const), step: fc.integer({ min: 0, max: 45 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant('paint' as const),
      stroke: fc.integer({ min: 0, max: 3 }),
      marks: fc.array(mark, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom('undo' as const, 'redo' as const) }) },
  { weight: 1, arbitrary: fc.record({ does: fc.constant('restart' as const) }) },
);

export type TimelineAction = typeof timelineAction extends fc.Arbitrary<infer A> ? A : never;

export async function doOn(timeline: GrowthTimeline, action: TimelineAction): Promise<void> {
  if (action.does === 'advance') await timeline.advance(action.steps);
  else if (action.does === 'seek') await timeline.seek(action.step);
  else if (action.does === 'paint') await timeline.paint(action);
  else await timeline[action.does]();
}
