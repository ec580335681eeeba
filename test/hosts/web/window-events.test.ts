import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createWindowEvents } from '#hosts/web/window-events.ts';
import { librarySummary } from './stand-in-service.ts';

test('what a window ends up with is the newest, however slow it was', () => {
  const offered = fc.record({ styles: fc.nat(9), isBehind: fc.boolean(), flushes: fc.boolean() });
  fc.assert(
    fc.property(fc.array(offered), (steps) => {
      let isBehind = false;
      const received: number[] = [];
      const events = createWindowEvents(
        (_, payload) => received.push((payload as { styles: number }).styles),
        () => isBehind,
      );
      for (const step of steps) {
        isBehind = step.isBehind;
        events.offer('library.changed', { ...librarySummary, styles: step.styles });
        if (step.flushes) events.flush();
        if (!isBehind) assert.equal(received.at(-1), step.styles);
      }
      isBehind = false;
      events.flush();
      assert.equal(received.at(-1), steps.at(-1)?.styles);
      assert.ok(received.length <= steps.length);
    }),
  );
});

test('of one job, its going replaces its changes; other jobs and notices stay', () => {
  let isBehind = true;
  const received: string[] = [];
  const events = createWindowEvents(
    (event, payload) => received.push(`${event} ${JSON.stringify(payload)}`),
    () => isBehind,
  );
  events.offer('app.notice', { message: 'one' });
  events.offer('jobs.removed', { jobId: 'a' });
  events.offer('jobs.removed', { jobId: 'b' });
  events.offer('app.notice', { message: 'two' });
  events.offer('jobs.removed', { jobId: 'a' });
  assert.deepEqual(received, []);
  isBehind = false;
  events.flush();
  assert.deepEqual(received, [
    'app.notice {"message":"one"}',
    'jobs.removed {"jobId":"b"}',
    'app.notice {"message":"two"}',
    'jobs.removed {"jobId":"a"}',
  ]);
});
