/** Marks on the timeline: as many as the growth has events, where they were seen to come, forgotten as it forgets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  eventStepsAfter,
  eventStepsUntil,
  timelineEnd,
  timelineMarks,
} from '../../../src-renderer/state/growth-timeline.ts';

test('events lie at the step of the frame that first had them', () => {
  let steps = eventStepsAfter([], { step: 10, eventsSoFar: 0, events: 0 });
  steps = eventStepsAfter(steps, { step: 40, eventsSoFar: 3, events: 3 });
  steps = eventStepsAfter(steps, { step: 90, eventsSoFar: 4, events: 4 });
  assert.deepEqual(steps, [40, 40, 40, 90]);
});

test('a frame that brings no event leaves the list itself, so that nothing is drawn again', () => {
  const steps = [40, 90];
  assert.equal(eventStepsAfter(steps, { step: 120, eventsSoFar: 2, events: 2 }), steps);
  assert.equal(eventStepsAfter(steps, { step: 50, eventsSoFar: 1, events: 2 }), steps, 'also when gone back');
});

test('undo takes the last ones away, and redo puts them where it is seen', () => {
  const steps = eventStepsAfter([40, 40, 90], { step: 100, eventsSoFar: 2, events: 2 });
  assert.deepEqual(steps, [40, 40]);
  assert.deepEqual(eventStepsAfter(steps, { step: 100, eventsSoFar: 3, events: 3 }), [40, 40, 100]);
});

test('painting in the past forgets what came later', () => {
  assert.deepEqual(eventStepsUntil([10, 40, 90], 40), [10, 40]);
  const steps = [10, 40];
  assert.equal(eventStepsUntil(steps, 40), steps);
});

test('there are always as many marks as events, ascending', () => {
  const frame = fc
    .record({ step: fc.nat(500), eventsSoFar: fc.nat(20), later: fc.nat(20) })
    .map(({ step, eventsSoFar, later }) => ({ step, eventsSoFar, events: eventsSoFar + later }));
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 20 }), (frames) => {
      let steps: readonly number[] = [];
      for (const next of frames) {
        steps = eventStepsAfter(steps, next);
        assert.equal(steps.length, next.events);
        assert.ok(steps.slice(0, next.eventsSoFar).every((at) => at <= next.step));
      }
    }),
  );
});

test('the timeline is at least as long as the picture takes, and its marks lie on it', () => {
  assert.equal(timelineEnd(0, 64), 64);
  assert.equal(timelineEnd(300, 64), 300);
  const marks = timelineMarks([0, 1, 2, 150, 300, 900], 300);
  assert.ok(marks.every((mark) => mark >= 0 && mark <= 100));
  assert.equal(marks[0], 0);
  assert.equal(marks.at(-1), 100);
  assert.ok(
    timelineMarks(
      Array.from({ length: 5000 }, (_, step) => step),
      5000,
    ).length < 70,
  );
});
