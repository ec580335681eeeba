import assert from 'node:assert/strict';
import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { AppError } from '#domain/errors.ts';
import { repairOptions, type RepairResult } from '#contract/shapes/repair.ts';
import { createStage, type ApplicationStage, type PlayedEngine } from '../application-stage.ts';

const opened = {
  ...{ width: 4, height: 3, previewWidth: 4, previewHeight: 3 },
  ...{ preview: new Uint8Array(1), format: 'jpeg' as const, bitDepth: 8 as const, hasAlpha: false },
  ...{ isLossless: false, notices: [] },
};
const result: RepairResult = {
  ...{ preview: new Uint8Array(1), region: { x: 0, y: 0, width: 1, height: 1 } },
  ...{ pixels: 12, repaired: 1, identical: 11, seconds: 0, patches: 1, notices: [] },
};
const mask = new Uint8Array(1);

/** An engine that keeps a photo as the real one does. */
const engine: PlayedEngine = {
  async 'repair.open'({ path, folder, name }) {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'photo'), await readFile(path));
    return { ...opened, name };
  },
  async 'repair.reopen'({ folder }) {
    const isRepaired = await isThere(join(folder, 'answer'));
    if (!(await isThere(join(folder, 'photo')))) throw new AppError('not-found', 'It is not open.');
    const photo = { ...opened, name: 'Holiday.JPG' };
    return { photo, mask, result: isRepaired ? result : null, options: null };
  },
  async 'repair.keepMask'({ folder, mask: painted }) {
    await writeFile(join(folder, 'mask'), painted);
    return {};
  },
  async 'repair.run'({ folder }) {
    await writeFile(join(folder, 'answer'), '');
    return result;
  },
  'repair.stop': () => ({}),
  async 'repair.write'({ folder, format }) {
    const extension = format === 'png' ? 'png' : 'jpg';
    const path = join(folder, `result.${extension}`);
    await writeFile(path, 'repaired');
    return { path, extension, bytes: 8, isExact: format === 'png' };
  },
};

async function openPhoto(stage: ApplicationStage): Promise<string> {
  const path = join(stage.folder, 'Holiday.JPG');
  await writeFile(path, 'photo');
  const { repairId, name } = await stage.ask('repair.open', { source: { path } });
  assert.equal(name, 'Holiday.JPG');
  return repairId;
}

const learning = repairOptions.parse({ learns: true });
const folderOf = (stage: ApplicationStage, repairId: string): string =>
  join(stage.folder, 'repairs', repairId);
const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
test('a photo is opened, repaired, saved under a free name or for a download, and closed', async () => {
  const stage = await createStage({ engine: { ...engine } });
  const repairId = await openPhoto(stage);
  assert.deepEqual(await stage.ask('repair.apply', { repairId, mask, options: learning }), result);
  assert.ok(stage.asked.includes('heavy repair.run'), 'what learns keeps nobody waiting');
  const save = { repairId, folder: stage.folder, format: 'original', keepsPlace: false } as const;
  const first = await stage.ask('repair.save', save);
  assert.deepEqual(
    { ...first, path: null },
    { path: null, fileName: 'Holiday repaired.jpg', bytes: 8, isExact: false },
  );
  assert.equal((await stage.ask('repair.save', save)).fileName, 'Holiday repaired-2.jpg');
  assert.equal(await readFile(join(stage.folder, 'Holiday.JPG'), 'utf8'), 'photo', 'never over the photo');

  await assert.rejects(stage.application.repairs.saved(repairId), { code: 'not-found' });
  const saved = await stage.ask('repair.save', { ...save, folder: null, format: 'png' });
  assert.deepEqual([saved.path, saved.fileName, saved.isExact], [null, 'Holiday repaired.png', true]);
  const download = await stage.application.repairs.saved(repairId);
  assert.equal(await readFile(download.path, 'utf8'), 'repaired');

  await stage.ask('repair.close', { repairId });
  await stage.ask('repair.close', { repairId });
  assert.deepEqual(await readdir(join(stage.folder, 'repairs')), []);
  await assert.rejects(stage.ask('repair.save', save), { code: 'not-found', message: /open it again/ });
});

test('an engine that dies takes nothing with it: the same photo is repaired by the next one', async () => {
  const stage = await createStage({ engine: { ...engine } });
  const repairId = await openPhoto(stage);
  stage.engine['repair.run'] = () => {
    throw new AppError('disconnected', 'The engine stopped.');
  };
  const apply = { repairId, mask, options: learning };
  await assert.rejects(stage.ask('repair.apply', apply), { code: 'disconnected' });
  stage.application.forgetGrowths();
  stage.engine['repair.run'] = ({ folder }) => {
    assert.equal(folder, folderOf(stage, repairId));
    return result;
  };
  assert.deepEqual(await stage.ask('repair.apply', apply), result);
});

test('one repair of a photo at a time; closed meanwhile, its folder goes when it ends', async () => {
  const stage = await createStage({ engine: { ...engine } });
  const repairId = await openPhoto(stage);
  const { promise, resolve } = Promise.withResolvers<RepairResult>();
  stage.engine['repair.run'] = () => promise;
  const apply = { repairId, mask, options: learning };
  const running = stage.ask('repair.apply', apply);
  await assert.rejects(stage.ask('repair.apply', apply), { code: 'busy', message: /wait for it/ });
  await stage.ask('repair.stop', { repairId });
  assert.ok(stage.asked.includes('heavy repair.stop'));
  await stage.ask('repair.close', { repairId });
  assert.ok(await isThere(folderOf(stage, repairId)));
  resolve(result);
  await running;
  assert.ok(!(await isThere(folderOf(stage, repairId))));
});

test('what cannot be opened leaves no folder; without a model, only learning is there', async () => {
  const stage = await createStage({ engine: { ...engine } });
  const repairId = await openPhoto(stage);
  await assert.rejects(stage.ask('repair.apply', { repairId, mask, options: repairOptions.parse({}) }), {
    code: 'not-found',
    message: /let this photo be learned/,
  });
  stage.engine['repair.open'] = async ({ folder }) => {
    await mkdir(folder, { recursive: true });
    throw new AppError('bad-image', 'It is no photo.');
  };
  const source = { path: join(stage.folder, 'Holiday.JPG') };
  await assert.rejects(stage.ask('repair.open', { source }), { code: 'bad-image' });
  assert.deepEqual(await readdir(join(stage.folder, 'repairs')), [repairId]);
});

test('learning is a job: the window may go, and another one finds the photo, its mask and its result', async () => {
  const stage = await createStage({ engine: { ...engine } });
  const repairId = await openPhoto(stage);
  const { promise, resolve } = Promise.withResolvers<undefined>();
  stage.engine['repair.run'] = async (call) => {
    assert.equal(call.mask, null, 'it goes by the mask that was kept');
    await promise;
    await writeFile(join(call.folder, 'answer'), '');
    return result;
  };
  const { jobId } = await stage.ask('repair.learn', { repairId, mask, options: learning });
  await assert.rejects(stage.ask('repair.learn', { repairId, mask, options: learning }), { code: 'busy' });
  await stage.ask('repair.close', { repairId });
  assert.ok(await isThere(folderOf(stage, repairId)), 'the job needs it');

  const early = await stage.ask('repair.reopen', { repairId });
  assert.deepEqual([early.photo.name, early.result, early.jobId], ['Holiday.JPG', null, jobId]);
  resolve(undefined);
  const job = await stage.application.queue.settled(jobId);
  assert.deepEqual(
    [job.kind, job.state, job.title, job.repairId],
    ['repair', 'done', 'Learn Holiday.JPG', repairId],
  );
  const { result: kept, mask: keptMask } = await stage.ask('repair.reopen', { repairId });
  assert.deepEqual([kept, keptMask], [result, mask]);
  await assert.rejects(stage.ask('repair.reopen', { repairId: 'gone' }), { code: 'not-found' });
});

test('enough learned, the job stops with a result; cancelled and closed, nothing is left', async () => {
  const stage = await createStage({ engine: { ...engine } });
  const repairId = await openPhoto(stage);
  const stopped = Promise.withResolvers<RepairResult>();
  stage.engine['repair.stop'] = () => {
    stopped.resolve(result);
    return {};
  };
  const running = Promise.withResolvers<undefined>();
  stage.engine['repair.run'] = () => {
    running.resolve(undefined);
    return stopped.promise;
  };
  const { jobId } = await stage.ask('repair.learn', { repairId, mask, options: learning });
  await running.promise;
  await stage.ask('jobs.stop', { jobId });
  assert.equal((await stage.application.queue.settled(jobId)).state, 'stopped');

  const begun = Promise.withResolvers<undefined>();
  stage.engine['repair.run'] = (_, { signal }) => {
    begun.resolve(undefined);
    return new Promise((_, reject) =>
      signal.addEventListener('abort', () => reject(new AppError('cancelled', 'It was cancelled.'))),
    );
  };
  await stage.ask('jobs.resume', { jobId });
  await begun.promise;
  await stage.ask('repair.close', { repairId });
  await stage.ask('jobs.cancel', { jobId });
  assert.equal((await stage.application.queue.settled(jobId)).state, 'cancelled');
  assert.deepEqual(await readdir(join(stage.folder, 'repairs')), []);
});
