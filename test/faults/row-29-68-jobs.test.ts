/** Rows 29, 39, 45, 48, 66, 67 and 68 as far as jobs go: nothing that was kept is lost, and the user reads a sentence. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import test from 'node:test';
import { AppError } from '#domain/errors.ts';
import { encoderOf } from '#test/app/application-stage.ts';
import {
  createTrainingStage,
  jobFolder,
  playedRun,
  report,
  startTraining,
} from '#test/app/training/training-stage.ts';

const never = new Promise<never>(() => undefined);

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}

test('row 29: no room for a checkpoint pauses the training, says the bytes, and keeps the checkpoint before', async () => {
  const stage = await createTrainingStage();
  stage.engine['training.run'] = async (params, call) => {
    await playedRun({ model: null })(params, call);
    const sentence = 'There is no room left on the disk for checkpoint-10 (5 MB needed): free some space.';
    throw new AppError('disk-full', sentence);
  };
  const jobId = await startTraining(stage);
  const paused = await stage.settled(jobId);
  assert.equal(paused.state, 'paused');
  assert.match(paused.message ?? '', /no room left .*5 MB needed.*before is kept: resume when there is room/);
  assert.ok(existsSync(jobFolder(stage, jobId)));
  assert.deepEqual((await stage.ask('models.list', {})).length, 0, 'nothing half-done is in the library');
  stage.engine['training.run'] = playedRun({ from: 5 });
  await stage.ask('jobs.resume', { jobId });
  assert.equal((await stage.settled(jobId)).state, 'done');
});

test('row 29: no room for the library while pictures become styles pauses the job; resumed, each is there once', async () => {
  const stage = await createTrainingStage();
  const encode = encoderOf(4);
  stage.engine['pictures.encode'] = async (params, call) => {
    await encode({ ...params, limit: 2 }, call);
    throw new AppError('disk-full', 'There is no room left on the disk for the library.');
  };
  const jobId = await startTraining(stage);
  assert.equal((await stage.settled(jobId)).state, 'paused');
  assert.deepEqual(stage.styleNames(), ['cat 1', 'cat 2']);
  stage.engine['pictures.encode'] = encode;
  await stage.ask('jobs.resume', { jobId });
  assert.equal((await stage.settled(jobId)).state, 'done');
  assert.deepEqual(stage.styleNames(), ['cat 1', 'cat 2', 'cat 3', 'cat 4']);
});

test('row 39: killed after a checkpoint and some more, it resumes there, and the curve has no iteration twice', async () => {
  const stage = await createTrainingStage();
  let isPast = false;
  stage.engine['training.run'] = async ({ folder }, { progress }) => {
    await progress({ event: 'started', iteration: 0, iterations: 10, place: null });
    await progress({ event: 'progress', report: report(4) });
    await progress({ event: 'checkpoint', iteration: 4 });
    stage.time.pass(2000);
    await progress({ event: 'progress', report: report(7) });
    isPast = folder !== '';
    return never;
  };
  const jobId = await startTraining(stage);
  await until(() => isPast);
  assert.equal((await stage.ask('training.detail', { jobId })).curve.length, 2);

  const next = await stage.kill();
  const [job] = (await next.ask('app.snapshot', {})).jobs;
  assert.deepEqual([job.id, job.state, job.canResume], [jobId, 'interrupted', true]);
  assert.match(job.message ?? '', /resume it to go on/);
  assert.deepEqual(next.asked, [], 'resuming is the user’s choice');
  next.engine['training.run'] = playedRun({ from: 4 });
  await next.ask('jobs.resume', { jobId });
  assert.equal((await next.settled(jobId)).state, 'done');
  const { curve } = await next.ask('training.detail', { jobId });
  assert.deepEqual(
    curve.map(({ iteration }) => iteration),
    [4, 9],
  );
});

test('row 45: the window goes away and comes back; the training never knew, and the new one is told all', async () => {
  const stage = await createTrainingStage();
  let goOn = (): void => undefined;
  stage.engine['training.run'] = async (params, call) => {
    await call.progress({ event: 'started', iteration: 0, iterations: 10, place: null });
    await call.progress({ event: 'progress', report: report(5) });
    await call.progress({ event: 'checkpoint', iteration: 5 });
    await new Promise<void>((resolve) => (goOn = resolve));
    return playedRun({ from: 5 })(params, call);
  };
  const jobId = await startTraining(stage);
  await until(() => stage.events.some(({ event }) => event === 'training.progress'));
  await until(() => stage.library.store.curve(jobId, 10).curve.length === 1);
  const [job] = (await stage.ask('app.snapshot', {})).jobs;
  assert.deepEqual([job.state, job.done, job.total, job.phase], ['running', 5, 10, 'Training']);
  const { curve, report: last } = await stage.ask('training.detail', { jobId });
  assert.deepEqual([curve.length, last?.iteration], [1, 5]);
  goOn();
  assert.equal((await stage.settled(jobId)).state, 'done');
});

test('row 48: going on from an older checkpoint is told, and stays told', async () => {
  const stage = await createTrainingStage();
  const notice = 'A newer checkpoint could not be read, so training goes on from iteration 5.';
  stage.engine['training.run'] = playedRun({ from: 5, notice });
  const job = await stage.settled(await startTraining(stage));
  assert.deepEqual([job.state, job.message], ['done', notice]);
});

test('rows 66 and 67: the clock jumps, the machine sleeps for a night, and the training goes on', async () => {
  const stage = await createTrainingStage();
  stage.engine['training.run'] = async (params, call) => {
    stage.time.jump(-365 * 24 * 3600 * 1000);
    await call.progress({ event: 'started', iteration: 0, iterations: 10, place: null });
    stage.time.pass(8 * 3600 * 1000);
    return playedRun()(params, call);
  };
  const job = await stage.settled(await startTraining(stage));
  assert.deepEqual([job.state, job.done], ['done', 10]);
});

test('row 67: before the machine sleeps the training saves; a machine that never wakes lost nothing', async () => {
  const stage = await createTrainingStage();
  let saved = 0;
  stage.engine['training.run'] = async (params, call) => {
    const result = await playedRun({ stopsAt: 5 })(params, call);
    saved += 1;
    return result;
  };
  const jobId = await startTraining(stage);
  await until(() => stage.events.some(({ event }) => event === 'training.checkpoint'));
  await stage.application.queue.sleep();
  assert.equal(saved, 1, 'the run ended by saving, not by being cut off');
  assert.equal(stage.library.store.jobs()[0].state, 'queued');

  stage.engine['training.run'] = playedRun({ from: 5 });
  const next = await stage.kill();
  assert.equal((await next.settled(jobId)).state, 'done', 'it goes on by itself at the next start');
});

test('row 68: closing lets the training save; nothing that was asked is lost at the next start', async () => {
  const stage = await createTrainingStage();
  let isSaved = false;
  stage.engine['training.run'] = async (params, call) => {
    const result = await playedRun({ stopsAt: 5 })(params, call);
    isSaved = call.signal.aborted;
    return result;
  };
  const jobId = await startTraining(stage);
  const second = await startTraining(stage);
  await until(() => stage.events.some(({ event }) => event === 'training.progress'));
  await stage.application.close();
  assert.ok(isSaved);
  const stored = new Map(stage.library.store.jobs().map((job) => [job.id, job]));
  assert.equal(stored.get(jobId)!.state, 'interrupted');
  assert.equal(stored.get(second)!.state, 'queued');
  assert.equal(stage.time.waiting, 0, 'no timer keeps the program from ending');
  assert.deepEqual((await stage.ask('models.list', {})).length, 0);
});
