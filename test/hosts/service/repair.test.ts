/** A photo through the whole application, with its own engine processes: sent, repaired by learning, saved, downloaded. */
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import sharp from 'sharp';
import type { Job } from '#contract/shapes/jobs.ts';
import { openPhoto, readRegion } from '#media/photo/photo.ts';
import { readFileBytes } from '#storage/atomic-file.ts';
import { samplePhoto } from '#test/media/photo/sample-photo.ts';
import { newFolder, openService, type ServiceStage } from './service-stage.ts';

test('a photo that a window sent is repaired and comes back with everything outside the mask as it was', async (t) => {
  const data = await newFolder(t);
  const { service, window, bugs } = await openService(t, data);
  const size = { width: 48, height: 36 };
  const { file } = await samplePhoto({ format: 'png', bitDepth: 16, bands: 3, ...size });
  const upload = await service.uploads.create();
  await service.uploads.add(upload, 'Old wall.png', asStream(file));
  const opened = await window.call('repair.open', { source: { upload } });
  const { repairId, name, isLossless, previewWidth } = opened;
  assert.deepEqual([name, isLossless, previewWidth], ['Old wall.png', true, 48]);

  const mask = await maskOf(size);
  const phases: string[] = [];
  const options = { learns: true, iterations: 2, feather: 0 };
  const result = await window.call(
    'repair.apply',
    { repairId, mask, options },
    { onProgress: ({ phase }) => void phases.push(phase) },
  );
  assert.deepEqual(
    [result.pixels, result.repaired, result.identical, result.patches],
    [48 * 36, 48, 48 * 36 - 48, 1],
  );
  assert.match(phases[0], /Learning/);
  assert.equal((await sharp(result.preview).metadata()).width, 48);

  await window.call('repair.save', { repairId });
  const { fileName, type, body } = await service.download('repair', repairId);
  assert.deepEqual([fileName, type], ['Old wall repaired.png', 'image/png']);
  assert.ok('path' in body);
  const rect = { x: 0, y: 0, ...size };
  const before = await readRegion(await openPhoto(file), rect);
  const after = await readRegion(await openPhoto(await readFileBytes(body.path)), rect);
  const changed = [...before.keys()].filter((i) => before[i] !== after[i]);
  assert.ok(changed.length > 0);
  for (const i of changed) {
    const [x, y] = [Math.floor(i / 3) % 48, Math.floor(i / 3 / 48)];
    assert.ok(x >= 20 && x < 28 && y >= 12 && y < 18);
  }
  await window.call('repair.close', { repairId });
  assert.deepEqual(await readdir(join(data, 'repairs')), []);
  await assert.rejects(service.download('repair', repairId), { code: 'not-found' });
  assert.deepEqual(bugs, []);
});

test('learning goes on after the program ended in the middle of it, from what it had learned', async (t) => {
  const data = await newFolder(t);
  const before = await openService(t, data);
  const size = { width: 48, height: 36 };
  const { file } = await samplePhoto({ format: 'png', bitDepth: 8, bands: 3, ...size });
  const upload = await before.service.uploads.create();
  await before.service.uploads.add(upload, 'wall.png', asStream(file));
  const { repairId } = await before.window.call('repair.open', { source: { upload } });
  const learning = learned(before.window, ({ done, phase }) => phase.startsWith('Learning') && done >= 2);
  const options = { learns: true, iterations: 24, feather: 0 };
  const mask = await maskOf(size);
  const { jobId } = await before.window.call('repair.learn', { repairId, mask, options });
  await learning;
  await before.service.close();
  assert.deepEqual(before.bugs, []);

  const after = await openService(t, data);
  const [job] = (await after.window.call('app.snapshot', {})).jobs;
  assert.deepEqual([job.id, job.state, job.repairId], [jobId, 'interrupted', repairId]);
  const left = await after.window.call('repair.reopen', { repairId });
  assert.deepEqual([left.photo.name, left.result, left.jobId], ['wall.png', null, jobId]);
  assert.deepEqual(left.mask, mask);
  const first = learned(after.window, ({ phase }) => phase.startsWith('Learning'));
  const done = learned(after.window, ({ state }) => state === 'done');
  await after.window.call('jobs.resume', { jobId });
  assert.ok((await first).done >= 2, 'what was learned is not learned again');
  await done;
  const { result } = await after.window.call('repair.reopen', { repairId });
  assert.deepEqual([result?.repaired, result?.patches], [48, 1]);
  assert.deepEqual(after.bugs, []);
});

/** A change of a job that says so. */
function learned(window: ServiceStage['window'], says: (job: Job) => boolean): Promise<Job> {
  return new Promise((resolve) => {
    window.on('jobs.changed', (job) => {
      if (says(job)) resolve(job);
    });
  });
}

async function maskOf(size: { width: number; height: number }): Promise<Uint8Array> {
  const white = { create: { width: 8, height: 6, channels: 3 as const, background: '#fff' } };
  const mask = await sharp({ create: { ...size, channels: 3, background: '#000' } })
    .composite([{ input: white, left: 20, top: 12 }])
    .png()
    .toBuffer();
  return new Uint8Array(mask);
}

async function* asStream(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  await Promise.resolve();
  yield bytes;
}
