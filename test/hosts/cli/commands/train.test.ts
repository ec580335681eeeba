import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TrainingEvent } from '#app/training-run.ts';
import { presets } from '#domain/model-presets.ts';
import { readModelFile, type ModelFile } from '#engine/files/model-file.ts';
import { weightShapes } from '#engine/network/weights.ts';
import { patternImage } from '#test/media/sample-images.ts';
import { tinySpec } from '#test/engine/network/tiny-spec.ts';
import { readPng, workplace, type Run } from './command-run.ts';
import { checkpointsOf, lastCheckpoint, resultOf, writeTrainingFiles } from './training-files.ts';

const { folder, morphogen, watched } = await workplace();
await writeTrainingFiles(folder);

const threads = ['--threads', '2'];
const tiny = ['train', 'digits.idx3-ubyte', '--spec', 'tiny.json', '--batch', '4', ...threads];
const single = ['train', 'one.idx3-ubyte', '--spec', 'single.json', ...threads];

function eventsOf(lines: string): TrainingEvent[] {
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as TrainingEvent);
}

async function modelAt(name: string): Promise<ModelFile> {
  return readModelFile(await readFile(join(folder, name)), { name, expected: weightShapes });
}

/** Presses Ctrl-C when the validation of an iteration is told, so that the run stops after exactly that one. */
function stoppedAt(iteration: number, args: readonly string[]): Promise<Run> {
  return watched([...args, '--json'], {
    onText(text, interrupt) {
      if (text.includes(`{"event":"validation"`) && text.includes(`"iteration":${iteration},`)) interrupt();
    },
  });
}

test('a run tells itself in JSON lines and leaves a model with its scores, a preview and two checkpoints', async () => {
  const plan = ['--iterations', '40', '--validate-every', '20', '--preview-every', '25', '--validation', '3'];
  const { code, out, err } = await morphogen(...tiny, ...plan, '--out', 'made/m.safetensors', '--json');
  assert.equal(code, 0, err);
  const events = eventsOf(out);
  assert.deepEqual(
    events.map((event) => `${event.event} ${event.iteration}`),
    [
      ...['started 0', 'checkpoint 0', 'validation 20', 'preview 25', 'validation 40', 'progress 40'],
      ...['preview 40', 'checkpoint 40', 'ended 40'],
    ],
  );
  const [first, last] = events.filter((event) => event.event === 'validation');
  assert.ok(last.psnr > first.psnr, `${first.psnr} dB, then ${last.psnr} dB`);
  const { spec, card } = await modelAt('made/m.safetensors');
  assert.deepEqual(spec, tinySpec);
  const { mse, psnr, ssim } = last;
  assert.deepEqual(card.scores, { iteration: 40, mse, psnr, ssim, images: 3 });
  assert.equal(card.iterations, 40);
  assert.equal(card.data, 'digits.idx3-ubyte, 18 pictures');
  const names = (await checkpointsOf(folder, 'made/m')).map((path) => path.slice(-11));
  assert.deepEqual(names, ['safetensors', 'safetensors']);
  // A row of three pictures above a row of what grew, each cell three pixels wide.
  const preview = await readPng(join(folder, 'made/m.preview.png'));
  assert.ok(preview.width >= 3 * 8 * 3 && preview.height >= 2 * 8 * 3, `${preview.width}×${preview.height}`);
});

test('train(100) and resume(100) give train(200), bit for bit', async () => {
  assert.equal((await morphogen(...tiny, '--iterations', '200', '--out', 'whole.safetensors')).code, 0);
  assert.equal((await morphogen(...tiny, '--iterations', '100', '--out', 'half.safetensors')).code, 0);
  const half = await resultOf(folder, 'half');
  const resumed = await morphogen(
    ...['train', 'digits.idx3-ubyte', '--resume', '--iterations', '200', '--out', 'half.safetensors'],
    ...threads,
  );
  assert.equal(resumed.code, 0, resumed.err);
  const whole = await resultOf(folder, 'whole');
  assert.deepEqual(await resultOf(folder, 'half'), whole);
  assert.notDeepEqual(half.digests, whole.digests);
});

test('a run that is interrupted while its learning rate falls ends as it would have, bit for bit', async () => {
  const plan = [...tiny, '--iterations', '1040', '--validate-every', '1020', '--preview-every', '0'];
  assert.equal((await morphogen(...plan, '--out', 'long.safetensors')).code, 0);
  const stopped = await stoppedAt(1020, [...plan, '--out', 'torn.safetensors']);
  assert.equal(stopped.code, 130, stopped.err);
  assert.equal((await lastCheckpoint(folder, 'torn')).snapshot.iteration, 1020);
  // The very same command, as it says.
  assert.match(stopped.err, /after iteration 1020: the same command with --resume goes on/);
  assert.equal((await morphogen(...plan, '--out', 'torn.safetensors', '--resume')).code, 0);
  assert.deepEqual(await resultOf(folder, 'torn'), await resultOf(folder, 'long'));
});

for (const mode of ['grow', 'persist', 'regenerate']) {
  test(`one picture, ${mode}: interrupted and resumed it ends as it would have, bit for bit`, async () => {
    const plan = [...single, '--mode', mode, '--iterations', '8', '--batch', '4', '--validate-every', '4'];
    const whole = await morphogen(...plan, '--out', `${mode}.safetensors`);
    assert.equal(whole.code, 0, whole.err);
    assert.equal((await stoppedAt(4, [...plan, '--out', `${mode}-torn.safetensors`])).code, 130);
    assert.equal((await morphogen(...plan, '--out', `${mode}-torn.safetensors`, '--resume')).code, 0);
    const result = await resultOf(folder, mode);
    assert.deepEqual(await resultOf(folder, `${mode}-torn`), result);
    assert.equal(result.digests.has('checkpoint/pool'), mode !== 'grow');
    assert.ok(result.run.kind === 'single' && result.run.mode === mode);
    assert.equal((await morphogen('grow', `${mode}.safetensors`, '--out', 'x.png', ...threads)).code, 0);
  });
}

test('Ctrl-C saves and says how to go on; the run is then neither lost nor overwritten by accident', async () => {
  const plan = [...tiny, '--iterations', '60', '--out', 'kept.safetensors'];
  const stopped = await stoppedAt(20, [...plan, '--validate-every', '20']);
  assert.equal(stopped.code, 130);
  const ended = eventsOf(stopped.out).at(-1);
  assert.ok(ended?.event === 'ended' && ended.reason === 'stopped' && ended.iteration === 20);
  assert.equal((await modelAt('kept.safetensors')).card.iterations, 20);

  const again = await morphogen(...plan);
  assert.equal(again.code, 1);
  assert.match(again.err, /interrupted at iteration 20: add --resume to go on with it, or --restart/);

  const before = await resultOf(folder, 'kept');
  const mistyped = ['train', 'digitz', ...plan.slice(2), '--restart'];
  const failed = await morphogen(...mistyped);
  assert.equal(failed.code, 1);
  assert.match(failed.err, /digitz/);
  assert.deepEqual(await resultOf(folder, 'kept'), before, 'a restart that fails throws nothing away');

  const restarted = await morphogen(...plan, '--restart', '--iterations', '10', '--json');
  assert.equal(restarted.code, 0, restarted.err);
  assert.equal(eventsOf(restarted.out)[0].iteration, 0);
  assert.equal((await lastCheckpoint(folder, 'kept')).snapshot.iteration, 10);
});

test('a finished run that is resumed has nothing to do and says so; it cannot go back, but further', async () => {
  const plan = ['train', 'digits.idx3-ubyte', '--resume', '--out', 'done.safetensors', ...threads];
  assert.equal((await morphogen(...tiny, '--iterations', '10', '--out', 'done.safetensors')).code, 0);
  const result = await resultOf(folder, 'done');
  const same = await morphogen(...plan);
  assert.equal(same.code, 0, same.err);
  assert.match(same.err, /All 10 iterations are made already; --iterations with a larger number goes on/);
  assert.deepEqual(await resultOf(folder, 'done'), result);
  const back = await morphogen(...plan, '--iterations', '9');
  assert.equal(back.code, 1);
  assert.match(back.err, /at iteration 10 already, and --iterations asks for 9 in all: ask for more/);
  assert.equal((await morphogen(...plan, '--iterations', '12')).code, 0);
  assert.equal((await lastCheckpoint(folder, 'done')).snapshot.iteration, 12);
});

test('--from starts from the weights of a model', async () => {
  const first = await morphogen(...tiny, '--iterations', '30', '--float32', '--out', 'from.safetensors');
  assert.equal(first.code, 0, first.err);
  const second = await morphogen(
    ...['train', 'digits.idx3-ubyte', '--from', 'from.safetensors', '--iterations', '1', '--lr', '0'],
    ...['--float32', '--out', 'onward.safetensors', ...threads],
  );
  assert.equal(second.code, 0, second.err);
  const [before, after] = [await modelAt('from.safetensors'), await modelAt('onward.safetensors')];
  assert.deepEqual(after.spec, before.spec);
  assert.deepEqual(after.weights, before.weights);
  const wrong = await morphogen(
    'train',
    'digits.idx3-ubyte',
    '--from',
    'from.safetensors',
    '--preset',
    'sketch',
  );
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /is a model of the preset tiny, and --preset asks for sketch: leave it out/);
});

test('the seed decides everything, and another one another run', async () => {
  const names = ['seed-1', 'seed-1-again', 'seed-2'];
  for (const name of names) {
    const seed = name.charAt(5);
    const plan = ['--iterations', '5', '--seed', seed, '--out', `${name}.safetensors`];
    assert.equal((await morphogen(...tiny, ...plan)).code, 0);
  }
  const [one, again, two] = await Promise.all(names.map((name) => resultOf(folder, name)));
  assert.deepEqual(again, one);
  assert.notDeepEqual(two.digests, one.digests);
});

test('on a terminal there is a bar with speed and remaining time, and the end in a line on stdout', async () => {
  const { code, out, err } = await watched([...tiny, '--iterations', '20', '--out', 'seen.safetensors'], {
    isTerminal: true,
  });
  assert.equal(code, 0);
  assert.match(err, /█{24} 20\/20 {2}loss \d\.\d+ {2}\d+(\.\d)? (it\/s|s\/it) {2}0 s left/);
  assert.match(err, / {5}20 {2}\d+\.\d\d dB {2}SSIM 0\.\d{3} {2}after \d+ s/);
  assert.doesNotMatch(err, /\{"event"/);
  assert.match(out, /^\S*seen\.safetensors: 20 iterations in \d+ s, \d+\.\d\d dB, SSIM 0\.\d{3}\n$/);
});

test('without a terminal and without --json the JSON lines are on stderr, and stdout has the end alone', async () => {
  const { out, err } = await morphogen(...tiny, '--iterations', '5', '--out', 'plain.safetensors');
  assert.match(out, /^\S*plain\.safetensors: 5 iterations in [^\n]*\n$/);
  assert.match(err, /\n\{"event":"progress","iteration":5,"iterations":5,"loss":/);
});

test('a folder of pictures: a broken one is named with its reason and the others train', async () => {
  await mkdir(join(folder, 'pictures/deeper'), { recursive: true });
  for (let i = 0; i < 6; i++) {
    const path = join(folder, i % 2 === 0 ? 'pictures' : 'pictures/deeper', `${i}.png`);
    await patternImage(12, 12, 3, i).png().toFile(path);
  }
  await writeFile(join(folder, 'pictures/broken.png'), 'no picture');
  const { code, err } = await morphogen(
    ...['train', 'pictures', '--spec', 'tiny.json', '--iterations', '2', '--batch', '2', ...threads],
  );
  assert.equal(code, 0, err);
  assert.match(err, /Skipped broken\.png: /);
  assert.match(err, /6 pictures, 1 files skipped/);
  // Named after its source where --out is left out.
  assert.equal((await modelAt('out/pictures.safetensors')).card.data, 'pictures, 6 pictures');
});

test('what kind of model it is follows from the source', async () => {
  await patternImage(40, 40, 3, 1).png().toFile(join(folder, 'one.png'));
  const one = await morphogen(
    ...['train', 'one.png', '--iterations', '1', '--batch', '1', ...threads, '--out', 'kind.safetensors'],
  );
  assert.equal(one.code, 0, one.err);
  assert.deepEqual((await modelAt('kind.safetensors')).spec, presets.single);
});

test('options that cannot be are refused in a sentence that says what to do, and nothing is written', async () => {
  await writeFile(join(folder, 'bad.json'), '{');
  await mkdir(join(folder, 'folder.safetensors'));
  const refused = async (expected: RegExp, ...args: string[]): Promise<void> => {
    const { code, err } = await morphogen(...args);
    assert.equal(code, 1, err);
    assert.match(err, expected);
    assert.doesNotMatch(err, /bug in Morphogen/);
  };
  const out = ['--out', 'none.safetensors', ...threads];
  await refused(/--mode is for models of one picture.*leave it out/, ...tiny, '--mode', 'grow', ...out);
  await refused(
    /no checkpoint of \S+none\.safetensors to resume.*leave --resume out/,
    ...tiny,
    '--resume',
    ...out,
  );
  await refused(/bad\.json is not JSON/, 'train', 'digits.idx3-ubyte', '--spec', 'bad.json', ...out);
  await refused(
    /grows one picture, and there are 18/,
    'train',
    'digits.idx3-ubyte',
    ...single.slice(2),
    ...out,
  );
  await refused(/nowhere.*not found/, 'train', 'nowhere', ...out);
  await refused(/is a folder where the model's file should be/, ...tiny, '--out', 'folder.safetensors');
  await refused(/on one thread, so it cannot have 2/, ...tiny, '--backend', 'reference', ...out);
  await assert.rejects(readFile(join(folder, 'none.safetensors')));
});

test('what a run cannot change halfway is refused when it is resumed', async () => {
  const plan = [...tiny, '--iterations', '4', '--seed', '3', '--out', 'fixed.safetensors'];
  assert.equal((await morphogen(...plan)).code, 0);
  for (const [change, expected] of [
    [['--seed', '4'], /has seed 3, which cannot change halfway: leave --seed out/],
    [['--preset', 'sketch'], /has preset tiny/],
    [['--mode', 'grow'], /has mode none/],
    [['--spec', 'single.json'], /has spec tiny of another kind/],
    [['--restart'], /--restart throws the run away and --resume goes on with it: give only one/],
  ] as const) {
    const { code, err } = await morphogen(...plan, '--resume', ...change);
    assert.equal(code, 1);
    assert.match(err, expected);
  }
});

test('other pictures and another backend than before are told, and the run goes on', async () => {
  const plan = ['--out', 'moved.safetensors', '--batch', '2'];
  assert.equal((await morphogen(...tiny, ...plan, '--iterations', '2')).code, 0);
  const { code, err } = await morphogen(
    ...['train', 'digits.idx3-ubyte', '--resume', '--iterations', '3', '--limit', '9', ...plan],
    ...['--backend', 'reference'],
  );
  assert.equal(code, 0, err);
  assert.match(err, /So far this run was on “relaxed SIMD|So far this run was on “wasm/);
  assert.match(err, /other pictures: digits\.idx3-ubyte, 18 pictures; now digits\.idx3-ubyte, 9 pictures/);
});
