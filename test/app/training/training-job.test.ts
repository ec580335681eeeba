import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { AppError } from '#domain/errors.ts';
import { sha256 } from '#storage/content-store.ts';
import { encoderOf, ruleOf, single, type ApplicationStage } from '../application-stage.ts';
import {
  createTrainingStage,
  jobFolder,
  playedRun,
  report,
  source,
  startTraining,
} from './training-stage.ts';

test('a run that ends: its curve, scores and preview are kept, its model and a style of every picture are there', async () => {
  const stage = await createTrainingStage();
  const jobId = await startTraining(stage);
  const job = await stage.settled(jobId);
  assert.deepEqual(stage.bugs, []);
  assert.deepEqual([job.state, job.done, job.styleCount, job.message], ['done', 10, 4, null]);
  assert.deepEqual(stage.styleNames(), ['cat 1', 'cat 2', 'cat 3', 'cat 4']);
  const [model] = await stage.ask('models.list', {});
  assert.deepEqual([model.id, model.name, model.styles], [job.modelId, 'Cats', 4]);
  assert.equal(stage.library.files.path(sha256(Buffer.from('model'))).length > 0, true);

  const detail = await stage.ask('training.detail', { jobId });
  assert.deepEqual(
    detail.curve.map(({ iteration }) => iteration),
    [5, 10],
  );
  assert.deepEqual([detail.validations.length, detail.report?.iteration, detail.previewCount], [1, 10, 3]);
  assert.deepEqual([...(stage.library.store.picture(detail.preview ?? '') ?? [])], [1, 2, 3]);
  assert.equal(detail.checkpoint?.iteration, 10);
  const told = new Set(stage.events.map(({ event }) => event));
  for (const event of ['training.progress', 'training.validation', 'training.preview', 'library.changed'])
    assert.ok(told.has(event), event);
  assert.equal(existsSync(jobFolder(stage, jobId)), false, 'what is safe elsewhere is removed');
});

test('pausing keeps no model, and resuming goes on in the same folder', async () => {
  const stage = await createTrainingStage();
  const folders: string[] = [];
  stage.engine['training.run'] = playedRun({ stopsAt: 5, folders });
  const jobId = await startTraining(stage);
  await stage.ask('jobs.pause', { jobId });
  const paused = await stage.settled(jobId);
  assert.deepEqual([paused.state, paused.modelId], ['paused', null]);
  assert.ok(existsSync(jobFolder(stage, jobId)));
  stage.engine['training.run'] = playedRun({ from: 5, folders });
  await stage.ask('jobs.resume', { jobId });
  assert.equal((await stage.settled(jobId)).state, 'done');
  assert.deepEqual(folders, [jobFolder(stage, jobId), jobFolder(stage, jobId)]);
});

test('stop and keep: the model as it is and its styles; resumed, it learns on, and the model is a second one', async () => {
  const stage = await createTrainingStage();
  stage.engine['training.run'] = playedRun({ stopsAt: 5, model: 'half a model' });
  const jobId = await startTraining(stage);
  await stage.ask('jobs.stop', { jobId });
  const stopped = await stage.settled(jobId);
  assert.deepEqual([stopped.state, stopped.styleCount, stopped.canResume], ['stopped', 4, true]);
  assert.ok(existsSync(jobFolder(stage, jobId)), 'it can be gone on with');
  stage.engine['training.run'] = playedRun({ from: 5 });
  await stage.ask('jobs.resume', { jobId });
  const done = await stage.settled(jobId);
  assert.equal(done.state, 'done');
  const names = (await stage.ask('models.list', {})).map(({ name }) => name);
  assert.deepEqual(names.sort(), ['Cats', 'Cats 2']);
  assert.notEqual(done.modelId, stopped.modelId);
});

test('a paused run is stopped and kept: the engine publishes what its checkpoint holds', async () => {
  const stage = await createTrainingStage();
  stage.engine['training.run'] = playedRun({ stopsAt: 5 });
  const jobId = await startTraining(stage);
  await stage.ask('jobs.pause', { jobId });
  await stage.settled(jobId);
  stage.engine['training.run'] = playedRun({ from: 5, stopsAt: 5 });
  await stage.ask('jobs.stop', { jobId });
  const stopped = await stage.settled(jobId);
  assert.deepEqual([stopped.state, stopped.styleCount], ['stopped', 4]);
});

test('stopped before anything was trained, there is nothing to keep, and it says so', async () => {
  const stage = await createTrainingStage();
  stage.engine['training.run'] = playedRun({ stopsAt: 0, model: null });
  const jobId = await startTraining(stage);
  await stage.ask('jobs.stop', { jobId });
  const stopped = await stage.settled(jobId);
  assert.deepEqual([stopped.state, stopped.modelId], ['stopped', null]);
  assert.match(stopped.message ?? '', /nothing to keep/);
});

test('cancelling throws away its folder, its model and its styles, and nothing that was there before', async () => {
  const stage = await createTrainingStage();
  stage.engine['pictures.encode'] = encoderOf(3);
  const first = await stage.settled(await startTraining(stage));
  stage.time.pass(1000);
  // Of the same pictures and the same rules: three of these styles are there already, one of them in a pair with a new one.
  stage.engine['training.run'] = playedRun({ model: 'another model' });
  stage.engine['pictures.encode'] = async (params, call) => {
    const result = await encoderOf(6)(params, call);
    await stage.ask('jobs.cancel', { jobId });
    return result;
  };
  const jobId = await startTraining(stage);
  assert.equal((await stage.settled(jobId)).state, 'cancelled');
  assert.equal(existsSync(jobFolder(stage, jobId)), false);
  assert.deepEqual(stage.styleNames(), ['cat 1', 'cat 2', 'cat 3']);
  assert.deepEqual(
    (await stage.ask('models.list', {})).map(({ id }) => id),
    [first.modelId],
  );
});

test('killed while its styles were made, it does not train again, and goes on after the last that is safe', async () => {
  const stage = await createTrainingStage();
  let killed: Promise<ApplicationStage> | undefined;
  stage.engine['pictures.encode'] = async (params, call) => {
    await encoderOf(2)(params, call);
    killed = stage.kill();
    return new Promise(() => undefined);
  };
  const jobId = await startTraining(stage);
  while (killed === undefined) await new Promise((resolve) => setImmediate(resolve));
  const next = await killed;
  const skips: number[] = [];
  next.engine['pictures.encode'] = (params, call) => {
    skips.push(params.skip);
    return encoderOf(4)(params, call);
  };
  assert.deepEqual(next.styleNames(), ['cat 1', 'cat 2']);
  await next.ask('jobs.resume', { jobId });
  const job = await next.settled(jobId);
  assert.deepEqual([job.state, job.styleCount, skips], ['done', 4, [2]]);
  assert.deepEqual(next.asked, ['heavy pictures.encode']);
  assert.equal((await next.ask('models.list', {})).length, 1);
});

test('a model of one picture is one style, with its score and the picture it is of', async () => {
  const stage = await createTrainingStage();
  const style = { name: 'x', spec: single, ...ruleOf(1) };
  const picture = Uint8Array.of(4, 4);
  const model = stage.engine['files.inspect']!;
  stage.engine['files.inspect'] = async (params, call) => {
    const inspected = await model(params, call);
    assert.equal(inspected.kind, 'model');
    return { ...inspected, spec: single, style, picture };
  };
  stage.engine['training.scan'] = ({ wishes }) => ({
    ...{ count: 1, duplicates: 0, skippedCount: 0, skipped: [], warnings: [] },
    ...{ preview: Uint8Array.of(5, 5), previewCount: wishes.limit ?? 0 },
  });
  const job = await stage.settled(await startTraining(stage, { preset: 'single' }));
  assert.deepEqual([job.state, job.styleCount], ['done', 1]);
  const detail = await stage.ask('gallery.detail', { kind: 'style', id: job.styleIds[0] });
  assert.ok(detail.kind === 'style');
  assert.deepEqual([detail.name, detail.modelId, detail.score?.psnr], ['Cats', job.modelId, 21]);
  assert.deepEqual([...(stage.library.store.picture(detail.sourcePicture ?? '') ?? [])], [5, 5]);
  assert.ok(!stage.asked.includes('heavy pictures.encode'));
});

test('a folder that is not there is told before anything is queued', async () => {
  const stage = await createTrainingStage();
  const gone = { kind: 'folder', path: join(stage.folder, 'gone') } as const;
  await assert.rejects(
    stage.ask('training.start', {
      source: gone,
      wishes: await source(stage).then(({ wishes }) => wishes),
      name: null,
    }),
    { code: 'not-found' },
  );
  assert.deepEqual((await stage.ask('app.snapshot', {})).jobs, []);
});

test('nothing is measured beside a training that runs', async () => {
  const stage = await createTrainingStage();
  stage.engine['training.run'] = () => new Promise(() => undefined);
  await startTraining(stage);
  const { source: pictures, wishes } = await source(stage);
  await assert.rejects(stage.ask('training.estimate', { source: pictures, wishes }), { code: 'busy' });
});

test('what is left of jobs that nobody knows is swept at the start', async () => {
  const stage = await createTrainingStage();
  await mkdir(join(stage.folder, 'jobs', 'forgotten'), { recursive: true });
  await writeFile(join(stage.folder, 'jobs', 'forgotten', 'checkpoint'), 'x');
  await mkdir(join(stage.folder, 'jobs', 'of-a-later-library'));
  await utimes(join(stage.folder, 'jobs', 'forgotten'), 1e9, 1e9);
  const next = await stage.kill();
  while (existsSync(join(next.folder, 'jobs', 'forgotten')))
    await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(next.bugs, []);
  assert.ok(existsSync(join(next.folder, 'jobs', 'of-a-later-library')));
});

test('a disconnected engine is asked once more, from the checkpoint', async () => {
  const stage = await createTrainingStage();
  let deaths = 0;
  stage.engine['training.run'] = (params, call) => {
    if (deaths++ === 0) throw new AppError('disconnected', 'The engine ended unexpectedly.');
    return playedRun({ from: 5 })(params, call);
  };
  const job = await stage.settled(await startTraining(stage));
  assert.deepEqual([job.state, deaths], ['done', 2]);
  assert.equal(report(10).iteration, 10);
});

test('what a scan found is remembered: the source, and how much could be used', async () => {
  const stage = await createTrainingStage();
  stage.engine['training.scan'] = () => ({
    ...{ count: 7, duplicates: 1, skippedCount: 1, skipped: [{ path: 'a.png', reason: 'empty file' }] },
    ...{ warnings: [], preview: Uint8Array.of(5), previewCount: 7 },
  });
  const wanted = await source(stage);
  await stage.ask('training.scan', { source: wanted.source, wishes: wanted.wishes });
  const [found, ...others] = await stage.ask('training.sources', {});
  assert.deepEqual(others, []);
  assert.deepEqual([found.source, found.pictures, found.skipped], [wanted.source, 7, 1]);
  assert.deepEqual(stage.library.store.datasetSkips(wanted.source), [
    { path: 'a.png', reason: 'empty file' },
  ]);
});
