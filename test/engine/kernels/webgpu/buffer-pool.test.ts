/** Buffers are used again, given back when nobody uses them for long, and not trusted when memory ran out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BufferPool } from '#engine/kernels/webgpu/buffer-pool.ts';
import { pretendedDevice } from './pretended-device.ts';

const STORAGE = 0x80;

test('a buffer is used again by who needs one alike', () => {
  const { device, memory } = pretendedDevice();
  const pool = new BufferPool(device, () => 0);
  const first = pool.acquireBuffer(64, STORAGE);
  const other = pool.acquireBuffer(64, STORAGE);
  assert.notEqual(first, other);
  pool.releaseBuffer(first);
  assert.equal(pool.acquireBuffer(64, STORAGE), first);
  assert.notEqual(pool.acquireBuffer(128, STORAGE), other);
  assert.deepEqual([pool.numBytesUsed, pool.numBytesAllocated, memory.bytes], [256, 256, 256]);
  pool.releaseBuffer(other, false);
  assert.deepEqual([pool.numBytesUsed, pool.numBytesAllocated, memory.bytes], [192, 192, 192]);
  assert.deepEqual([pool.getNumUsedBuffers(), pool.getNumFreeBuffers()], [2, 0]);
  pool.dispose();
  assert.equal(memory.bytes, 0);
});

test('what nobody used for half a minute is given back, the rest is not', () => {
  const { device, memory } = pretendedDevice();
  let now = 0;
  const pool = new BufferPool(device, () => now);
  const [old, young, busy] = [100, 200, 400].map((size) => pool.acquireBuffer(size, STORAGE));
  pool.releaseBuffer(old);
  now = 25_000;
  pool.releaseBuffer(young);
  now = 40_000;
  // What was recorded with it has not been submitted: it stays.
  pool.releaseBuffer(pool.acquireBuffer(800, STORAGE));
  assert.equal(memory.bytes, 100 + 200 + 400 + 800);
  pool.submitted();
  now = 46_000;
  pool.releaseBuffer(pool.acquireBuffer(800, STORAGE));
  assert.equal(memory.bytes, 200 + 400 + 800);
  assert.equal(pool.acquireBuffer(200, STORAGE), young);
  pool.releaseBuffer(busy);
  assert.equal(pool.numBytesAllocated, memory.bytes);
});

test('when memory ran out all that is free goes, and what is in use does not come back', () => {
  const { device, memory } = pretendedDevice();
  const pool = new BufferPool(device, () => 0);
  const [free, used] = [100, 200].map((size) => pool.acquireBuffer(size, STORAGE));
  pool.releaseBuffer(free);
  pool.submitted();
  pool.runOut();
  assert.equal(memory.bytes, 200);
  pool.releaseBuffer(used);
  assert.equal(memory.bytes, 0);
  assert.notEqual(pool.acquireBuffer(200, STORAGE), used);
});
