import assert from 'node:assert/strict';
import test from 'node:test';
import {
  runTraining,
  type RunProgress,
  type TrainingEvent,
  type TrainingPlan,
  type TrainingPorts,
} from '#app/training-run.ts';

const plan: TrainingPlan = {
  iterations: 10,
  validateEvery: 4,
  previewEvery: 5,
  saveEveryMs: 1e9,
  reportEveryMs: 1e9,
};

interface Stage {
  readonly ports: TrainingPorts;
  /** What was done, in order: save 3, validate 4, … */
  readonly done: string[];
  readonly events: TrainingEvent[];
  readonly saved: RunProgress[];
  readonly published: RunProgress[];
}

interface StageSetup {
  readonly iteration?: number;
  readonly stepMs?: number;
  readonly saveMs?: number;
  readonly stopAfter?: number;
  readonly failAt?: number;
  readonly failSaving?: boolean;
  readonly hasJudges?: boolean;
  /** Begins the next step as soon as it may. */
  readonly isAhead?: boolean;
}

/** Ports that only note what they are asked for; time passes in steps and saves alone. */
function stage(setup: StageSetup = {}): Stage {
  const { stepMs = 100, saveMs = 0, stopAfter = Infinity, failAt, hasJudges = true } = setup;
  let nowMs = 50;
  let iteration = setup.iteration ?? 0;
  let told = iteration;
  let begun = iteration;
  const done: string[] = [];
  const events: TrainingEvent[] = [];
  const saved: RunProgress[] = [];
  const published: RunProgress[] = [];
  const ports: TrainingPorts = {
    trainer: {
      get iteration() {
        return iteration;
      },
      step(isFollowed) {
        if (told + 1 === failAt) return Promise.reject(new Error('not finite'));
        iteration = ++told;
        begun = setup.isAhead && isFollowed ? told + 1 : told;
        nowMs += stepMs;
        return Promise.resolve({ iteration, loss: 1 / iteration, learningRate: 0.1 });
      },
    },
    nowMs: () => nowMs,
    pause: () => Promise.resolve(),
    isStopped: () => iteration >= stopAfter,
    save(progress) {
      if (setup.failSaving) return Promise.reject(new Error('disk full'));
      nowMs += saveMs;
      iteration = begun;
      done.push(`save ${iteration}`);
      saved.push(progress);
      return Promise.resolve(`checkpoint-${iteration}`);
    },
    validate() {
      iteration = begun;
      done.push(`validate ${iteration}`);
      return Promise.resolve(hasJudges ? { mse: 0.01, psnr: 20 + iteration, ssim: 0.5 } : null);
    },
    drawPreview() {
      iteration = begun;
      done.push(`preview ${iteration}`);
      return Promise.resolve('preview.png');
    },
    publish(progress) {
      iteration = begun;
      done.push(`publish ${iteration}`);
      published.push(progress);
      return Promise.resolve('model.safetensors');
    },
    emit: (event) => events.push(event),
  };
  return { ports, done, events, saved, published };
}

test('a whole run: saved before it begins and when it ends, judged and drawn in between and at the end', async () => {
  const { ports, done, events, saved, published } = stage();
  const outcome = await runTraining(plan, ports, null);
  assert.deepEqual(done, [
    'save 0',
    'validate 4',
    'preview 5',
    'validate 8',
    'preview 10',
    'validate 10',
    'save 10',
    'publish 10',
  ]);
  const score = { iteration: 10, mse: 0.01, psnr: 30, ssim: 0.5 };
  assert.deepEqual(outcome, {
    ...{ iteration: 10, seconds: 1, score, model: 'model.safetensors' },
    isFinished: true,
  });
  assert.deepEqual(saved, [
    { elapsedMs: 0, iterations: 10, isFinished: false, score: null },
    { elapsedMs: 1000, iterations: 10, isFinished: true, score },
  ]);
  assert.deepEqual(published, saved.slice(1));
  assert.deepEqual(
    events.map(({ event }) => event),
    [
      ...['started', 'checkpoint', 'validation', 'preview', 'validation', 'preview'],
      ...['progress', 'validation', 'checkpoint', 'ended'],
    ],
  );
  assert.deepEqual(JSON.parse(JSON.stringify(events)), events, 'every event survives JSON');
});

test('a trainer that is a step ahead is judged and drawn where any other is, saved where it is, and misses no step', async () => {
  const often = { ...plan, saveEveryMs: 300, reportEveryMs: 1 };
  const usual = stage();
  await runTraining(often, usual.ports, null);
  const ahead = stage({ isAhead: true });
  const outcome = await runTraining(often, ahead.ports, null);
  const looks = (done: readonly string[]): string[] => done.filter((what) => !what.startsWith('save'));
  assert.deepEqual(looks(ahead.done), looks(usual.done));
  assert.deepEqual(
    ahead.done.filter((what) => what.startsWith('save')),
    ['save 0', 'save 4', 'save 7', 'save 10', 'save 10'],
  );
  const reported = (events: readonly TrainingEvent[]): number[] =>
    events.flatMap((event) => (event.event === 'progress' ? [event.iteration] : []));
  assert.deepEqual(reported(ahead.events), reported(usual.events));
  assert.ok(outcome.isFinished);

  const stopped = stage({ isAhead: true, stopAfter: 6 });
  const { iteration, isFinished } = await runTraining({ ...plan, saveEveryMs: 1e9 }, stopped.ports, null);
  assert.deepEqual(
    [iteration, isFinished, stopped.done.at(-2), stopped.done.at(-1)],
    [7, false, 'save 7', 'publish 7'],
  );
});

test('a run that is stopped is saved and published as it is, not judged, and not finished', async () => {
  const { ports, done, events, saved } = stage({ stopAfter: 6 });
  const outcome = await runTraining(plan, ports, null);
  assert.deepEqual(done, ['save 0', 'validate 4', 'preview 5', 'save 6', 'publish 6']);
  assert.equal(outcome.isFinished, false);
  assert.deepEqual(saved.at(-1), {
    ...{ elapsedMs: 600, iterations: 10, isFinished: false },
    // Of four iterations, and it says so.
    score: { iteration: 4, mse: 0.01, psnr: 24, ssim: 0.5 },
  });
  const last = events.at(-1);
  assert.ok(last?.event === 'ended' && last.reason === 'stopped');
});

test('a resumed run goes on with its time and score, and is not saved again before its first iteration', async () => {
  const score = { iteration: 4, mse: 0.02, psnr: 24, ssim: 0.4 };
  const earlier = { elapsedMs: 5000, iterations: 10, isFinished: false, score };
  const { ports, done, saved } = stage({ iteration: 6, stopAfter: 7 });
  await runTraining(plan, ports, earlier);
  assert.deepEqual(done, ['save 7', 'publish 7']);
  assert.deepEqual(saved, [{ elapsedMs: 5100, iterations: 10, isFinished: false, score }]);
});

test('stopped before its first iteration, a resumed run has nothing to save', async () => {
  const earlier = { elapsedMs: 5000, iterations: 10, isFinished: false, score: null };
  const { ports, done } = stage({ iteration: 6, stopAfter: 0 });
  await runTraining(plan, ports, earlier);
  assert.deepEqual(done, ['publish 6']);
});

test('an iteration that fails ends the run, and nothing is written after it', async () => {
  const { ports, done, events } = stage({ failAt: 6 });
  await assert.rejects(runTraining(plan, ports, null), /not finite/);
  assert.deepEqual(done, ['save 0', 'validate 4', 'preview 5']);
  assert.ok(!events.some(({ event }) => event === 'ended'));
});

test('where no checkpoint can be written, nothing is trained', async () => {
  const { ports, done } = stage({ failSaving: true });
  await assert.rejects(runTraining(plan, ports, null), /disk full/);
  assert.equal(ports.trainer.iteration, 0);
  assert.deepEqual(done, []);
});

test('checkpoints come by the clock, reports too', async () => {
  const { ports, done, events } = stage();
  const clocked = { ...plan, validateEvery: 0, previewEvery: 0, saveEveryMs: 300, reportEveryMs: 400 };
  await runTraining(clocked, ports, null);
  assert.deepEqual(done, ['save 0', 'save 3', 'save 6', 'save 9', 'save 10', 'publish 10']);
  const reports = events.filter((event) => event.event === 'progress');
  assert.deepEqual(
    reports.map(({ iteration }) => iteration),
    [4, 8, 10],
  );
});

test('a slow disk is saved to less often: saving takes at most a twentieth of the time', async () => {
  const { ports, done } = stage({ saveMs: 50 });
  const clocked = { ...plan, iterations: 30, validateEvery: 0, previewEvery: 0, saveEveryMs: 300 };
  await runTraining(clocked, ports, null);
  assert.deepEqual(done, ['save 0', 'save 3', 'save 13', 'save 23', 'save 30', 'publish 30']);
});

test('without pictures to judge by there is no score and no event of one', async () => {
  const { ports, events } = stage({ hasJudges: false });
  assert.equal((await runTraining(plan, ports, null)).score, null);
  assert.ok(!events.some(({ event }) => event === 'validation'));
});
