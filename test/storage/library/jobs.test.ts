import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { emptyFolder, emptyLibrary, newJob, newStyle, open } from './sample-library.ts';

test('jobs come back as they were kept, in the order in which they were added, also after a restart', async () => {
  const folder = await emptyFolder();
  const { store } = await open(folder);
  const jobs = [
    newJob('b', { total: 6e9, done: 5e9, etaSeconds: 1.5, memory: { iteration: 3, at: ['x'] } }),
    newJob('a', {
      kind: 'export',
      state: 'done',
      path: '/tmp/é',
      styleIds: ['s', 't'],
      styleCount: 2,
      endedMs: 7,
    }),
  ];
  for (const job of jobs) store.addJob(job);
  store.updateJob('b', { state: 'running', startedMs: 12.25, message: 'Reading' });
  store.updateJob('b', { memory: undefined, message: null });
  const expected = [{ ...jobs[0], state: 'running', startedMs: 12.25, memory: null, message: null }, jobs[1]];
  assert.deepEqual(store.jobs(), expected);
  store.close();
  const again = await open(folder);
  assert.deepEqual(again.store.jobs(), expected);
  again.store.removeJob('b');
  assert.deepEqual(again.store.jobs(), [jobs[1]]);
});

test('a job that is not there is not found', async () => {
  const { store } = await emptyLibrary();
  const missing = { name: 'AppError', code: 'not-found' };
  assert.throws(() => store.updateJob('x', {}), missing);
  assert.throws(() => store.addCurve('x', [], []), missing);
  assert.throws(() => store.setJobPreview('x', Uint8Array.of(1), 1, 1), missing);
  assert.throws(() => store.setSkipped('x', []), missing);
  assert.equal(store.jobPreview('x'), null);
  assert.deepEqual(store.skipped('x'), []);
  store.removeJob('x');
});

test('a job has one preview; the one before goes, unless something else shows it', async () => {
  const { store } = await emptyLibrary();
  store.addJob(newJob('j'));
  store.addStyles([newStyle(1)]);
  assert.equal(store.jobPreview('j'), null);
  const shared = store.setJobPreview('j', newStyle(1).picture, 4, 100);
  const second = store.setJobPreview('j', Uint8Array.of(2), 4, 200);
  assert.deepEqual(store.jobPreview('j'), { preview: second, previewCount: 4, previewIteration: 200 });
  assert.notEqual(store.picture(shared), null);
  assert.equal(store.setJobPreview('j', Uint8Array.of(2), 4, 300), second);
  assert.notEqual(store.picture(second), null);
  const third = store.setJobPreview('j', Uint8Array.of(3), 4, 400);
  assert.equal(store.picture(second), null);
  store.removeJob('j');
  assert.equal(store.picture(third), null);
});

test('skipped files are kept in their order, each time anew', async () => {
  const { store } = await emptyLibrary();
  store.addJob(newJob('j'));
  const skipped = [
    { path: 'z.png', reason: 'empty file' },
    { path: 'a.png', reason: 'not an image' },
  ];
  store.setSkipped('j', [...skipped, ...skipped]);
  store.setSkipped('j', skipped);
  assert.deepEqual(store.skipped('j'), skipped);
});

const point = (iteration: number): { iteration: number; seconds: number; loss: number } => ({
  iteration,
  seconds: iteration / 8,
  loss: 1 / (1 + iteration),
});

test('a curve is cut where a run goes on from an older checkpoint', async () => {
  const { store } = await emptyLibrary();
  store.addJob(newJob('j'));
  const validation = (iteration: number) => ({ iteration, seconds: 1, mse: 1, psnr: 2, ssim: 0.5 });
  store.addCurve('j', [point(10), point(20), point(30)], [validation(15), validation(30)]);
  store.addCurve(
    'j',
    [
      { ...point(40), loss: NaN },
      { ...point(50), loss: Infinity },
    ],
    [],
  );
  store.cutCurve('j', 20);
  assert.deepEqual(store.curve('j', 100), { curve: [point(10), point(20)], validations: [validation(15)] });
  store.addCurve('j', [{ ...point(20), loss: 7 }, point(30)], []);
  assert.deepEqual(store.curve('j', 100).curve, [point(10), { ...point(20), loss: 7 }, point(30)]);
});

test('a long curve is thinned evenly, with both of its ends', async () => {
  const { store } = await emptyLibrary();
  let jobs = 0;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 2, max: 80 }), (length, points) => {
      const id = `job-${jobs++}`;
      store.addJob(newJob(id));
      const whole = Array.from({ length }, (_, i) => point(i * 10));
      store.addCurve(id, whole, []);
      const { curve } = store.curve(id, points);
      assert.equal(curve.length, Math.min(length, points));
      if (length <= points) assert.deepEqual(curve, whole);
      else assert.deepEqual([curve[0], curve.at(-1)], [whole[0], whole.at(-1)]);
      const gaps = curve.slice(1).map(({ iteration }, i) => (iteration - curve[i].iteration) / 10);
      if (gaps.length > 0) assert.ok(Math.max(...gaps) - Math.min(...gaps) <= 1, gaps.join(' '));
    }),
    { numRuns: 60 },
  );
});
