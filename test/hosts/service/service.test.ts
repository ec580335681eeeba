/** The whole application with its real library and real engine processes, asked as a window asks. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { AppContract } from '#contract/app-contract.ts';
import type { EventPayload } from '#contract/contract.ts';
import type { Client } from '#contract/rpc.ts';
import type { Frame } from '#contract/shapes/growth.ts';
import type { Job } from '#contract/shapes/jobs.ts';
import { newFolder, openService, openWindow } from './service-stage.ts';

const wishes = { preset: 'sketch', iterations: 10, batch: 4, limit: 8 } as const;
const emoji = { kind: 'sample', name: 'emoji' } as const;

/** As a window waits: by events. */
function ended(window: Client<AppContract>, jobId: string): Promise<Job> {
  return new Promise((resolve) => {
    const settle = (job: Job): void => {
      if (job.id !== jobId || ['queued', 'running', 'pausing', 'stopping'].includes(job.state)) return;
      off();
      resolve(job);
    };
    const off = window.on('jobs.changed', settle);
    void window.call('app.snapshot', {}).then(({ jobs }) => jobs.forEach(settle));
  });
}

async function start(window: Client<AppContract>, t: TestContext): Promise<Job> {
  const { jobId } = await window.call('training.start', { source: emoji, wishes });
  const job = await ended(window, jobId);
  t.diagnostic(`${job.state}: ${job.styleCount} styles in ${(job.endedMs ?? 0) - job.createdMs} ms`);
  return job;
}

test('scan, train, styles, grow, paint, save, replay, export, import elsewhere', async (t) => {
  const { service, window, bugs } = await openService(t, await newFolder(t));
  await service.ready;
  const first = await window.call('app.snapshot', {});
  assert.equal(first.engine.status, 'ready');
  assert.deepEqual(
    { models: first.library.models, styles: first.library.styles, jobs: first.jobs },
    { models: 3, styles: 1, jobs: [] },
    'what comes with the program is there, and of the parrot the style, too',
  );

  const scan = await window.call('training.scan', { source: emoji, wishes });
  assert.equal(scan.count, 8);
  const validations: EventPayload<AppContract, 'training.validation'>[] = [];
  window.on('training.validation', (point) => validations.push(point));
  const job = await start(window, t);
  assert.equal(job.state, 'done', job.message ?? '');
  assert.equal(job.styleCount, 8);
  assert.equal(validations.at(-1)?.iteration, 10);
  const detail = await window.call('training.detail', { jobId: job.id });
  assert.ok(detail.curve.length > 0 && detail.preview !== null);
  assert.deepEqual([...service.picture(detail.preview)!.subarray(1, 4)], [...Buffer.from('PNG')]);
  const model = (await window.call('models.list', {})).find(({ id }) => id === job.modelId);
  assert.deepEqual([model?.name, model?.styles, model?.iterations], ['Emoji 2', 8, 10]);

  const styleId = job.styleIds[0];
  const growth = await window.call('growth.open', { styleIds: [styleId], stepsPerSecond: 2000 });
  const frames: Frame[] = [];
  let isHurt = false;
  const watching = new AbortController();
  const watch = window.call(
    'growth.watch',
    { growthId: growth.growthId },
    {
      signal: watching.signal,
      async onProgress(frame) {
        frames.push(frame);
        if (frame.step < 20 || isHurt) return;
        isHurt = true;
        const { growthId } = growth;
        await window.call('growth.control', { growthId, control: { kind: 'pause' } });
        const { height, width } = frame;
        const marks = [{ kind: 'erase', x: width / 2, y: height / 2, radius: 4 }] as const;
        await window.call('growth.paint', { growthId, stroke: { stroke: 1, marks: [...marks] } });
        await window.call('growth.control', { growthId, control: { kind: 'step', by: 10 } });
        watching.abort();
      },
    },
  );
  await watch;
  assert.ok(frames.every(({ rgba, width, height }) => rgba?.length === width * height * 4));
  const { growthId } = growth;
  const saved = await window.call('growth.save', { growthId, name: '<b>Hurt</b>' });
  const artwork = await window.call('gallery.detail', { kind: 'artwork', id: saved.artworkId });
  assert.ok(artwork.kind === 'artwork' && artwork.recipe.events.length === 1);
  assert.equal(artwork.name, '<b>Hurt</b>');
  assert.ok(artwork.parents.some(({ id }) => id === styleId));
  await window.call('growth.close', { growthId });
  await assert.rejects(window.call('growth.save', { growthId, name: 'Late' }), { code: 'not-found' });

  // Its recipe outlives its style.
  await window.call('gallery.delete', { items: [{ kind: 'style', id: styleId }] });
  const replay = await window.call('artworks.replay', { artworkId: saved.artworkId });
  assert.deepEqual(replay, { digest: saved.digest, isSame: true });
  assert.equal((await window.call('undo.undo', {})).styles, 9);

  const folder = await newFolder(t);
  const items = [
    ...job.styleIds.map((id) => ({ kind: 'style', id }) as const),
    { kind: 'model', id: job.modelId! } as const,
    { kind: 'artwork', id: saved.artworkId } as const,
  ];
  const exported = await window.call('export.start', { items, folder });
  assert.equal((await ended(window, exported.jobId)).state, 'done');
  const names = (await readdir(folder)).sort();
  assert.equal(names.length, 10, names.join());
  assert.ok(names.includes('_b_Hurt__b_.png') && names.includes('Emoji 2.safetensors'), names.join());
  const file = await service.download('style', styleId);
  assert.ok(file.body instanceof Uint8Array && names.includes(file.fileName));
  const written = await readFile(join(folder, file.fileName));
  assert.equal(sha256(written), sha256(file.body));
  const sources = names.filter((name) => name.endsWith('.safetensors')).map((name) => join(folder, name));
  await window.call('jobs.dismiss', { jobId: job.id });
  assert.deepEqual(bugs, []);
  await service.close();

  const second = await openService(t, await newFolder(t));
  await second.service.ready;
  const bad = join(folder, 'bad.safetensors');
  await writeFile(bad, 'not a model at all');
  for (const time of ['first', 'again']) {
    const paths = [...sources, bad].map((path) => ({ path }));
    const { jobId } = await second.window.call('import.start', { sources: paths });
    const done = await ended(second.window, jobId);
    assert.equal(done.state, 'done', done.message ?? '');
    const { library } = await second.window.call('app.snapshot', {});
    assert.deepEqual([library.styles, library.models], [9, 4], time);
    const left = await second.window.call('jobs.skipped', { jobId });
    assert.deepEqual(
      left.map(({ path }) => path),
      [bad],
    );
    assert.match(done.message ?? '', /bad\.safetensors/);
  }
  const again = await second.window.call('models.list', {});
  assert.ok(again.some(({ name, canEncode, isBundled }) => name === 'Emoji 2' && canEncode && !isBundled));
  assert.deepEqual(second.bugs, []);
});

test('a service that is closed while it trains resumes at its checkpoint, in another process', async (t) => {
  const data = await newFolder(t);
  const before = await openService(t, data);
  const long = { ...wishes, iterations: 60 };
  const { jobId } = await before.window.call('training.start', { source: emoji, wishes: long });
  await new Promise<void>((resolve) => {
    before.window.on('training.preview', () => resolve());
  });
  await before.service.close();
  assert.deepEqual(before.bugs, []);

  const after = await openService(t, data);
  const [job] = (await after.window.call('app.snapshot', {})).jobs;
  assert.deepEqual([job.id, job.state, job.canResume], [jobId, 'interrupted', true]);
  assert.match(job.message ?? '', /resume it/);
  const reached = job.done;
  assert.ok(reached > 0);
  const started = new Promise<Job>((resolve) => {
    after.window.on('jobs.changed', (changed) => {
      if (changed.phase === 'Training') resolve(changed);
    });
  });
  await after.window.call('jobs.resume', { jobId });
  assert.ok((await started).done >= reached, 'nothing that was kept is trained again');
  const done = await ended(after.window, jobId);
  assert.deepEqual([done.state, done.done], ['done', 60]);
  const { curve } = await after.window.call('training.detail', { jobId });
  const iterations = curve.map(({ iteration }) => iteration);
  assert.deepEqual(
    iterations,
    [...new Set(iterations)].sort((a, b) => a - b),
    'the curve has each point once',
  );
  assert.deepEqual(await readdir(join(data, 'jobs')), [], 'what is safe in the library is kept once');
});

test('a second Morphogen on the same data is refused, and told where the first one is', async (t) => {
  const data = await newFolder(t);
  const { service } = await openService(t, data);
  await service.announce('http://127.0.0.1:4321/?token=secret');
  await assert.rejects(openService(t, data), {
    code: 'busy',
    message: /open elsewhere.*It is open at http:\/\/127\.0\.0\.1:4321\/\?token=secret$/,
  });
  await service.close();
  const later = await openService(t, data);
  await later.service.close();
});

test('row 45: a window that goes away takes nothing with it; the next one finds all as it is', async (t) => {
  const { service, window } = await openService(t, await newFolder(t));
  await service.ready;
  const long = { ...wishes, iterations: 40 };
  const { jobId } = await window.call('training.start', { source: emoji, wishes: long });
  await new Promise<void>((resolve) => {
    window.on('training.progress', () => resolve());
  });
  const detail = window.call('training.detail', { jobId });
  window.close();
  await detail.catch(() => undefined);
  const next = openWindow(service);
  const { jobs } = await next.call('app.snapshot', {});
  assert.deepEqual(
    jobs.map(({ id }) => id),
    [jobId],
  );
  assert.equal((await ended(next, jobId)).state, 'done');
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
