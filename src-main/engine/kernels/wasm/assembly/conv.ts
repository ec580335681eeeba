// Convolutions as matrix products over patches, NHWC, filters [kh, kw, Cin, Cout]; rows of patches are output pixels,
// D = kh·kw·Cin deep. Where the filter is small, a block of patches is gathered right before its product and never
// leaves the cache (convolveItem and its two gradients); where it is large, patches go through the heap, to the matrix
// product proper (patchesItem, patchesAdjointItem).

import { ceilTo } from './simd';
import { tileColumnsAdd, tileRows, tileRowsBiasRelu } from './tile';

const INPUT = 0, PATCHES = 4, HEIGHT = 12, WIDTH = 16, CHANNELS = 20, KERNEL_H = 24, KERNEL_W = 28;
const OUT_H = 32, OUT_W = 36, STRIDE = 40, TOP = 44, LEFT = 48;
const FILTER = 60, BIAS = 64, RESULT = 68, OUT_CHANNELS = 72, RELU = 76, BATCH = 8, GROUPS = 80, BLOCK_ROWS = 84;

let h: i32 = 0, w: i32 = 0, c: i32 = 0, kh: i32 = 0, kw: i32 = 0, oh: i32 = 0, ow: i32 = 0, stride: i32 = 0, top: i32 = 0, left: i32 = 0;
let depth: i32 = 0, outC: i32 = 0, cellBytes: usize = 0;

export function convBegin(job: usize): void {
  h = load<i32>(job, HEIGHT); w = load<i32>(job, WIDTH); c = load<i32>(job, CHANNELS);
  kh = load<i32>(job, KERNEL_H); kw = load<i32>(job, KERNEL_W); oh = load<i32>(job, OUT_H); ow = load<i32>(job, OUT_W);
  stride = load<i32>(job, STRIDE); top = load<i32>(job, TOP); left = load<i32>(job, LEFT);
  cellBytes = <usize>c << 2;
  depth = kh * kw * c;
}

/** Patches of `count` output pixels of a sample, from pixel `first`: rows of D values. */
function gather(input: usize, first: i32, count: i32, to: usize): void {
  const rowBytes = <usize>kw * cellBytes;
  let y = first / ow, x = first - y * ow;
  for (let i = 0; i < count; i++) {
    const x0 = x * stride - left, y0 = y * stride - top;
    const firstX = max(0, -x0), lastX = min(kw, w - x0);
    for (let j = 0; j < kh; j++) {
      const sourceY = y0 + j;
      if (sourceY < 0 || sourceY >= h || lastX <= firstX) {
        memory.fill(to, 0, rowBytes);
      } else {
        let from = input + <usize>(sourceY * w + x0 + firstX) * cellBytes;
        let at = to + <usize>firstX * cellBytes;
        const end = to + <usize>lastX * cellBytes;
        if (firstX > 0) memory.fill(to, 0, <usize>firstX * cellBytes);
        if ((c & 3) == 0) {
          for (; at < end; at += 16, from += 16) v128.store(at, v128.load(from));
        } else {
          for (; at < end; at += 4, from += 4) store<f32>(at, load<f32>(from));
        }
        if (lastX < kw) memory.fill(end, 0, <usize>(kw - lastX) * cellBytes);
      }
      to += rowBytes;
    }
    if (++x == ow) { x = 0; y++; }
  }
}

/** The adjoint: adds rows of patches, `pitch` bytes apart, into the input of a sample. */
function scatter(input: usize, first: i32, count: i32, rows: usize, pitch: usize): void {
  let y = first / ow, x = first - y * ow;
  for (let i = 0; i < count; i++) {
    const x0 = x * stride - left, y0 = y * stride - top;
    const firstX = max(0, -x0), lastX = min(kw, w - x0);
    let from = rows + <usize>i * pitch;
    for (let j = 0; j < kh; j++) {
      const targetY = y0 + j;
      if (targetY >= 0 && targetY < h && lastX > firstX) {
        let at = input + <usize>(targetY * w + x0 + firstX) * cellBytes;
        const end = at + <usize>(lastX - firstX) * cellBytes;
        let source = from + <usize>firstX * cellBytes;
        if ((c & 3) == 0) {
          for (; at < end; at += 16, source += 16) v128.store(at, f32x4.add(v128.load(at), v128.load(source)));
        } else {
          for (; at < end; at += 4, source += 4) store<f32>(at, load<f32>(at) + load<f32>(source));
        }
      }
      from += <usize>kw * cellBytes;
    }
    if (++x == ow) { x = 0; y++; }
  }
}

/** Patches of one output row; item = sample·OUT_H + row. */
export function patchesItem(job: usize, item: i32): void {
  const sample = item / oh;
  const to = load<usize>(job, PATCHES) + <usize>(item * ow) * <usize>(depth << 2);
  gather(load<usize>(job, INPUT) + <usize>(sample * h * w) * cellBytes, (item - sample * oh) * ow, ow, to);
}

/** Adds the gradient of the patches of sample `item` into its input. */
export function patchesAdjointItem(job: usize, item: i32): void {
  const input = load<usize>(job, INPUT) + <usize>(item * h * w) * cellBytes;
  memory.fill(input, 0, <usize>(h * w) * cellBytes);
  const pitch = <usize>(depth << 2);
  scatter(input, 0, oh * ow, load<usize>(job, PATCHES) + <usize>(item * oh * ow) * pitch, pitch);
}

// Small filters. A thread's scratch: the packed filter, a block of patches, one 6×8 block.

/** Packs the filter [D, Cout] into panels of 8 columns: panel[Cout / 8][D][8]. */
export function convolveBegin(job: usize, scratch: usize): void {
  convBegin(job);
  outC = load<i32>(job, OUT_CHANNELS);
  let from = load<usize>(job, FILTER);
  memory.fill(scratch, 0, <usize>(depth * ceilTo(outC, 8)) << 2);
  for (let k = 0; k < depth; k++) {
    for (let j = 0; j < outC; j++, from += 4) store<f32>(scratch + <usize>((((j & ~7) * depth + k * 8 + (j & 7)) << 2)), load<f32>(from));
  }
}

/** One sample forward: ReLU (or not) of patches · filter + bias. */
export function convolveItem(job: usize, scratch: usize, item: i32): void {
  const pixels = oh * ow, blockRows = load<i32>(job, BLOCK_ROWS);
  const relu = load<i32>(job, RELU) != 0;
  const bias = load<usize>(job, BIAS);
  const patches = scratch + (<usize>(depth * ceilTo(outC, 8)) << 2);
  const edge = patches + (<usize>(blockRows * depth) << 2);
  const rowBytes = <usize>(depth << 2), pitch = <usize>(outC << 2);
  const input = load<usize>(job, INPUT) + <usize>(item * h * w) * cellBytes;
  const result = load<usize>(job, RESULT) + <usize>(item * pixels) * pitch;
  for (let first = 0; first < pixels; first += blockRows) {
    const rows = min(blockRows, pixels - first);
    gather(input, first, rows, patches);
    for (let j = 0; j < outC; j += 8) {
      const panel = scratch + (<usize>(j * depth) << 2);
      const wide = min(8, outC - j);
      for (let r = 0; r < rows; r += 6) {
        const tall = min(6, rows - r);
        const a = patches + <usize>r * rowBytes;
        const to = result + <usize>(first + r) * pitch + <usize>(j << 2);
        if (tall == 6 && wide == 8 && relu && bias) {
          tileRowsBiasRelu(a, rowBytes, panel, depth, to, pitch, bias + <usize>(j << 2));
          continue;
        }
        tileRows(a, rowBytes, panel, depth, edge, 32);
        for (let i = 0; i < tall; i++) {
          for (let k = 0; k < wide; k++) {
            let value = load<f32>(edge + <usize>((i * 8 + k) << 2));
            if (bias) value += load<f32>(bias + <usize>((j + k) << 2));
            store<f32>(to + <usize>i * pitch + <usize>(k << 2), relu && value < 0 ? 0 : value);
          }
        }
      }
    }
  }
}

/** The filter's gradient over the samples of group `item`, in blocks of 6×8 of its own, so that groups add up in order. */
export function convolveFilterItem(job: usize, scratch: usize, item: i32): void {
  outC = load<i32>(job, OUT_CHANNELS);
  const groups = load<i32>(job, GROUPS), batch = load<i32>(job, BATCH);
  const pixels = oh * ow, blockRows = load<i32>(job, BLOCK_ROWS);
  const rowBytes = <usize>(depth << 2), pitch = <usize>(outC << 2);
  const panels = ceilTo(outC, 8) >> 3;
  const partBytes = <usize>((ceilTo(depth, 6) / 6) * panels * 192);
  const part = load<usize>(job, RESULT) + <usize>item * partBytes;
  memory.fill(part, 0, partBytes);
  const last = ((item + 1) * batch) / groups;
  for (let sample = (item * batch) / groups; sample < last; sample++) {
    const input = load<usize>(job, INPUT) + <usize>(sample * h * w) * cellBytes;
    const dy = load<usize>(job, FILTER) + <usize>(sample * pixels) * pitch;
    for (let first = 0; first < pixels; first += blockRows) {
      const rows = min(blockRows, pixels - first);
      gather(input, first, rows, scratch);
      let block = part;
      for (let k = 0; k < depth; k += 6) {
        for (let j = 0; j < panels; j++) {
          tileColumnsAdd(scratch + <usize>(k << 2), rowBytes, dy + <usize>first * pitch + <usize>(j << 5), pitch, rows, block);
          block += 192;
        }
      }
    }
  }
}

/** Adds the groups' parts into the filter's gradient [D, Cout] at PATCHES; item = six rows of it. */
export function convolveFilterSumItem(job: usize, item: i32): void {
  outC = load<i32>(job, OUT_CHANNELS);
  const groups = load<i32>(job, GROUPS);
  const panels = ceilTo(outC, 8) >> 3;
  const partBytes = <usize>((ceilTo(depth, 6) / 6) * panels * 192);
  const tall = min(6, depth - item * 6);
  for (let i = 0; i < tall; i++) {
    const to = load<usize>(job, PATCHES) + (<usize>((item * 6 + i) * outC) << 2);
    for (let j = 0; j < outC; j++) {
      let from = load<usize>(job, RESULT) + <usize>(((item * panels + (j >> 3)) * 48 + i * 8 + (j & 7)) << 2);
      let sum: f32 = 0;
      for (let g = 0; g < groups; g++, from += partBytes) sum += load<f32>(from);
      store<f32>(to + <usize>(j << 2), sum);
    }
  }
}

/** Packs the transposed filter [Cout, D] into panels of 8 columns: panel[D / 8][Cout][8]. */
export function convolveInputBegin(job: usize, scratch: usize): void {
  convBegin(job);
  outC = load<i32>(job, OUT_CHANNELS);
  let from = load<usize>(job, FILTER);
  memory.fill(scratch, 0, <usize>(ceilTo(depth, 8) * outC) << 2);
  for (let k = 0; k < depth; k++) {
    for (let j = 0; j < outC; j++, from += 4) store<f32>(scratch + <usize>((((k & ~7) * outC + j * 8 + (k & 7)) << 2)), load<f32>(from));
  }
}

/** The input's gradient of one sample: dy · filterᵀ, block by block, added where the patches came from. */
export function convolveInputItem(job: usize, scratch: usize, item: i32): void {
  const pixels = oh * ow, blockRows = load<i32>(job, BLOCK_ROWS);
  const wide = ceilTo(depth, 8);
  const patches = scratch + (<usize>(wide * outC) << 2);
  const rowBytes = <usize>(wide << 2), pitch = <usize>(outC << 2);
  const input = load<usize>(job, INPUT) + <usize>(item * h * w) * cellBytes;
  const dy = load<usize>(job, RESULT) + <usize>(item * pixels) * pitch;
  memory.fill(input, 0, <usize>(h * w) * cellBytes);
  for (let first = 0; first < pixels; first += blockRows) {
    const rows = min(blockRows, pixels - first);
    // The last tile may read rows of the next sample, or the heap's slack; what comes of them is not scattered.
    for (let r = 0; r < rows; r += 6) {
      for (let k = 0; k < wide; k += 8) {
        tileRows(
          dy + <usize>(first + r) * pitch, pitch, scratch + (<usize>(k * outC) << 2), outC,
          patches + <usize>r * rowBytes + <usize>(k << 2), rowBytes,
        );
      }
    }
    scatter(input, first, rows, patches, rowBytes);
  }
}

/** 2×2 maximum with stride 2; item = sample·OUT_H + output row. Odd sizes leave the last row or column out. */
export function maxPoolItem(job: usize, item: i32): void {
  const sample = item / oh, y = item % oh;
  const pitch = <usize>w * cellBytes;
  const input = load<usize>(job, INPUT) + <usize>(sample * h + 2 * y) * pitch;
  let to = load<usize>(job, PATCHES) + <usize>(item * ow) * cellBytes;
  for (let x = 0; x < ow; x++) {
    const at = input + <usize>(2 * x) * cellBytes;
    let i: usize = 0;
    for (; i + 16 <= cellBytes; i += 16) {
      const p = at + i;
      v128.store(to + i, f32x4.pmax(
        f32x4.pmax(v128.load(p), v128.load(p + cellBytes)),
        f32x4.pmax(v128.load(p + pitch), v128.load(p + pitch + cellBytes)),
      ));
    }
    for (; i < cellBytes; i += 4) {
      const p = at + i;
      store<f32>(to + i, max(max(load<f32>(p), load<f32>(p + cellBytes)), max(load<f32>(p + pitch), load<f32>(p + pitch + cellBytes))));
    }
    to += cellBytes;
  }
}

const GRADIENT = 52, OUTPUT = 56;

/** Its gradient: to the first of the four that equals the maximum. GRADIENT is dy, OUTPUT receives dx (item = sample). */
export function maxPoolAdjointItem(job: usize, item: i32): void {
  const pitch = <usize>w * cellBytes;
  const input = load<usize>(job, INPUT) + <usize>(item * h) * pitch;
  const dx = load<usize>(job, OUTPUT) + <usize>(item * h) * pitch;
  let dy = load<usize>(job, GRADIENT) + <usize>(item * oh * ow) * cellBytes;
  memory.fill(dx, 0, <usize>h * pitch);
  for (let y = 0; y < oh; y++) {
    for (let x = 0; x < ow; x++) {
      const offset = <usize>(2 * y) * pitch + <usize>(2 * x) * cellBytes;
      for (let i: usize = 0; i < cellBytes; i += 4) {
        const p = input + offset + i;
        const a = load<f32>(p), b = load<f32>(p + cellBytes), d = load<f32>(p + pitch), e = load<f32>(p + pitch + cellBytes);
        const m = max(max(a, b), max(d, e));
        const place = a == m ? 0 : b == m ? cellBytes : d == m ? pitch : pitch + cellBytes;
        store<f32>(dx + offset + i + place, load<f32>(dy + i));
      }
      dy += cellBytes;
    }
  }
}
