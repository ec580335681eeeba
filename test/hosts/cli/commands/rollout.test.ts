import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseSafetensors, type Safetensors } from '#engine/files/safetensors.ts';
import { safetensorsChunks } from '#engine/files/safetensors-write.ts';
import { tf } from '#engine/tf.ts';
import { commandTable } from '#hosts/cli/command-table.ts';
import { runCommandLine } from '#hosts/cli/run-command-line.ts';
import { writeFileAtomic } from '#storage/atomic-file.ts';

const fixture = fileURLToPath(new URL('../../../fixtures/rollout/no-sobel-odd.safetensors', import.meta.url));
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'morphogen-rollout-'));
});
after(async () => {
  if (tf.findBackend('wasm')) tf.removeBackend('wasm');
  await rm(folder, { recursive: true });
});

async function morphogen(...args: string[]): Promise<{ code: number; err: string }> {
  let text = '';
  const output = {
    write: (more: string) => (text += more),
    line: (more = '') => (text += `${more}\n`),
    isTerminal: false,
    columns: 80,
  };
  const code = await runCommandLine(args, commandTable, {
    out: output,
    err: output,
    signal: new AbortController().signal,
    cwd: folder,
    env: {},
    program: { call: 'morphogen', version: '0' },
  });
  return { code, err: text };
}

async function read(path: string): Promise<Safetensors> {
  return parseSafetensors(await readFile(path), { name: path });
}

/** Largest difference, in units of the expected tensor's largest value. */
function difference(found: Safetensors, expected: Safetensors, name: string): number {
  const [a, b] = [found.tensors.get(name)!, expected.tensors.get(name)!];
  assert.deepEqual(a.shape, b.shape);
  let [largest, apart] = [0, 0];
  for (let i = 0; i < b.data.length; i++) {
    largest = Math.max(largest, Math.abs(Number(b.data[i])));
    apart = Math.max(apart, Math.abs(Number(a.data[i]) - Number(b.data[i])));
  }
  return apart / largest;
}

for (const backend of ['reference', 'composed', 'wasm']) {
  test(`${backend}: state, gradients and loss of a fixture`, async () => {
    const options = backend === 'wasm' ? ['--threads', '2'] : [];
    const { code, err } = await morphogen(
      'rollout',
      fixture,
      '--backend',
      backend,
      '--gradients',
      '--out',
      'result',
      ...options,
    );
    assert.equal(code, 0, err);
    const [found, expected] = [await read(join(folder, 'result')), await read(fixture)];
    assert.deepEqual([...found.tensors.keys()].sort(), ['grad_b0', 'grad_w0', 'grad_w1', 'state_8']);
    assert.ok(difference(found, expected, 'state_8') < 1e-5);
    for (const part of ['w0', 'b0', 'w1']) assert.ok(difference(found, expected, `grad_${part}`) < 1e-4);
    const metadata = JSON.parse(found.metadata.get('morphogen')!) as {
      loss: number;
      steps: number;
      backend: string;
    };
    assert.ok(Math.abs(metadata.loss - 0.5193700790405273) < 1e-5);
    assert.deepEqual([metadata.steps, metadata.backend], [8, backend]);
    assert.equal(tf.memory().numTensors, 0);
  });
}

test('--steps gives the state after so many steps, 0 the initial one, and no gradients without asking', async () => {
  const expected = await read(fixture);
  for (const [steps, name] of [
    [4, 'state_4'],
    [0, 'x0'],
  ] as const) {
    const { code, err } = await morphogen(
      'rollout',
      fixture,
      '--steps',
      String(steps),
      '--backend',
      'reference',
      '--out',
      'few',
    );
    assert.equal(code, 0, err);
    const found = await read(join(folder, 'few'));
    assert.deepEqual([...found.tensors.keys()], [`state_${steps}`]);
    found.tensors.set(name, found.tensors.get(`state_${steps}`)!);
    assert.ok(difference(found, expected, name) < 1e-5);
  }
});

test('one rule may serve the whole batch, and a target may be missing', async () => {
  const { tensors, metadata } = await read(fixture);
  tensors.delete('target');
  for (const name of ['w0', 'b0', 'w1']) {
    const { dtype, shape, data } = tensors.get(name)!;
    tensors.set(name, { dtype, shape: [1, ...shape.slice(1)], data: data.slice(0, data.length / shape[0]) });
  }
  await writeFileAtomic(join(folder, 'shared'), safetensorsChunks(tensors, metadata));
  assert.equal((await morphogen('rollout', 'shared', '--backend', 'reference', '--out', 'grown')).code, 0);
  const grown = await read(join(folder, 'grown'));
  assert.equal((JSON.parse(grown.metadata.get('morphogen')!) as { loss: unknown }).loss, null);
  const { code, err } = await morphogen(
    'rollout',
    'shared',
    '--backend',
    'reference',
    '--gradients',
    '--out',
    'none',
  );
  assert.equal(code, 1);
  assert.match(err, /Gradients need a tensor “target”/);
});

test('row 56: a file whose tensors do not fit its metadata is refused with both, and nothing is written', async () => {
  const { tensors, metadata } = await read(fixture);
  tensors.delete('b0');
  tensors.set('w1', tensors.get('w0')!);
  await writeFileAtomic(join(folder, 'odd'), safetensorsChunks(tensors, metadata));
  const { code, err } = await morphogen('rollout', 'odd', '--out', 'nothing');
  assert.equal(code, 1);
  assert.match(
    err,
    /"b0" expected \[4, 20\], found none; "w1" expected \[4, 20, 5\], found F32 \[4, 20, 20\]/,
  );
  await assert.rejects(readFile(join(folder, 'nothing')));
});
