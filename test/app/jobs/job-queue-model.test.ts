/** Whatever users, engines and power cuts do in whatever order: no job is lost, and none runs beside another. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { AppError } from '#domain/errors.ts';
import { createQueueStage, settle, type QueueStage } from './queue-stage.ts';

const failures = {
  'engine dies': 'disconnected',
  'disk fills': 'disk-full',
  'file is bad': 'bad-file',
  'is cancelled': 'cancelled',
} as const;

type Step =
  | { readonly step: 'add'; readonly kind: 'training' | 'export' }
  | { readonly step: 'pause' | 'resume' | 'stop' | 'cancel' | 'dismiss'; readonly job: number }
  | { readonly step: 'finish' | 'obey'; readonly run: number }
  | { readonly step: 'fail'; readonly run: number; readonly how: keyof typeof failures }
  | { readonly step: 'pass'; readonly ms: number }
  | { readonly step: 'kill' | 'close' };

const number = fc.nat({ max: 7 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ step: fc.constant('add'), kind: fc.constantFrom('training', 'export') }),
  fc.record({ step: fc.constantFrom('pause', 'resume', 'stop', 'cancel', 'dismiss'), job: number }),
  fc.record({ step: fc.constantFrom('finish', 'obey'), run: number }),
  fc.record({
    ...{ step: fc.constant('fail'), run: number },
    how: fc.constantFrom('engine dies', 'disk fills', 'file is bad', 'is cancelled'),
  }),
  fc.record({ step: fc.constant('pass'), ms: fc.nat({ max: 3000 }) }),
  fc.record({ step: fc.constantFrom('kill', 'close') }),
);

async function perform(stage: QueueStage, action: Step): Promise<QueueStage> {
  switch (action.step) {
    case 'add':
      stage.add(action.kind);
      return stage;
    case 'pause':
    case 'resume':
    case 'stop':
    case 'cancel':
    case 'dismiss': {
      const ids = [...stage.stored.keys()];
      if (ids.length === 0) return stage;
      try {
        await stage.queue[action.step](ids[action.job % ids.length]);
      } catch (failure) {
        assert.ok(failure instanceof AppError && failure.code === 'bad-argument', String(failure));
      }
      return stage;
    }
    case 'finish':
    case 'obey':
    case 'fail': {
      const runs = [...stage.running.values()];
      if (runs.length === 0) return stage;
      const run = runs[action.run % runs.length];
      if (action.step === 'fail') await run.fail(new AppError(failures[action.how], 'A sentence.'));
      else if (action.step === 'finish') await run.end('finished');
      else if (run.context.stopReason() !== null) await run.end('ended');
      return stage;
    }
    case 'pass':
      stage.time.pass(action.ms);
      return stage;
    case 'kill':
      return stage.restart();
    case 'close': {
      const closing = stage.queue.close();
      for (const run of [...stage.running.values()]) await run.end('ended');
      await closing;
      return stage.restart();
    }
    default:
      return action satisfies never;
  }
}

function check(stage: QueueStage, added: number, dismissed: number): void {
  const jobs = stage.queue.list();
  assert.equal(jobs.length, added - dismissed, 'no job is lost');
  assert.deepEqual(stage.bugs, []);
  const inRun = jobs.filter(({ state }) => ['running', 'pausing', 'stopping'].includes(state));
  for (const kind of ['training', 'export']) {
    const running = [...stage.running.keys()].filter((id) => stage.stored.get(id)!.kind === kind);
    assert.ok(running.length <= 1, `${running.length} run at once`);
    const isIdle = running.length === 0;
    const waiting = jobs.filter((job) => job.kind === kind && job.state === 'queued');
    assert.ok(!isIdle || waiting.length === 0, 'nobody waits for a turn that nobody has');
  }
  for (const { id, state } of inRun) {
    assert.ok(stage.running.has(id) || state === 'stopping', `${id} is ${state} and nobody runs it`);
  }
  for (const id of stage.running.keys()) assert.ok(inRun.some((job) => job.id === id));
  for (const { id, state } of jobs)
    assert.equal(stage.stored.get(id)!.state, state, 'the disk knows as much');
  const told = new Map(stage.told.map((job) => [job.id, job.state]));
  for (const { id, state } of jobs) assert.equal(told.get(id) ?? state, state, 'windows know as much');
}

test('in any order of what may happen, jobs keep their order and their state', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      let stage = createQueueStage();
      let added = 0;
      let dismissed = 0;
      for (const action of steps) {
        if (action.step === 'add') added++;
        const before = stage.stored.size;
        stage = await perform(stage, action);
        await settle();
        if (action.step === 'dismiss') dismissed += before - stage.stored.size;
        check(stage, added, dismissed);
      }
      // Nobody asks for anything any more: everything that began comes to an end.
      for (let i = 0; stage.running.size > 0; i++) {
        assert.ok(i < 1000);
        for (const run of [...stage.running.values()]) await run.end('finished');
        await settle();
      }
      const open = stage.queue.list().filter(({ state }) => ['queued', 'running'].includes(state));
      assert.deepEqual(open, []);
    }),
    { numRuns: 300 },
  );
});
