/** The kernels' threads: what runs where, the same bytes every time, and what becomes of a thread that fails. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '#domain/errors.ts';
import { WASM_BACKEND } from '#engine/kernels/wasm/backend.ts';
import { useWasmBackend } from '#engine/kernels/wasm/register.ts';
import { KernelRuntime, operations, type Thread, type ThreadHost } from '#engine/kernels/wasm/runtime.ts';
import { tf } from '#engine/tf.ts';
import { createKernels, nodeThreads, readKernels } from '#hosts/engine/kernel-threads.ts';
import { tinyTrainer } from '#test/engine/training/tiny-run.ts';

const binaries = await readKernels();
const RUN = 16384;

/** Sums two arrays of so many runs of the elementwise kernels, an item each, and checks what comes. */
function checkSum(runtime: KernelRuntime, runs = 8): void {
  const { heap } = runtime;
  const n = runs * RUN;
  const [a, b, c] = [0, 0, 0].map(() => heap.allocate(n * 4));
  heap.floats(a, n).forEach((_, i, values) => (values[i] = i));
  heap.floats(b, n).fill(0.5);
  runtime.runWords(operations.binary, [a, b, c, n, 1], runs);
  const sum = heap.floats(c, n);
  assert.ok(sum.every((value, i) => value === Math.fround(i + 0.5)));
  for (const block of [a, b, c]) heap.release(block);
}

/** Nothing but a `work` that traps, as a kernel with a fault would. */
const trapping = new WebAssembly.Module(
  // prettier-ignore
  Uint8Array.of(
    0, 97, 115, 109, 1, 0, 0, 0, // magic, version
    1, 5, 1, 96, 1, 127, 0, // type: (i32) → nothing
    3, 2, 1, 0, // one function of it
    7, 8, 1, 4, 119, 111, 114, 107, 0, 0, // exported as "work"
    10, 5, 1, 3, 0, 0, 11, // its body: unreachable
  ),
);

function isThreadLost(error: unknown): true {
  assert.ok(error instanceof AppError);
  assert.equal(
    error.message,
    'A thread of the engine stopped answering; restart the program with fewer threads.',
  );
  return true;
}

test('all threads take part, and one line tells what runs', async () => {
  const two = await createKernels({ threads: 2 });
  assert.equal(two.threads, 2);
  assert.equal(two.description, 'wasm: relaxed SIMD, 2 threads');
  for (let i = 0; i < 100; i++) checkSum(two, 3);
  assert.equal(two.heap.usedBytes, 0);
  two.dispose();
  const one = await KernelRuntime.create({ binaries, threads: 4, host: null });
  assert.equal(one.threads, 1);
  assert.equal(one.description, 'wasm: relaxed SIMD, 1 thread');
  checkSum(one);
  one.dispose();
});

test('without relaxed SIMD, without threads, or when told so, the plain kernels run and the line says why', async () => {
  const because = 'wasm: plain SIMD on one thread, because relaxed SIMD or threads are';
  const create = (relaxed: Uint8Array, plain = false): Promise<KernelRuntime> =>
    KernelRuntime.create({ binaries: { ...binaries, relaxed }, threads: 2, host: nodeThreads, plain });
  const check = (runtime: KernelRuntime, why: string): void => {
    assert.equal(runtime.description, `${because} ${why}`);
    assert.equal(runtime.threads, 1);
    assert.equal(runtime.relaxed, false);
    checkSum(runtime);
    runtime.dispose();
  };
  check(await create(Uint8Array.of(0, 97, 115, 109, 9)), 'missing in this runtime');
  check(await create(binaries.relaxed, true), 'switched off');
  const shared = globalThis.SharedArrayBuffer;
  try {
    Reflect.deleteProperty(globalThis, 'SharedArrayBuffer');
    check(await create(binaries.relaxed), 'missing (no SharedArrayBuffer)');
  } finally {
    Object.assign(globalThis, { SharedArrayBuffer: shared });
  }
});

test('the same bytes every time, and whatever the number of threads', async () => {
  const runs: Float32Array[][] = [];
  for (const threads of [2, 2, 1, 3]) {
    await useWasmBackend(await createKernels({ threads }));
    const trainer = tinyTrainer({ batchSize: 5 });
    for (let i = 0; i < 6; i++) await trainer.step();
    const { tensors } = await trainer.snapshot();
    runs.push([...tensors.values()].map(({ data }) => data));
    trainer.dispose();
    tf.removeBackend(WASM_BACKEND);
  }
  await tf.setBackend('cpu');
  for (const run of runs.slice(1)) assert.deepEqual(run, runs[0]);
});

test('a kernel that traps on the main thread is an error, and the next job runs', async () => {
  const runtime = await createKernels({ threads: 2 });
  const unknown = 99 as typeof operations.binary;
  for (let i = 0; i < 3; i++) {
    assert.throws(() => runtime.runWords(unknown, [0], 2), WebAssembly.RuntimeError);
    checkSum(runtime);
  }
  runtime.dispose();
});

test('a kernel that traps in a thread is an error, every time', async () => {
  const host: ThreadHost = {
    start: (start, ended) => nodeThreads.start({ ...start, module: trapping }, ended),
  };
  const runtime = await KernelRuntime.create({ binaries, threads: 3, host });
  for (let i = 0; i < 3; i++) {
    assert.throws(() => checkSum(runtime), /^Error: A kernel failed in a thread of the engine\.$/);
  }
  runtime.dispose();
});

test('a thread that died during a job, or never answers, is an error and not a hang', async () => {
  const silent: ThreadHost = { start: () => Promise.resolve({ stop: () => undefined }) };
  const runtime = await KernelRuntime.create({ binaries, threads: 2, host: silent, stallMs: 50 });
  assert.throws(() => checkSum(runtime), isThreadLost);
  // What it may still do is unknown, so there is no second job.
  assert.throws(() => checkSum(runtime), isThreadLost);
  runtime.dispose();
});

test('a thread that died between jobs is an error at once', async () => {
  const died: (() => void)[] = [];
  const host: ThreadHost = {
    async start(start, ended) {
      died.push(ended);
      return nodeThreads.start(start, ended);
    },
  };
  const runtime = await KernelRuntime.create({ binaries, threads: 2, host });
  checkSum(runtime);
  died[0]();
  assert.throws(() => checkSum(runtime), isThreadLost);
  runtime.dispose();
});

test('where a thread does not start, the others end', async () => {
  let stopped = 0;
  const host: ThreadHost = {
    async start({ index }): Promise<Thread> {
      if (index === 2) throw new Error('no more threads');
      return { stop: () => (stopped += 1) };
    },
  };
  await assert.rejects(KernelRuntime.create({ binaries, threads: 4, host }), /no more threads/);
  assert.equal(stopped, 2);
});

test('after dispose nothing runs', async () => {
  const runtime = await createKernels({ threads: 2 });
  runtime.dispose();
  runtime.dispose();
  assert.throws(() => checkSum(runtime), /disposed/);
});

test('the micro-kernel’s own speed is a positive number and leaves no memory behind', async () => {
  const runtime = await createKernels({ threads: 1 });
  const peak = runtime.measurePeak(() => performance.now());
  assert.ok(Number.isFinite(peak) && peak > 0);
  assert.equal(runtime.heap.usedBytes, 0);
  runtime.dispose();
});
