import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '#domain/errors.ts';
import { Heap } from '#engine/kernels/wasm/heap.ts';

const PAGE = 65536;
const START = 4096;

/** A heap in a shared memory of `initial` pages that may grow to `maximum`. */
function heapOf(initial: number, maximum: number): Heap {
  const memory = new WebAssembly.Memory({ initial, maximum, shared: true });
  return new Heap(memory, START, maximum * PAGE);
}

test('blocks are aligned, inside the memory and apart, whatever is released in between', () => {
  const actions = fc.array(
    fc.oneof(
      fc.record({ allocate: fc.integer({ min: 0, max: 3 * PAGE }) }),
      fc.record({ release: fc.nat(1000) }),
    ),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(actions, (steps) => {
      const heap = heapOf(8, 1000);
      const blocks: { start: number; bytes: number }[] = [];
      for (const step of steps) {
        if ('allocate' in step) blocks.push({ start: heap.allocate(step.allocate), bytes: step.allocate });
        else if (blocks.length > 0) heap.release(blocks.splice(step.release % blocks.length, 1)[0].start);
        assertApart(blocks, heap);
      }
      for (const { start } of blocks) heap.release(start);
      assert.equal(heap.usedBytes, 0);
      const total = heap.totalBytes;
      heap.allocate(total - START);
      assert.equal(heap.totalBytes, total, 'the released blocks did not become one again');
    }),
    { numRuns: 60, seed: 7 },
  );
});

function assertApart(blocks: readonly { start: number; bytes: number }[], heap: Heap): void {
  const sorted = [...blocks].sort((a, b) => a.start - b.start);
  let end = START;
  let used = 0;
  for (const { start, bytes } of sorted) {
    assert.equal(start % 64, 0);
    assert.ok(start >= end, `a block at ${start} begins before ${end}`);
    end = start + Math.max(bytes, 1);
    used += Math.max(64, Math.ceil(bytes / 64) * 64);
  }
  assert.ok(end <= heap.totalBytes);
  assert.equal(heap.usedBytes, used);
}

test('the memory grows in place: values and views made before stay', () => {
  const heap = heapOf(8, 1000);
  const block = heap.allocate(4000);
  const view = heap.floats(block, 1000);
  view.forEach((_, i) => (view[i] = i));
  const before = heap.totalBytes;
  const large = heap.allocate(40 * PAGE);
  assert.ok(heap.totalBytes > before);
  heap.floats(large, 10 * PAGE).fill(7);
  assert.equal(view[999], 999);
  view[0] = 42;
  assert.equal(heap.floats(block, 1)[0], 42);
});

test('thousands of blocks of all sizes leave nothing behind and do not make it grow', () => {
  const heap = heapOf(16, 1000);
  const sizes = [64, 4096, 100, 70_000, 12, 333_333, 8192];
  const round = (): void => {
    const blocks = sizes.map((size) => heap.allocate(size));
    for (const block of [...blocks].sort((a, b) => (a % 7) - (b % 7))) heap.release(block);
  };
  round();
  const total = heap.totalBytes;
  for (let i = 0; i < 3000; i++) round();
  assert.equal(heap.usedBytes, 0);
  assert.equal(heap.totalBytes, total);
});

test('the kernels may read five long rows past the last block', () => {
  const heap = heapOf(8, 8);
  const last = heap.allocate(heap.totalBytes - START);
  assert.ok(heap.memory.buffer.byteLength - (last + heap.usedBytes) >= 5 * 8192 * 4);
});

for (const [name, heap] of [
  ['at the limit that it was given', heapOf(16, 36)],
  [
    'where the system gives no more',
    new Heap(new WebAssembly.Memory({ initial: 16, maximum: 36, shared: true }), START, 1000 * PAGE),
  ],
] as const) {
  test(`exhaustion is a sentence that says how much and what to do, ${name}`, () => {
    const block = heap.allocate(4 * PAGE);
    assert.throws(
      () => heap.allocate(30 * PAGE),
      (error) => {
        assert.ok(error instanceof AppError);
        assert.equal(error.code, 'out-of-memory');
        assert.match(
          error.message,
          /^The engine needs 2 MB more than the 1 MB it holds and cannot get them; use a smaller .*\.$/,
        );
        return true;
      },
    );
    assert.equal(heap.usedBytes, 4 * PAGE, 'a block that was not given counts as used');
    heap.release(block);
    heap.release(heap.allocate(6 * PAGE));
    assert.equal(heap.usedBytes, 0);
  });
}

test('releasing what is not a block is a bug, and says so', () => {
  const heap = heapOf(8, 8);
  const block = heap.allocate(128);
  assert.throws(() => heap.release(block + 64), /No block of the heap starts at/);
  heap.release(block);
  assert.throws(() => heap.release(block), /No block of the heap starts at/);
});

test('the peak is the most that was in use at once since it was last begun', () => {
  const heap = heapOf(8, 1000);
  const large = heap.allocate(1000 * 64);
  const small = heap.allocate(64);
  heap.release(large);
  assert.equal(heap.peakBytes, 1001 * 64);
  heap.startPeak();
  assert.equal(heap.peakBytes, 64);
  heap.release(heap.allocate(10 * 64));
  assert.equal(heap.peakBytes, 11 * 64);
  heap.release(small);
  assert.equal(heap.peakBytes, 11 * 64);
});
