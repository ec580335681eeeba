import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { KernelRuntime, type ThreadHost } from '#engine/kernels/wasm/runtime.ts';
import { createKernels, nodeThreads, readKernels } from '#hosts/engine/kernel-threads.ts';

test('a thread that ends by itself is reported, one that is stopped is not', async () => {
  const ended: number[] = [];
  const over = Promise.withResolvers<undefined>();
  const host: ThreadHost = {
    async start(start, report) {
      const thread = await nodeThreads.start(start, () => {
        ended.push(start.index);
        over.resolve(undefined);
        report();
      });
      // The first is left to itself when the runtime ends.
      return start.index === 1 ? { stop: () => undefined } : thread;
    },
  };
  const runtime = await KernelRuntime.create({ binaries: await readKernels(), threads: 3, host });
  assert.deepEqual(ended, []);
  runtime.dispose();
  await over.promise;
  assert.deepEqual(ended, [1]);
});

test('a thread that cannot begin is an error and not a wait without end', async () => {
  const needsMore = new WebAssembly.Module(
    // prettier-ignore
    Uint8Array.of(
      0, 97, 115, 109, 1, 0, 0, 0, // magic, version
      1, 4, 1, 96, 0, 0, // type: nothing → nothing
      2, 7, 1, 1, 97, 1, 98, 0, 0, // imports "b" of "a", which nobody has
    ),
  );
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  await assert.rejects(
    nodeThreads.start({ module: needsMore, memory, index: 1 }, () => undefined),
    /Import #0 "a"/,
  );
});

test('as many threads as asked for, all cores if not', async () => {
  for (const threads of [1, 3]) {
    const kernels = await createKernels({ threads });
    assert.equal(kernels.threads, threads);
    kernels.dispose();
  }
  const kernels = await createKernels();
  assert.equal(kernels.threads, availableParallelism());
  kernels.dispose();
});
