/** What the benchmarks print: which keys, and numbers that can be; how large they are is this machine's business. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tf } from '#engine/tf.ts';
import { workplace, type Run } from './command-run.ts';

const { morphogen } = await workplace();
const small = ['--preset', 'digits', '--batch', '2', '--repeats', '1', '--threads', '2', '--json'] as const;

/** The one line of JSON on stdout. */
function resultOf({ code, out, err }: Run): Record<string, unknown> {
  assert.equal(code, 0, err);
  assert.equal(out.trimEnd().split('\n').length, 1, out);
  return JSON.parse(out) as Record<string, unknown>;
}

function assertPositive(result: Record<string, unknown>, keys: readonly string[]): void {
  for (const key of keys) {
    const value = result[key];
    assert.ok(typeof value === 'number' && Number.isFinite(value) && value > 0, `${key}: ${String(value)}`);
  }
}

const described = ['what', 'preset', 'batch', 'threads'];
const shares = ['gflops', 'peakShare', 'peakMemoryMb'];
const numbers: Readonly<Record<string, readonly string[]>> = {
  train: ['secondsPerIteration', ...shares, 'computedCells'],
  grow: ['secondsPerBatch', ...shares, 'computedCells'],
  rollout: ['secondsForward', 'peakShareForward', 'secondsForwardBackward', ...shares, 'computedCells'],
  encode: ['secondsPerBatch', ...shares],
  adam: ['secondsPerUpdate', 'weights', 'gbPerSecond'],
};

for (const [what, keys] of Object.entries(numbers)) {
  test(`bench ${what}: one line of JSON with its keys, and nothing left behind`, async () => {
    const result = resultOf(await morphogen('bench', what, ...small));
    const isGrowing = ['train', 'grow', 'rollout'].includes(what);
    assert.deepEqual(
      Object.keys(result).sort(),
      [...described, ...keys, ...(isGrowing ? ['dense'] : [])].sort(),
    );
    const { preset, batch, threads } = result;
    assert.deepEqual([result['what'], preset, batch, threads], [what, 'digits', 2, 2]);
    assertPositive(result, keys);
    assert.equal(tf.memory().numTensors, 0);
  });
}

test('bench backends: a line of JSON a preset, with the seconds of each backend', async () => {
  const options = ['--preset', 'digits', '--batch', '2', '--repeats', '1', '--threads', '2', '--json'];
  const result = resultOf(await morphogen('bench', 'backends', '--backends', 'wasm', ...options));
  const { seconds, ...rest } = result;
  assert.deepEqual(rest, { what: 'backends', preset: 'digits', batch: 2, dense: false });
  assert.deepEqual(Object.keys(seconds as object), ['wasm']);
  assertPositive(seconds as Record<string, unknown>, ['wasm']);
  const wrong = await morphogen('bench', 'backends', '--backends', 'wasm,abacus');
  assert.equal(wrong.code, 2);
  assert.match(wrong.err, /abacus/);
});

test('peakMemoryMb is no less than what the process holds', async () => {
  const heldMb = process.memoryUsage.rss() / 2 ** 20;
  const { peakMemoryMb } = resultOf(await morphogen('bench', 'encode', ...small));
  assert.ok((peakMemoryMb as number) >= Math.floor(heldMb), `${String(peakMemoryMb)} MB, held ${heldMb}`);
});

test('--dense computes every cell that fires, which the trained model does not', async () => {
  const [trained, dense] = [
    resultOf(await morphogen('bench', 'rollout', ...small)),
    resultOf(await morphogen('bench', 'rollout', '--dense', ...small)),
  ];
  assert.deepEqual([trained['dense'], dense['dense']], [false, true]);
  const all = 28 * 28 * 64 * 2;
  const share = (dense['computedCells'] as number) / all;
  assert.ok(share > 0.49 && share < 0.51, `${share} of the cells`);
  assert.ok((trained['computedCells'] as number) < 0.5 * (dense['computedCells'] as number));
});

test('bench scaling: a row a case, and memory that does not grow with the batch', async () => {
  const options = ['--batch', '4', '--repeats', '1', '--threads', '2'];
  const { rows } = resultOf(await morphogen('bench', 'scaling', ...options, '--json')) as {
    rows: Record<string, unknown>[];
  };
  assert.deepEqual(
    rows.map(({ cells, steps, batch }) => [cells, steps, batch]),
    [
      [196, 64, 1],
      [784, 64, 1],
      [3136, 64, 1],
      [784, 32, 1],
      [784, 128, 1],
      [784, 64, 4],
      [784, 64, 16],
    ],
  );
  for (const row of rows) assertPositive(row, ['seconds', 'nanosecondsPerCellStep', 'workingMb']);
  const workingMb = rows.map((row) => row['workingMb'] as number);
  assert.ok(workingMb[2] > workingMb[1] && workingMb[4] > workingMb[3], String(workingMb));
  assert.ok(workingMb[6] < workingMb[1] * 1.01, `16 samples: ${workingMb[6]} MB, one: ${workingMb[1]} MB`);

  const { code, out } = await morphogen('bench', 'scaling', ...options);
  assert.equal(code, 0);
  const [head, ...lines] = out.trimEnd().split('\n');
  assert.match(head, /^cells +steps +batch +seconds/);
  assert.equal(lines.length, rows.length);
});

test('without --json a line a number', async () => {
  const { code, out } = await morphogen('bench', 'adam', '--batch', '1', '--repeats', '1');
  assert.equal(code, 0);
  assert.match(out, /^what +adam$/m);
  assert.match(out, /^secondsPerUpdate +\d/m);
});

test('an unknown WHAT or preset is a usage error that names what there is', async () => {
  const unknown = await morphogen('bench', 'traning');
  assert.deepEqual([unknown.code, unknown.out], [2, '']);
  assert.match(
    unknown.err,
    /WHAT is one of gpu, backends, train, grow, rollout, encode, adam, scaling, library, and got "traning"/,
  );
  assert.equal((await morphogen('bench', '--preset', 'single')).code, 2);
  assert.equal((await morphogen('bench', '--batch', '0')).code, 2);
});
