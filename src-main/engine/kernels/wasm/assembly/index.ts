// The kernels' module. Every thread has an instance over one memory. The main thread writes a job into the control
// block, wakes the others and works along; threads take items until none is left.

import { takeItem } from './simd';
import { rolloutBegin, rolloutSample } from './rollout';
import { matmulItem, matvecItem } from './matmul';
import {
  convBegin, convolveBegin, convolveFilterItem, convolveFilterSumItem, convolveInputBegin, convolveInputItem, convolveItem,
  maxPoolAdjointItem, maxPoolItem, patchesAdjointItem, patchesItem,
} from './conv';
import { adamItem, binaryItem, columnSumItem, squareSumItem } from './elementwise';
import { tileRows } from './tile';

// Words of the control block (runtime.ts beside this folder has the same table).
const CONTROL: usize = 1024;
const NEXT = 8, ITEMS = 12, OPERATION = 16, JOB = 20, SCRATCH = 24, SCRATCH_STRIDE = 28;

/** Takes part in the current job as thread `thread` (0 is the main thread). Operations are numbered as in runtime.ts. */
export function work(thread: i32): void {
  const operation = load<i32>(CONTROL, OPERATION);
  const items = load<i32>(CONTROL, ITEMS);
  const job = load<usize>(CONTROL, JOB);
  const scratch = load<usize>(CONTROL, SCRATCH) + <usize>thread * load<usize>(CONTROL, SCRATCH_STRIDE);
  let item = takeItem(CONTROL + NEXT);
  if (item >= items) return;
  switch (operation) {
    case 1: rolloutBegin(job, scratch); break;
    case 12: convolveBegin(job, scratch); break;
    case 15: convolveInputBegin(job, scratch); break;
    case 4: case 5: case 6: case 7: case 13: case 14: convBegin(job); break;
  }
  for (; item < items; item = takeItem(CONTROL + NEXT)) {
    switch (operation) {
      case 1: rolloutSample(item); break;
      case 2: matmulItem(job, scratch, item); break;
      case 3: matvecItem(job, item); break;
      case 4: patchesItem(job, item); break;
      case 5: patchesAdjointItem(job, item); break;
      case 6: maxPoolItem(job, item); break;
      case 7: maxPoolAdjointItem(job, item); break;
      case 8: binaryItem(job, item); break;
      case 9: columnSumItem(job, item); break;
      case 10: adamItem(job, item); break;
      case 11: squareSumItem(job, item); break;
      case 12: convolveItem(job, scratch, item); break;
      case 13: convolveFilterItem(job, scratch, item); break;
      case 14: convolveFilterSumItem(job, item); break;
      case 15: convolveInputItem(job, scratch, item); break;
      default: unreachable();
    }
  }
}

/** The micro-kernel alone, for the benchmarks' peak: n products of 6×K by K×8, all in the first-level cache. */
export function peak(n: i32, k: i32, at: usize): void {
  const b = at + <usize>(6 * k << 2), c = b + <usize>(k << 5);
  for (let i = 0; i < n; i++) tileRows(at, k << 2, b, k, c, 32);
}
