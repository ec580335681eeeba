/** What setting TensorFlow up decides, on machines that only pretend: nothing is downloaded or compiled here. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { planFor } from '#hosts/cli/tensorflow/plan.ts';
import { removeTensorflow, setUpTensorflow } from '#hosts/cli/tensorflow/set-up-tensorflow.ts';
import { readSetUp } from '#hosts/engine/tensorflow/place.ts';
import { goodCheck, standInMachine, type StandIn, type StandInOptions } from './stand-in-machine.ts';

const linux = { platform: 'linux', arch: 'x64', isGlibc: true } as const;
const here = { platform: process.platform, arch: process.arch };
/** A record of a set-up counts on its own system only. */
const elsewhere = process.platform === 'linux' && process.arch === 'x64' ? false : 'plays on Linux on x64';

async function stage(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'morphogen-tensorflow-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return join(folder, 'tensorflow');
}

interface Tried extends StandIn {
  readonly said: string[];
  readonly result: Awaited<ReturnType<typeof setUpTensorflow>>;
}

async function setUp(
  folder: string,
  options: StandInOptions = {},
  variant: 'cpu' | 'cuda' = 'cpu',
  standIn = standInMachine(options),
): Promise<Tried> {
  const said: string[] = [];
  const { signal } = new AbortController();
  const say = (sentence: string): void => void said.push(sentence);
  const result = await setUpTensorflow({ machine: standIn.machine, folder, variant, signal, say });
  return { ...standIn, said, result };
}

test(
  'it finds its programs, fetches, unpacks, compiles and checks, and keeps only what is needed',
  { skip: elsewhere },
  async (t) => {
    const folder = await stage(t);
    const { done, commands, result } = await setUp(folder, { system: here });
    assert.deepEqual(done, [
      ...['find python3', 'find c++', 'find npm'],
      ...[
        'fetch tensorflow-cpu==2.21.0',
        'fetch @tensorflow/tfjs-node-gpu@4.22.0',
        'fetch google-protobuf@3.21.4',
      ],
      ...[
        'unpack tensorflow_cpu-1.whl',
        'unpack tensorflow-tfjs-node-gpu-4.22.0.tgz',
        'unpack google-protobuf-3.21.4.tgz',
      ],
      ...['compile', 'check'],
    ]);
    const compile = commands.find((command) => command.includes('-std=c++17'))!;
    assert.ok(compile.includes('-Wl,-rpath,$ORIGIN/tensorflow') && compile.includes('/headers'));
    assert.deepEqual(result.check, goodCheck);
    assert.deepEqual(readSetUp(folder), result.setUp);
    assert.deepEqual((await readdir(folder)).sort(), [
      ...['node_modules', 'set-up.json', 'tensorflow', 'tfjs_binding.node'],
    ]);
    assert.deepEqual(await readdir(join(folder, 'tensorflow')), [
      'libtensorflow_cc.so.2',
      'libtensorflow_framework.so.2',
    ]);
    for (const name of ['tfjs', 'tfjs-core']) {
      assert.ok(existsSync(join(folder, 'node_modules/@tensorflow', name, 'index.js')), name);
    }
  },
);

test('done once, it only checks', { skip: elsewhere }, async (t) => {
  const folder = await stage(t);
  await setUp(folder, { system: here });
  const { done } = await setUp(folder, { system: here });
  assert.deepEqual(done, ['check']);
});

test('interrupted, it goes on with what is there', async (t) => {
  const folder = await stage(t);
  const npmFails = { 'fetch google-protobuf@3.21.4': { err: 'npm error network timed out' } };
  await assert.rejects(setUp(folder, { ends: npmFails }), {
    code: 'io',
    message:
      /npm could not download google-protobuf@3\.21\.4 \(npm error network timed out\).*what is there is kept/,
  });
  assert.equal(readSetUp(folder), null);
  // The room it needs is partly taken by what is there.
  const { done } = await setUp(folder, { freeBytes: 1 });
  assert.deepEqual(
    done.filter((name) => name.startsWith('fetch')),
    ['fetch google-protobuf@3.21.4'],
  );
});

test('with --cuda it asks for a graphics processor and fetches the libraries that the wheel names', async (t) => {
  const folder = await stage(t);
  const { done } = await setUp(folder, { check: { ...goodCheck, onGpu: true } }, 'cuda');
  assert.deepEqual(
    done.filter(
      (name) =>
        /^(fetch|unpack) (nvidia|tensorflow[=_-]\d)/.test(name) || name === 'fetch tensorflow==2.21.0',
    ),
    [
      'fetch tensorflow==2.21.0',
      'fetch nvidia-cublas-cu12<13.0,>=12.5',
      'fetch nvidia-cudnn-cu12<10.0,>=9.3',
      'unpack tensorflow-1.whl',
      'unpack nvidia_cublas_cu12-1.whl',
      'unpack nvidia_cudnn_cu12-1.whl',
    ],
  );
  assert.ok(done.includes('find nvidia-smi'));
});

test('what is missing is said before anything is fetched', async (t) => {
  const folder = await stage(t);
  const cases: [StandInOptions, string, RegExp, ('cpu' | 'cuda')?][] = [
    [{ missing: ['python3', 'python'] }, 'not-found', /Python and its pip.*there is none here: install them/],
    [
      { ends: { 'find python3': { err: 'No module named pip' } }, missing: ['python'] },
      'not-found',
      /^python3 has no pip.*apt install python3-pip/,
    ],
    [{ missing: ['c++', 'g++', 'clang++'] }, 'not-found', /A C\+\+ compiler.*none was found/],
    [{ missing: ['npm'] }, 'not-found', /npm fetches tfjs-node-gpu/],
    [
      { freeBytes: 1e9 },
      'disk-full',
      /takes 1\.4 GB for a while and 0\.9 GB afterwards, and 1\.0 GB are free/,
    ],
    [{ missing: ['nvidia-smi'] }, 'not-found', /No NVIDIA graphics processor.*leave --cuda out/, 'cuda'],
  ];
  for (const [options, code, message, variant] of cases) {
    const standIn = standInMachine(options);
    await assert.rejects(setUp(folder, options, variant, standIn), { code, message });
    assert.ok(!standIn.done.some((name) => name.startsWith('fetch')), String(message));
  }
});

test('what fails later leaves nothing that counts as set up', async (t) => {
  const folder = await stage(t);
  const cases: [StandInOptions, string, RegExp, ('cpu' | 'cuda')?][] = [
    [
      { ends: { compile: { err: 'a.h\nx.cc:1: error: no such thing\nmore' } } },
      'unsupported',
      /error: no such thing/,
    ],
    [{ ends: { check: { code: null, signal: 'SIGILL' } } }, 'unsupported', /ended by SIGILL/],
    [{ ends: { check: { err: 'Error: its results differ' } } }, 'unsupported', /its results differ/],
    [{}, 'unsupported', /finds no graphics processor/, 'cuda'],
    [
      { ends: { 'unpack tensorflow_cpu-1.whl': { err: 'OSError: [Errno 28] No space left on device' } } },
      'disk-full',
      /no room left/,
    ],
  ];
  for (const [options, code, message, variant] of cases) {
    await assert.rejects(setUp(folder, { ...options, system: here }, variant), { code, message });
    assert.equal(readSetUp(folder), null, String(message));
  }
});

test('each system gets its wheel, or a sentence', () => {
  assert.equal(planFor(linux, 'cpu').wheel, 'tensorflow-cpu');
  assert.equal(planFor(linux, 'cuda').wheel, 'tensorflow');
  assert.equal(planFor({ ...linux, arch: 'arm64' }, 'cpu').wheel, 'tensorflow');
  const mac = planFor({ platform: 'darwin', arch: 'arm64', isGlibc: false }, 'cpu');
  assert.deepEqual([mac.wheel, mac.libraries[0]], ['tensorflow', 'libtensorflow_cc.2.dylib']);
  const none: [Parameters<typeof planFor>[0], 'cpu' | 'cuda', RegExp][] = [
    [{ ...linux, isGlibc: false }, 'cpu', /need glibc/],
    [{ platform: 'win32', arch: 'x64', isGlibc: false }, 'cpu', /no C library.*Subsystem for Linux/],
    [{ platform: 'darwin', arch: 'x64', isGlibc: false }, 'cpu', /no TensorFlow 2\.21\.0 for darwin on x64/],
    [{ platform: 'darwin', arch: 'arm64', isGlibc: false }, 'cuda', /leave --cuda out/],
  ];
  for (const [system, variant, message] of none) {
    assert.throws(() => planFor(system, variant), { code: 'unsupported', message });
  }
});

test('it is taken away whole, but nothing that others put there', async (t) => {
  const folder = await stage(t);
  assert.equal(await removeTensorflow(folder), false);
  await setUp(folder);
  await writeFile(join(folder, 'letter.txt'), 'mine');
  await assert.rejects(removeTensorflow(folder), { code: 'bad-argument', message: /letter\.txt/ });
  await rm(join(folder, 'letter.txt'));
  assert.equal(await removeTensorflow(folder), true);
  assert.ok(!existsSync(folder));
});
