// One sample's rollout, whole: T steps forward, the loss, T steps backward. Nothing but the final state, the loss and
// the gradients leaves it. Only cells that live and fire are computed: their features are gathered into rows, the
// perceptron runs over tiles of six rows, the result is scattered. Rows of features and hidden values (and the place of
// each maximum) are kept for the backward pass while they fit the caller's budget; steps beyond it keep the state alone
// and compute their rows again.
//
// Dimensions: H, W the grid; C channels, padded to 4; N channels, padded to 8; K = C·(2 + 2S) features; Q the same,
// padded to 8; d hidden values, padded to 8; R the halo. All zero where padded, so that padding computes zeros.

import { ceilTo, madd } from './simd';
import { tileRows, tileRowsAdd, tileRowsBiasRelu, tileRowsMaskSum, tileColumnsAdd } from './tile';
import { perceive, perceiveAdjoint } from './perception';
import { fireFour, mixDraw } from './random';

// The job, as words at `job`; the host writes it (rollout.ts beside this folder).
const HEIGHT = 0, WIDTH = 4, CHANNELS = 8, HIDDEN = 12, SIZES = 16, STEPS = 20, FIRST_STEP = 24, FIRST_SAMPLE = 28;
const SEED = 32, FIRE_LIMIT = 36, ALIVE_CHANNEL = 40, THRESHOLD = 44, GAIN = 48, HALO = 52, TABLE = 56;
const RULES = 60, TURNS = 64, MODE = 68;
const X0 = 72, W0 = 76, B0 = 80, W1 = 84, TARGET = 88, WEIGHT = 92, DY = 96;
const OUT_STATE = 100, OUT_LOSS = 104, OUT_DX0 = 108, OUT_DW0 = 112, OUT_DB0 = 116, OUT_DW1 = 120;
const KEEP_BYTES = 124, CHUNK = 128, TRUE_CHANNELS = 132, TRUE_HIDDEN = 136;
// Offsets within a thread's scratch.
const S_STATE = 140, S_GRADIENT = 144, S_RULES = 148, S_DW0 = 152, S_DW1 = 156, S_DB0 = 160, S_MASKS = 164;
const S_CELLS = 168, S_DELTA = 172, S_TILE = 176, S_KEEP = 180, S_STEPS = 184, S_TRAJECTORY = 188, S_KEPT = 192;
const SAMPLE_STRIDE_X0 = 196, S_SPARE = 200, SPARE_ROWS = 204, OUT_ROWS = 208;
// Of several rules and of held cells; 0 where there are none.
const LIMITS = 212, PATTERN = 216, PATTERN_LENGTH = 220, HOLD_MASK = 224, HOLD_VALUES = 228, HOLD_STRIDE = 232;
const HOLD_CHANNELS = 236, S_SORTED = 240, S_CHOSEN = 244;

export const FORWARD = 0, GRADIENT_MSE = 1, GRADIENT_BCE = 2, GRADIENT_GIVEN = 3;

// One thread's view of the job; each thread has an instance, so these are its own.
let job: usize = 0, scratch: usize = 0;
let H: i32 = 0, W: i32 = 0, C: i32 = 0, N: i32 = 0, K: i32 = 0, Q: i32 = 0, d: i32 = 0, S: i32 = 0, words: i32 = 0;
let trueC: i32 = 0, trueD: i32 = 0, steps: i32 = 0, turns: i32 = 0, mode: i32 = 0, chunk: i32 = 0;
let state: usize = 0, gradient: usize = 0, table: usize = 0, pitch: i32 = 0, cellBytes: i32 = 0, origin: i32 = 0;
let seed: u32 = 0, sampleNumber: u32 = 0, stepNumber: u32 = 0, fireLimit: i32 = 0, gain: f32 = 1, threshold: f32 = 0;
let aliveByte: i32 = 0;
let before: usize = 0, alive: usize = 0, after: usize = 0, spread: usize = 0, kept: usize = 0, extra: usize = 0;
let maskBytes: i32 = 0;
let w0: usize = 0, b0: usize = 0, w1: usize = 0, w0T: usize = 0, w1T: usize = 0;
let limits: usize = 0, pattern: usize = 0, holdMask: usize = 0, holdValues: usize = 0;
let rowBytes: i32 = 0, hiddenBytes: i32 = 0, deltaBytes: i32 = 0;

/** Bytes of one packed rule without and with its transposes. */
function packedBytes(transposed: bool): usize {
  const plain = (K * d + d + d * N) << 2;
  return <usize>(transposed ? plain + ((Q * d + d * N) << 2) : plain);
}

/** Packs rule `from` (unpadded [K', d'], [d'], [d', C']) into panels of 8 columns, and transposed ones for the adjoint. */
function packRule(rule: i32, to: usize, transposed: bool): void {
  const trueK = (K / C) * trueC;
  const from0 = load<usize>(job, W0) + <usize>(rule * trueK * trueD << 2);
  const fromB = load<usize>(job, B0) + <usize>(rule * trueD << 2);
  const from1 = load<usize>(job, W1) + <usize>(rule * trueD * trueC << 2);
  const to0 = to, toB = to0 + (K * d << 2), to1 = toB + (d << 2), to0T = to1 + (d * N << 2), to1T = to0T + (Q * d << 2);
  memory.fill(to, 0, packedBytes(transposed));
  memory.copy(toB, fromB, trueD << 2);
  const features = K / C;
  for (let f = 0; f < features; f++) {
    for (let c = 0; c < trueC; c++) {
      const k = f * C + c;
      const source = from0 + <usize>((f * trueC + c) * trueD << 2);
      for (let j = 0; j < trueD; j += 8) {
        const panel = to0 + <usize>((j * K + k * 8) << 2);
        if (j + 8 <= trueD) {
          v128.store(panel, v128.load(source + (j << 2)));
          v128.store(panel, v128.load(source + (j << 2), 16), 16);
        } else {
          for (let i = j; i < trueD; i++) store<f32>(panel + (i - j << 2), load<f32>(source + (i << 2)));
        }
      }
      if (transposed) {
        const column = to0T + <usize>(((k & ~7) * d + (k & 7)) << 2);
        for (let j = 0; j < trueD; j++) store<f32>(column + (j << 5), load<f32>(source + (j << 2)));
      }
    }
  }
  for (let j = 0; j < trueD; j++) {
    for (let c = 0; c < trueC; c++) {
      const value = load<f32>(from1 + <usize>((j * trueC + c) << 2));
      store<f32>(to1 + <usize>(((c & ~7) * d + j * 8 + (c & 7)) << 2), value);
      if (transposed) store<f32>(to1T + <usize>(((j & ~7) * N + c * 8 + (j & 7)) << 2), value);
    }
  }
}

function useRule(packed: usize): void {
  w0 = packed;
  b0 = w0 + (K * d << 2);
  w1 = b0 + (d << 2);
  w0T = w1 + (d * N << 2);
  w1T = w0T + (Q * d << 2);
}

/** Rule m of the job's. */
function useRuleOf(m: i32): void {
  useRule(scratch + load<usize>(job, S_RULES) + <usize>m * packedBytes(mode != FORWARD));
}

// @ts-ignore: decorator
@inline
function cellAt(base: usize, y: i32, x: i32): usize {
  return base + <usize>(origin + y * pitch + x * cellBytes);
}

/** to = the 3×3 dilation of `from`, within the grid. */
function dilate(from: usize, to: usize): void {
  const tail: u32 = W & 31 ? (<u32>1 << (W & 31)) - 1 : 0xffffffff;
  const rowMask = words << 2;
  for (let y = 0; y < H; y++) {
    for (let w = 0; w < words; w++) {
      let bits: u32 = 0;
      const top = y > 0 ? y - 1 : 0, bottom = y < H - 1 ? y + 1 : y;
      for (let r = top; r <= bottom; r++) {
        const at = from + <usize>(r * rowMask + (w << 2));
        const here = load<u32>(at);
        bits |= here | (here << 1) | (here >> 1);
        if (w > 0) bits |= load<u32>(at - 4) >> 31;
        if (w < words - 1) bits |= load<u32>(at + 4) << 31;
      }
      store<u32>(to + <usize>(y * rowMask + (w << 2)), w == words - 1 ? bits & tail : bits);
    }
  }
}

/** Lists the cells of `mask` that fire, as y << 16 | x, in reading order; returns how many. */
function listFiring(mask: usize, cells: usize): i32 {
  let n = 0;
  for (let y = 0; y < H; y++) {
    for (let w = 0; w < words; w++) {
      const bits = load<u32>(mask + <usize>((y * words + w) << 2));
      if (!bits) continue;
      const first = y * W + (w << 5);
      for (let q = 0; q < 32; q += 4) {
        const four = (bits >> q) & 15;
        if (!four) continue;
        let firing = four & fireFour(first + q, stepNumber, sampleNumber, seed, fireLimit);
        while (firing) {
          store<i32>(cells + <usize>(n << 2), (y << 16) | ((w << 5) + q + <i32>ctz(firing)));
          n++;
          firing &= firing - 1;
        }
      }
    }
  }
  return n;
}

/** Features of n listed cells into rows; `argmax` null or a row of C bytes a cell. */
function perceiveRows(base: usize, cells: usize, n: i32, rows: usize, argmax: usize): void {
  for (let r = 0; r < n; r++) {
    const cell = load<i32>(cells + <usize>(r << 2));
    const y = cell >> 16, x = cell & 0xffff;
    perceive(
      cellAt(base, y, x), rows + <usize>(r * rowBytes), argmax ? argmax + <usize>(r * C) : 0, C,
      y > 0 ? -pitch : 0, y < H - 1 ? pitch : 0, x > 0 ? -cellBytes : 0, x < W - 1 ? cellBytes : 0, table, S,
    );
  }
}

/** hidden = ReLU(rows·w0 + b0); whole tiles, so up to five rows of rubbish follow the last. */
function hiddenRows(rows: usize, hidden: usize, n: i32): void {
  for (let j = 0; j < d; j += 8) {
    const panel = w0 + <usize>(j * K << 2);
    const bias = b0 + <usize>(j << 2);
    for (let r = 0; r < n; r += 6) {
      tileRowsBiasRelu(
        rows + <usize>(r * rowBytes), rowBytes, panel, K,
        hidden + <usize>(r * hiddenBytes + (j << 2)), hiddenBytes, bias,
      );
    }
  }
}

function deltaRows(hidden: usize, delta: usize, n: i32): void {
  for (let c = 0; c < N; c += 8) {
    const panel = w1 + <usize>(c * d << 2);
    for (let r = 0; r < n; r += 6) {
      tileRows(
        hidden + <usize>(r * hiddenBytes), hiddenBytes, panel, d, delta + <usize>(r * deltaBytes + (c << 2)), deltaBytes,
      );
    }
  }
}

/** Sorts listed cells by the rule that each draws; chosen[m] becomes how many follow rule m. Reading order within one. */
function sortByRule(cells: usize, n: i32): void {
  const chosen = scratch + load<usize>(job, S_CHOSEN);
  const sorted = scratch + load<usize>(job, S_SORTED);
  const rules = chosen + 64;
  const plane = <usize>(H * W << 2);
  memory.fill(chosen, 0, 64);
  for (let r = 0; r < n; r++) {
    const cell = load<i32>(cells + <usize>(r << 2));
    const number = (cell >> 16) * W + (cell & 0xffff);
    const draw = <f32>mixDraw(number, stepNumber, sampleNumber, seed);
    let rule = 0;
    for (let at = limits + <usize>(number << 2); rule < turns - 1 && draw >= load<f32>(at); at += plane) rule++;
    store<u8>(rules + <usize>r, rule);
    const count = chosen + <usize>(rule << 2);
    store<i32>(count, load<i32>(count) + 1);
  }
  // Where the next cell of each rule goes, beside the counts.
  let first = 0;
  for (let m: usize = 0; m < <usize>turns << 2; m += 4) {
    store<i32>(chosen + m, first, 32);
    first += load<i32>(chosen + m);
  }
  for (let r = 0; r < n; r++) {
    const next = chosen + 32 + <usize>(<i32>load<u8>(rules + <usize>r) << 2);
    const place = load<i32>(next);
    store<i32>(next, place + 1);
    store<i32>(sorted + <usize>(place << 2), load<i32>(cells + <usize>(r << 2)));
  }
  memory.copy(cells, sorted, n << 2);
}

/** How many of the cells sorted last follow rule m. */
// @ts-ignore: decorator
@inline
function countOf(m: i32): i32 {
  return load<i32>(scratch + load<usize>(job, S_CHOSEN) + <usize>(m << 2));
}

/** The updates of n listed cells, by the rule in use, into delta; `spare`: rows that may be overwritten. */
function computeRows(cells: usize, n: i32, spare: usize, delta: usize): void {
  const hidden = spare + <usize>((chunk + 6) * rowBytes);
  for (let r = 0; r < n; r += chunk) {
    const count = min(chunk, n - r);
    perceiveRows(state, cells + <usize>(r << 2), count, spare, 0);
    hiddenRows(spare, hidden, count);
    deltaRows(hidden, delta + <usize>(r * deltaBytes), count);
  }
}

// @ts-ignore: decorator
@inline
function setBit(mask: usize, cell: i32, on: bool): void {
  const y = cell >> 16, x = cell & 0xffff;
  const at = mask + <usize>((y * words + (x >> 5)) << 2);
  const bit = <u32>1 << (x & 31);
  const bits = load<u32>(at);
  store<u32>(at, on ? bits | bit : bits & ~bit);
}

/** Marks in `alive` which of the listed cells will be above the threshold once their update is applied. */
function markAlive(cells: usize, delta: usize, n: i32): void {
  for (let r = 0; r < n; r++) {
    const cell = load<i32>(cells + <usize>(r << 2));
    const y = cell >> 16, x = cell & 0xffff;
    const now = load<f32>(cellAt(state, y, x) + aliveByte) + gain * load<f32>(delta + <usize>(r * deltaBytes + aliveByte));
    setBit(alive, cell, now > threshold);
  }
}

/**
 * Dead cells that fire may rise above the threshold for a moment and so keep a dying neighbour alive. Computes those
 * beside cells that are about to die, and no others. `spare`: rows of features and hidden values that may be overwritten.
 */
function markDeadNeighbours(spare: usize, delta: usize): void {
  const bytes = <usize>maskBytes;
  let dying: u32 = 0;
  for (let i: usize = 0; i < bytes; i += 4) {
    const bits = load<u32>(before + i) & ~load<u32>(spread + i);
    store<u32>(extra + i, bits);
    dying |= bits;
  }
  if (!dying) return;
  dilate(extra, after);
  for (let i: usize = 0; i < bytes; i += 4) store<u32>(after + i, load<u32>(after + i) & ~load<u32>(before + i));
  const cells = scratch + load<usize>(job, S_SPARE);
  const n = listFiring(after, cells);
  rowsComputed += n;
  const groups = limits ? turns : 1;
  if (limits) sortByRule(cells, n);
  let first = 0;
  for (let m = 0; m < groups; m++) {
    if (limits) useRuleOf(m);
    const last = limits ? first + countOf(m) : n;
    for (; first < last; ) {
      const count = min(chunk, last - first);
      const part = cells + <usize>(first << 2);
      computeRows(part, count, spare, delta);
      markAlive(part, delta, count);
      first += count;
    }
  }
  if (n) dilate(alive, spread);
}

/** The first channels of held cells become what they are held at, and `alive` what that makes of them. */
function holdCells(sample: i32): void {
  const V = load<i32>(job, HOLD_CHANNELS);
  const first = sample * load<i32>(job, HOLD_STRIDE);
  for (let y = 0; y < H; y++) {
    for (let x = 0; x < W; x++) {
      const at = first + y * W + x;
      if (load<f32>(holdMask + <usize>(at << 2)) == 0) continue;
      const cell = cellAt(state, y, x);
      memory.copy(cell, holdValues + <usize>(at * V << 2), V << 2);
      setBit(alive, (y << 16) | x, load<f32>(cell + aliveByte) > threshold);
    }
  }
}

/** No gradient goes through what held cells' first channels would have become. Rows top…bottom may be other than zero. */
function releaseHeld(sample: i32, top: i32, bottom: i32): void {
  const V = load<i32>(job, HOLD_CHANNELS);
  const first = sample * load<i32>(job, HOLD_STRIDE);
  for (let y = top; y <= bottom; y++) {
    for (let x = 0; x < W; x++) {
      if (load<f32>(holdMask + <usize>(first + y * W + x << 2)) == 0) continue;
      memory.fill(cellAt(gradient, y, x), 0, V << 2);
    }
  }
}

/** x += gain·delta for the listed cells. */
function applyRows(cells: usize, delta: usize, n: i32): void {
  const g = f32x4.splat(gain);
  for (let r = 0; r < n; r++) {
    const cell = load<i32>(cells + <usize>(r << 2));
    const y = cell >> 16, x = cell & 0xffff;
    const at = cellAt(state, y, x);
    const from = delta + <usize>(r * deltaBytes);
    for (let c: usize = 0; c < <usize>cellBytes; c += 16) {
      v128.store(at + c, madd(g, v128.load(from + c), v128.load(at + c)));
    }
  }
}

/** Zeroes the cells of rows top…bottom of `base` whose bit is set in a and not in b, run by run. */
function zeroCells(base: usize, a: usize, b: usize, top: i32, bottom: i32): void {
  const zero = f32x4.splat(0);
  for (let y = top; y <= bottom; y++) {
    for (let w = 0; w < words; w++) {
      const i = <usize>((y * words + w) << 2);
      let bits = load<u32>(a + i) & ~load<u32>(b + i);
      let x = w << 5;
      while (bits) {
        const skip = <i32>ctz(bits);
        bits >>= skip;
        x += skip;
        const run = <i32>ctz(~bits);
        const from = cellAt(base, y, x);
        const to = from + <usize>(run * cellBytes);
        for (let at = from; at < to; at += 16) v128.store(at, zero);
        if (run == 32) break;
        bits >>= run;
        x += run;
      }
    }
  }
}

function setAll(mask: usize): void {
  for (let y = 0; y < H; y++) {
    for (let w = 0; w < words; w++) {
      const left = W - (w << 5);
      store<u32>(mask + <usize>((y * words + w) << 2), left >= 32 ? 0xffffffff : (<u32>1 << left) - 1);
    }
  }
}

/** Copies between an unpadded [H, W, C'] and the padded grid; the grid's halo and padding must be zero already. */
function enter(from: usize, base: usize): void {
  for (let y = 0; y < H; y++) {
    if (C == trueC) memory.copy(cellAt(base, y, 0), from + <usize>(y * W * cellBytes), W * cellBytes);
    else for (let x = 0; x < W; x++) memory.copy(cellAt(base, y, x), from + <usize>((y * W + x) * trueC << 2), trueC << 2);
  }
}

function leave(base: usize, to: usize): void {
  for (let y = 0; y < H; y++) {
    if (C == trueC) memory.copy(to + <usize>(y * W * cellBytes), cellAt(base, y, 0), W * cellBytes);
    else for (let x = 0; x < W; x++) memory.copy(to + <usize>((y * W + x) * trueC << 2), cellAt(base, y, x), trueC << 2);
  }
}

// A step's record, 16 bytes: rows n, where its cells begin in the list, where its rows begin (or −1: state kept instead).
const RECORD = 16;

/** Runs all steps. With `keep`, leaves behind what the backward pass wants; several rules it may not want. */
function runForward(sample: i32, keep: bool): void {
  const delta = scratch + load<usize>(job, S_DELTA);
  const spare = scratch + load<usize>(job, S_KEEP);
  const keepArea = spare + <usize>load<i32>(job, SPARE_ROWS);
  const records = scratch + load<usize>(job, S_STEPS);
  const gridBytes = load<usize>(job, S_GRADIENT) - load<usize>(job, S_STATE);
  const rowTotal = rowBytes + hiddenBytes + C;
  let budget = load<i32>(job, KEEP_BYTES);
  let cells = scratch + load<usize>(job, S_CELLS);
  let keepAt = keepArea;
  const firstStep = load<u32>(job, FIRST_STEP);
  // Two masks of what was kept alternate where no backward pass wants them all; after them lies the full one.
  const everything = scratch + load<usize>(job, S_KEPT) + <usize>((keep ? steps : 2) * maskBytes);
  setAll(everything);

  for (let y = 0; y < H; y++) {
    for (let w = 0; w < words; w++) {
      let bits: u32 = 0;
      const columns = min(32, W - (w << 5));
      for (let x = 0; x < columns; x++) {
        bits |= (<u32>(load<f32>(cellAt(state, y, (w << 5) + x) + aliveByte) > threshold)) << x;
      }
      store<u32>(alive + <usize>((y * words + w) << 2), bits);
    }
  }
  let touched = everything;
  for (let t = 0; t < steps; t++) {
    stepNumber = firstStep + t;
    if (pattern) useRuleOf(load<i32>(pattern + <usize>((stepNumber % load<u32>(job, PATTERN_LENGTH)) << 2)));
    dilate(alive, before);
    const n = listFiring(before, cells);
    rowsComputed += n;
    const need = (n + 6) * rowTotal;
    const keepRows = keep && need <= budget;
    if (keep) {
      store<i32>(records + t * RECORD, n);
      store<usize>(records + t * RECORD, cells, 4);
      store<usize>(records + t * RECORD, keepRows ? keepAt : 0, 8);
      if (!keepRows) memory.copy(scratch + load<usize>(job, S_TRAJECTORY) + <usize>t * gridBytes, state, gridBytes);
    }
    if (keepRows) {
      const hidden = keepAt + <usize>((n + 6) * rowBytes);
      const argmax = hidden + <usize>((n + 6) * hiddenBytes);
      for (let r = 0; r < n; r += chunk) {
        const count = min(chunk, n - r);
        const rows = keepAt + <usize>(r * rowBytes);
        perceiveRows(state, cells + <usize>(r << 2), count, rows, argmax + <usize>(r * C));
        hiddenRows(rows, hidden + <usize>(r * hiddenBytes), count);
        deltaRows(hidden + <usize>(r * hiddenBytes), delta + <usize>(r * deltaBytes), count);
      }
      budget -= (need + 15) & ~15;
      keepAt += <usize>((need + 15) & ~15);
    } else if (limits) {
      sortByRule(cells, n);
      // In their order: up to five rows of rubbish follow each rule's last, where the next one's come.
      for (let m = 0, r = 0; m < turns; m++) {
        const count = countOf(m);
        useRuleOf(m);
        computeRows(cells + <usize>(r << 2), count, spare, delta + <usize>(r * deltaBytes));
        r += count;
      }
    } else {
      computeRows(cells, n, spare, delta);
    }
    markAlive(cells, delta, n);
    dilate(alive, spread);
    markDeadNeighbours(spare, delta + <usize>((n + 6) * deltaBytes));
    applyRows(cells, delta, n);
    kept = scratch + load<usize>(job, S_KEPT) + <usize>((keep ? t : t & 1) * maskBytes);
    for (let i: usize = 0; i < <usize>maskBytes; i += 4) {
      const keepBits = load<u32>(before + i) & load<u32>(spread + i);
      // Nothing outside what was kept a step ago or is computed now can be other than zero.
      store<u32>(extra + i, load<u32>(touched + i) | load<u32>(before + i));
      store<u32>(kept + i, keepBits);
      store<u32>(alive + i, load<u32>(alive + i) & keepBits);
    }
    zeroCells(state, extra, kept, 0, H - 1);
    if (holdMask) holdCells(sample);
    // Held cells may be other than zero anywhere.
    touched = holdMask ? everything : kept;
    if (keep) cells += <usize>(n << 2);
  }
}

/** The sample's loss; writes its gradient into the gradient grid. */
function lossAndGradient(sample: i32): void {
  const weights = load<usize>(job, WEIGHT);
  const target = load<usize>(job, TARGET) + <usize>(sample * H * W << 4);
  const scale: f32 = 1.0 / <f32>(H * W * 4);
  let total: f64 = 0;
  for (let y = 0; y < H; y++) {
    for (let x = 0; x < W; x++) {
      const cell = cellAt(state, y, x);
      const to = cellAt(gradient, y, x);
      const wanted = target + <usize>((y * W + x) << 4);
      const weight: f32 = weights ? load<f32>(weights + <usize>((sample * H * W + y * W + x) << 2)) : 1;
      for (let c: usize = 0; c < 16; c += 4) {
        const value = load<f32>(cell + c), t = load<f32>(wanted + c);
        let slope: f32;
        if (mode == GRADIENT_MSE) {
          const error = value - t;
          total += <f64>(weight * error * error);
          slope = 2 * error;
        } else {
          const p: f32 = value < 0.001 ? 0.001 : value > 0.999 ? 0.999 : value;
          slope = (p - t) / (p * (1 - p));
          total += <f64>weight * (-<f64>t * NativeMath.log(p) - (1 - <f64>t) * NativeMath.log(1 - p) + <f64>slope * (<f64>value - p));
        }
        store<f32>(to + c, slope * weight * scale);
      }
    }
  }
  store<f32>(load<usize>(job, OUT_LOSS) + <usize>(sample << 2), <f32>(total * <f64>scale));
}

/** One chunk of rows backward: rows [n, K], hidden [n, d] (becomes its gradient), delta [n, N] the gradient of the update. */
function backwardRows(cells: usize, rows: usize, hidden: usize, argmax: usize, delta: usize, n: i32): void {
  const dW0 = scratch + load<usize>(job, S_DW0), dW1 = scratch + load<usize>(job, S_DW1), dB0 = scratch + load<usize>(job, S_DB0);
  const tile = scratch + load<usize>(job, S_TILE);
  let block = dW1;
  for (let i = 0; i < d; i += 6) {
    for (let c = 0; c < N; c += 8) {
      tileColumnsAdd(hidden + <usize>(i << 2), hiddenBytes, delta + <usize>(c << 2), deltaBytes, n, block);
      block += 192;
    }
  }
  for (let j = 0; j < d; j += 8) {
    const panel = w1T + <usize>(j * N << 2);
    for (let r = 0; r < n; r += 6) {
      tileRowsMaskSum(
        delta + <usize>(r * deltaBytes), deltaBytes, panel, C,
        hidden + <usize>(r * hiddenBytes + (j << 2)), hiddenBytes, dB0 + <usize>(j << 2),
      );
    }
  }
  block = dW0;
  for (let i = 0; i < K; i += 6) {
    for (let j = 0; j < d; j += 8) {
      tileColumnsAdd(rows + <usize>(i << 2), rowBytes, hidden + <usize>(j << 2), hiddenBytes, n, block);
      block += 192;
    }
  }
  const tileBytes = Q << 2;
  for (let r = 0; r < n; r += 6) {
    for (let k = 0; k < Q; k += 8) {
      tileRows(hidden + <usize>(r * hiddenBytes), hiddenBytes, w0T + <usize>(k * d << 2), d, tile + <usize>(k << 2), tileBytes);
    }
    const count = min(6, n - r);
    for (let i = 0; i < count; i++) {
      const cell = load<i32>(cells + <usize>((r + i) << 2));
      const y = cell >> 16, x = cell & 0xffff;
      perceiveAdjoint(
        cellAt(gradient, y, x), tile + <usize>(i * tileBytes), argmax + <usize>((r + i) * C), C,
        y > 0 ? -pitch : 0, y < H - 1 ? pitch : 0, x > 0 ? -cellBytes : 0, x < W - 1 ? cellBytes : 0, table, S,
      );
    }
  }
}

function runBackward(sample: i32): void {
  const delta = scratch + load<usize>(job, S_DELTA);
  const spare = scratch + load<usize>(job, S_KEEP);
  const records = scratch + load<usize>(job, S_STEPS);
  const gridBytes = load<usize>(job, S_GRADIENT) - load<usize>(job, S_STATE);
  const everything = scratch + load<usize>(job, S_KEPT) + <usize>(steps * maskBytes);
  const g = f32x4.splat(gain);
  const radius = load<i32>(job, HALO);
  // Rows of the grid that may hold anything but zero: at first all, then those that the last step's cells reach.
  let top = 0, bottom = H - 1;
  for (let t = steps - 1; t >= 0; t--) {
    kept = scratch + load<usize>(job, S_KEPT) + <usize>(t * maskBytes);
    zeroCells(gradient, everything, kept, top, bottom);
    if (holdMask) releaseHeld(sample, top, bottom);
    const n = load<i32>(records + t * RECORD);
    const cells = load<usize>(records + t * RECORD, 4);
    if (n) {
      top = min(top, max(0, (load<i32>(cells) >> 16) - radius));
      bottom = max(bottom, min(H - 1, (load<i32>(cells + <usize>((n - 1) << 2)) >> 16) + radius));
    }
    const rows = load<usize>(records + t * RECORD, 8);
    for (let r = 0; r < n; r++) {
      const cell = load<i32>(cells + <usize>(r << 2));
      const y = cell >> 16, x = cell & 0xffff;
      const from = cellAt(gradient, y, x), to = delta + <usize>(r * deltaBytes);
      for (let c: usize = 0; c < <usize>cellBytes; c += 16) v128.store(to + c, f32x4.mul(g, v128.load(from + c)));
      for (let c = <usize>cellBytes; c < <usize>deltaBytes; c += 16) v128.store(to + c, f32x4.splat(0));
    }
    memory.fill(delta + <usize>(n * deltaBytes), 0, 6 * deltaBytes);
    if (rows) {
      const hidden = rows + <usize>((n + 6) * rowBytes);
      const argmax = hidden + <usize>((n + 6) * hiddenBytes);
      // From the last chunk to the first: a chunk's rubbish rows lie in the one after it.
      for (let r = ((n - 1) / chunk) * chunk; r >= 0 && n > 0; r -= chunk) {
        backwardRows(
          cells + <usize>(r << 2), rows + <usize>(r * rowBytes), hidden + <usize>(r * hiddenBytes), argmax + <usize>(r * C),
          delta + <usize>(r * deltaBytes), min(chunk, n - r),
        );
      }
    } else {
      const past = scratch + load<usize>(job, S_TRAJECTORY) + <usize>t * gridBytes;
      const hidden = spare + <usize>((chunk + 6) * rowBytes);
      const argmax = hidden + <usize>((chunk + 6) * hiddenBytes);
      for (let r = 0; r < n; r += chunk) {
        const count = min(chunk, n - r);
        const part = cells + <usize>(r << 2);
        perceiveRows(past, part, count, spare, argmax);
        hiddenRows(spare, hidden, count);
        // Rubbish rows must not reach the sums of the bias' gradient: with a whole number of tiles only the last has any.
        backwardRows(part, spare, hidden, argmax, delta + <usize>(r * deltaBytes), count);
      }
    }
  }
}

/** Unpacks the blocks of 6×8 that `tileColumnsAdd` summed into the unpadded gradients of one sample. */
function writeRuleGradient(sample: i32): void {
  const trueK = (K / C) * trueC;
  const dW0 = scratch + load<usize>(job, S_DW0), dW1 = scratch + load<usize>(job, S_DW1), dB0 = scratch + load<usize>(job, S_DB0);
  const to0 = load<usize>(job, OUT_DW0) + <usize>(sample * trueK * trueD << 2);
  const toB = load<usize>(job, OUT_DB0) + <usize>(sample * trueD << 2);
  const to1 = load<usize>(job, OUT_DW1) + <usize>(sample * trueD * trueC << 2);
  memory.copy(toB, dB0, trueD << 2);
  const features = K / C, panels0 = d >> 3, panels1 = N >> 3;
  for (let f = 0; f < features; f++) {
    for (let c = 0; c < trueC; c++) {
      const k = f * C + c;
      const i = k / 6;
      const to = to0 + <usize>((f * trueC + c) * trueD << 2);
      for (let j = 0; j < trueD; j++) {
        store<f32>(to + <usize>(j << 2), load<f32>(dW0 + <usize>((((i * panels0 + (j >> 3)) * 48 + (k - i * 6) * 8 + (j & 7)) << 2))));
      }
    }
  }
  for (let j = 0; j < trueD; j++) {
    const i = j / 6;
    for (let c = 0; c < trueC; c++) {
      store<f32>(
        to1 + <usize>((j * trueC + c) << 2),
        load<f32>(dW1 + <usize>((((i * panels1 + (c >> 3)) * 48 + (j - i * 6) * 8 + (c & 7)) << 2))),
      );
    }
  }
}

/** Reads the job once a thread. */
export function rolloutBegin(at: usize, threadScratch: usize): void {
  job = at;
  scratch = threadScratch;
  H = load<i32>(job, HEIGHT); W = load<i32>(job, WIDTH); C = load<i32>(job, CHANNELS); d = load<i32>(job, HIDDEN);
  S = load<i32>(job, SIZES); steps = load<i32>(job, STEPS); turns = load<i32>(job, TURNS); mode = load<i32>(job, MODE);
  trueC = load<i32>(job, TRUE_CHANNELS); trueD = load<i32>(job, TRUE_HIDDEN); chunk = load<i32>(job, CHUNK);
  seed = load<u32>(job, SEED); fireLimit = load<i32>(job, FIRE_LIMIT); gain = load<f32>(job, GAIN);
  threshold = load<f32>(job, THRESHOLD); aliveByte = load<i32>(job, ALIVE_CHANNEL) << 2; table = load<usize>(job, TABLE);
  K = C * (2 + 2 * S); Q = ceilTo(K, 8); N = ceilTo(C, 8); words = (W + 31) >> 5; maskBytes = H * words << 2;
  const R = load<i32>(job, HALO);
  cellBytes = C << 2; pitch = (W + 2 * R) * cellBytes; origin = R * pitch + R * cellBytes;
  rowBytes = K << 2; hiddenBytes = d << 2; deltaBytes = N << 2;
  state = scratch + load<usize>(job, S_STATE); gradient = scratch + load<usize>(job, S_GRADIENT);
  const masks = scratch + load<usize>(job, S_MASKS);
  before = masks; alive = before + maskBytes; after = alive + maskBytes; spread = after + maskBytes; extra = spread + maskBytes;
  limits = load<usize>(job, LIMITS); pattern = load<usize>(job, PATTERN);
  holdMask = load<usize>(job, HOLD_MASK); holdValues = load<usize>(job, HOLD_VALUES);
  packed = -1;
  const gridBytes = load<usize>(job, S_GRADIENT) - load<usize>(job, S_STATE);
  memory.fill(state, 0, gridBytes);
  if (mode != FORWARD) memory.fill(gradient, 0, gridBytes);
}

let packed: i32 = -1;
/** Cells whose update the current sample computed, over all steps. */
let rowsComputed: i32 = 0;

export function rolloutSample(sample: i32): void {
  const rules = load<i32>(job, RULES);
  const backward = mode != FORWARD;
  const rule = rules == 1 ? 0 : sample;
  if (rule != packed) {
    for (let m = 0; m < turns; m++) {
      packRule(m * rules + rule, scratch + load<usize>(job, S_RULES) + <usize>m * packedBytes(backward), backward);
    }
    packed = rule;
  }
  useRule(scratch + load<usize>(job, S_RULES));
  sampleNumber = load<u32>(job, FIRST_SAMPLE) + sample;
  const stateValues = <usize>(H * W * trueC << 2);
  enter(load<usize>(job, X0) + <usize>sample * <usize>load<i32>(job, SAMPLE_STRIDE_X0), state);
  rowsComputed = 0;
  runForward(sample, backward);
  const rows = load<usize>(job, OUT_ROWS);
  if (rows) store<i32>(rows + <usize>(sample << 2), rowsComputed);
  leave(state, load<usize>(job, OUT_STATE) + <usize>sample * stateValues);
  if (!backward) return;
  if (mode == GRADIENT_GIVEN) {
    enter(load<usize>(job, DY) + <usize>sample * stateValues, gradient);
  } else {
    memory.fill(gradient, 0, load<usize>(job, S_GRADIENT) - load<usize>(job, S_STATE));
    lossAndGradient(sample);
  }
  memory.fill(scratch + load<usize>(job, S_DW0), 0, load<usize>(job, S_MASKS) - load<usize>(job, S_DW0));
  runBackward(sample);
  writeRuleGradient(sample);
  const dx0 = load<usize>(job, OUT_DX0);
  if (dx0) leave(gradient, dx0 + <usize>sample * stateValues);
}
