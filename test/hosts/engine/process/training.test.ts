import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { access, copyFile, mkdir, readFile, readdir, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import type { Progress, Result } from '#contract/contract.ts';
import type { EngineContract } from '#contract/engine-contract.ts';
import { AppError } from '#domain/errors.ts';
import { readModelFile } from '#engine/files/model-file.ts';
import { weightShapes } from '#engine/network/weights.ts';
import { workplace } from '#test/hosts/cli/commands/command-run.ts';
import { scratchFolder, startEngine, trainingOf, writeTinyModel, writeTinyPictures } from './engine-stage.ts';

type RunEvent = Progress<EngineContract, 'training.run'>;
type Outcome = Result<EngineContract, 'training.run'> & { readonly events: readonly RunEvent[] };

const emoji = fileURLToPath(new URL('../../../../assets/samples/emoji/', import.meta.url));
const stage = await startEngine(await scratchFolder());
const { client, folder } = stage;

before(async () => {
  await writeTinyModel(join(folder, 'tiny.safetensors'));
  await writeTinyPictures(join(folder, 'digits.idx3-ubyte'));
});

async function train(
  run: Parameters<typeof client.call<'training.run'>>[1],
  stop: (event: RunEvent) => boolean = () => false,
): Promise<Outcome> {
  const controller = new AbortController();
  const events: RunEvent[] = [];
  const result = await client.call('training.run', run, {
    signal: controller.signal,
    onProgress(event) {
      events.push(event);
      if (stop(event)) controller.abort();
    },
  });
  return { ...result, events };
}

/** Digests of a model's weights by name. */
async function weightsOf(path: string): Promise<ReadonlyMap<string, string>> {
  const { weights } = readModelFile(await readFile(path), { name: path, expected: weightShapes });
  return new Map(
    Array.from(weights, ([name, { data }]) => [
      name,
      hash('sha256', new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
    ]),
  );
}

function startOf({ events }: Outcome): number {
  const started = events.find((event) => event.event === 'started');
  assert.ok(started);
  return started.iteration;
}

test('a run tells how it goes, and leaves its model', async () => {
  const outcome = await train(trainingOf(folder, 20, 'told'));
  assert.deepEqual([outcome.reason, outcome.iteration, outcome.iterations], ['finished', 20, 20]);
  assert.equal(outcome.model, join(folder, 'told', 'model.safetensors'));
  const told = new Set(outcome.events.map(({ event }) => event));
  for (const event of ['started', 'progress', 'validation', 'preview', 'checkpoint'] as const) {
    assert.ok(told.has(event), event);
  }
  for (const event of outcome.events) {
    if (event.event !== 'preview') continue;
    const { width, height } = await sharp(event.picture).metadata();
    assert.deepEqual([width, height], [event.count * 8, 16]);
  }
  // What came last is not lost behind the answer.
  assert.deepEqual(outcome.events.at(-1), { event: 'checkpoint', iteration: 20 });
  const { card } = readModelFile(await readFile(outcome.model), { name: 'model', expected: weightShapes });
  assert.match(card.data, /^digits, \d+ pictures$/);
  assert.equal(card.iterations, 20);
});

test('stopped and gone on with, it ends as one that was not, and as that of the command line', async () => {
  const iterations = 200;
  const straight = await train(trainingOf(folder, iterations, 'straight'));
  let parts = 0;
  let outcome: Outcome;
  let last = 0;
  do {
    const from = last;
    outcome = await train(
      trainingOf(folder, iterations, 'parts'),
      // Early, so that it is under way for long after it was told.
      (event) => parts < 3 && event.event === 'preview' && event.iteration > from,
    );
    assert.equal(startOf(outcome), from);
    last = outcome.iteration;
    parts++;
    if (outcome.reason === 'stopped') assert.ok(last > from && last < iterations);
  } while (outcome.reason === 'stopped');
  assert.ok(parts >= 2, `${parts} parts`);
  assert.ok(straight.model !== null && outcome.model !== null);
  const expected = await weightsOf(straight.model);
  assert.deepEqual(await weightsOf(outcome.model), expected);

  const place = await workplace();
  const line = ['train', join(folder, 'digits.idx3-ubyte'), '--from', join(folder, 'tiny.safetensors')];
  const { code, err } = await place.morphogen(
    ...line,
    ...['--iterations', String(iterations), '--batch', '4', '--threads', '2', '--out', 'm.safetensors'],
  );
  assert.equal(code, 0, err);
  assert.deepEqual(await weightsOf(join(place.folder, 'm.safetensors')), expected);
});

test('stopped before it began, it answers so and leaves nothing that could be taken for a model', async () => {
  const controller = new AbortController();
  const outcome = client.call('training.run', trainingOf(folder, 50, 'unbegun'), {
    signal: controller.signal,
  });
  controller.abort();
  const { reason, iteration, model } = await outcome;
  assert.deepEqual([reason, iteration, model], ['stopped', 0, null]);
  assert.equal((await train(trainingOf(folder, 5, 'unbegun'))).reason, 'finished');
});

test('while it trains, what is asked is answered between two iterations', async () => {
  const controller = new AbortController();
  const started = Promise.withResolvers<true>();
  const run = client.call('training.run', trainingOf(folder, 1_000_000, 'long'), {
    signal: controller.signal,
    onProgress(event) {
      if (event.event === 'preview') started.resolve(true);
    },
  });
  await started.promise;
  for (let i = 0; i < 20; i++) assert.ok((await client.call('engine.ping', {})).residentBytes > 0);
  controller.abort();
  assert.equal((await run).reason, 'stopped');
});

test('a newest checkpoint that cannot be read is told of, and the one before is taken', async () => {
  const run = trainingOf(folder, 30, 'torn');
  await train(run);
  const checkpoints = join(folder, 'torn', 'checkpoints');
  const newest = (await readdir(checkpoints)).sort().at(-1);
  assert.ok(newest);
  await truncate(join(checkpoints, newest), 1000);
  const outcome = await train(run);
  assert.equal(outcome.reason, 'finished');
  assert.equal(startOf(outcome), 0);
  const [notice] = outcome.events;
  assert.ok(notice.event === 'notice');
  assert.match(notice.message, /A newer checkpoint could not be read/);
});

test('where no checkpoint can be read nothing is trained, and nothing is thrown away', async () => {
  const run = trainingOf(folder, 5, 'gone');
  await train(run);
  const checkpoints = join(folder, 'gone', 'checkpoints');
  const names = await readdir(checkpoints);
  for (const name of names) await truncate(join(checkpoints, name), 50);
  await assert.rejects(
    train(run),
    (failure) => failure instanceof AppError && /No checkpoint in/.test(failure.message),
  );
  assert.deepEqual(await readdir(checkpoints), names);
});

test('a loss that is not finite is told with its iteration, and the last checkpoint stays', async () => {
  const modelPath = join(folder, 'huge.safetensors');
  await writeTinyModel(modelPath, 1e12);
  const run = trainingOf(folder, 50, 'lost');
  await assert.rejects(train({ ...run, modelPath }), (failure) => {
    assert.ok(failure instanceof AppError && failure.code === 'not-finite', String(failure));
    assert.match(failure.message, /iteration \d+/);
    return true;
  });
  assert.equal((await readdir(join(folder, 'lost', 'checkpoints'))).length, 1);
  await assert.rejects(access(join(folder, 'lost', 'model.safetensors')));
});

test('a scan counts what can be used, lists what cannot, and shows the first ones', async () => {
  const source = join(folder, 'pictures');
  await mkdir(source);
  const names = (await readdir(emoji)).filter((name) => name.endsWith('.png')).slice(0, 5);
  for (const name of names) await copyFile(join(emoji, name), join(source, name));
  await copyFile(join(emoji, names[0]), join(source, 'again.png'));
  await writeFile(join(source, 'bad.png'), 'not a picture');
  const scan = { source, cacheFolder: join(folder, 'cache'), modelPath: null };
  const phases: string[] = [];
  const report = await client.call(
    'training.scan',
    { ...scan, wishes: { preset: 'sketch' } },
    { onProgress: ({ phase }) => void phases.push(phase) },
  );
  assert.deepEqual([report.count, report.duplicates, report.skippedCount], [5, 1, 1]);
  assert.deepEqual(report.skipped[0].path, 'bad.png');
  assert.ok(phases.includes('decoding'));
  const { width, height } = await sharp(report.preview).metadata();
  assert.deepEqual([width, height, report.previewCount], [200, 40, 5]);
  const limited = await client.call('training.scan', { ...scan, wishes: { preset: 'sketch', limit: 2 } });
  assert.equal(limited.count, 2);
  await assert.rejects(
    client.call('training.scan', { ...scan, source: join(folder, 'nowhere'), wishes: { preset: 'sketch' } }),
    (failure) => failure instanceof AppError && failure.code === 'not-found',
  );
});

test('an estimate is of this machine and these pictures, and leaves nothing', async () => {
  const { data: _, ...run } = trainingOf(folder, 1000, 'estimate');
  const estimate = await client.call('training.estimate', run);
  assert.deepEqual([estimate.iterations, estimate.batch], [1000, 4]);
  assert.ok(estimate.msPerIteration > 0 && estimate.peakBytes > 1e6 && estimate.freeBytes > 1e6);
  assert.ok(estimate.seconds >= estimate.msPerIteration);
  await assert.rejects(access(join(folder, 'estimate')));
});

test('one picture: its targets and what it grows into lie below each other', async () => {
  const single = fileURLToPath(new URL('../../../../models/parrot.safetensors', import.meta.url));
  const [name] = (await readdir(emoji)).filter((file) => file.endsWith('.png'));
  const run = { ...trainingOf(folder, 5, 'single'), source: join(emoji, name), modelPath: single };
  const outcome = await train({
    ...run,
    wishes: { preset: 'single', mode: 'grow', iterations: 5, batch: 2 },
  });
  assert.equal(outcome.reason, 'finished');
  const preview = outcome.events.find((event) => event.event === 'preview');
  assert.ok(preview);
  const { width, height } = await sharp(preview.picture).metadata();
  assert.equal(height !== undefined && width !== undefined && width / height, preview.count / 2);
  assert.equal(preview.count, 3);
});
