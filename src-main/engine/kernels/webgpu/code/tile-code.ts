/**
 * How the matrix kernels cut their work: rows are the cells to compute, gathered one after another, `rows` of them at a
 * time; hidden values come in chunks. A thread has `tileRows` rows and TILE hidden values in registers. All of it fits
 * the workgroup memory that the device offers.
 */
import { sizesOf, vectorType, weightType, type StepShape } from './automaton-code.ts';
import { repeat } from './kernel-code.ts';
import { blockPlan, stagedCells, type BlockPlan, type Variant } from './variant.ts';

/** Hidden values, or features, of a thread's tile. */
export const TILE = 8;

export interface Tiling extends Variant {
  /** Hidden values in a chunk; a multiple of TILE. */
  readonly chunk: number;
  readonly chunks: number;
  /** Floats from one value of a row to the next value of the same row. Odd, so that threads meet different banks. */
  readonly pitch: number;
  readonly plan: BlockPlan;
  /** Features whose weights are in workgroup memory at a time; all of them where they stay there for a whole workgroup. */
  readonly slice: number;
  readonly isStagedOnce: boolean;
  readonly bytes: number;
}

/** What a kernel keeps in workgroup memory of a row, beside its features: for each hidden value of a chunk, and else. */
export interface RowNeeds {
  readonly perHidden: number;
  readonly others: number;
}

/** Null where it does not fit, or is none. */
export function tilingOf(
  shape: StepShape,
  variant: Variant,
  limitBytes: number,
  needs: RowNeeds,
): Tiling | null {
  const sizes = sizesOf(shape);
  const { rows, tileRows, threads } = variant;
  const chunks = Math.ceil(sizes.d / variant.chunk);
  const chunk = Math.ceil(sizes.d / chunks / TILE) * TILE;
  const pitch = rows + 1;
  const plan = blockPlan(shape, variant);
  const words = Math.ceil((plan.height * plan.width) / 32);
  const others =
    pitch * (sizes.K + needs.perHidden * chunk + needs.others) + plan.height * plan.width + words + 4;
  const states = variant.perception === 'staged' ? stagedCells(plan) * sizes.C : 0;
  if ((rows / tileRows) * (chunk / TILE) > threads) return null;
  const left = limitBytes / 4 - others - states - (variant.weights === 'staged' ? chunk * sizes.C : 0);
  const slice = variant.weights === 'cached' ? 0 : sliceOf(sizes.K, Math.floor(left / chunk));
  if (left < 0 || (variant.weights === 'staged' && slice < 4)) return null;
  const weights = slice === 0 ? 0 : chunk * (slice + sizes.C);
  return {
    ...{ ...variant, chunk, chunks, pitch, plan, slice, isStagedOnce: slice === sizes.K && chunks === 1 },
    bytes: 4 * (others + states + weights),
  };
}

/** Slices of about the same size, as large as 32 features, or all where all fit. */
function sliceOf(K: number, most: number): number {
  if (most >= K) return K;
  return most < 4 ? 0 : Math.ceil(K / Math.ceil(K / Math.min(32, most)));
}

export function tileConstants({ rows, chunk, pitch, plan, threads, slice }: Tiling): string {
  return `
const THREADS = ${threads}u;
const ROWS = ${rows}u;
const CHUNK = ${chunk}u;
const PITCH = ${pitch}u;
const BLOCK = ${plan.height * plan.width}u;
const BLOCKS = ${plan.count}u;
const SLICE = ${slice}u;
`;
}

/** fn cellAt(block, i) → the i-th cell of a block; CELLS or more where there is none. */
function cellAt({ perception, plan: { width, across } }: Tiling): string {
  if (perception === 'cached') return 'fn cellAt(block: u32, i: u32) -> u32 { return block * BLOCK + i; }';
  return `
fn cellAt(block: u32, i: u32) -> u32 {
  let y = i32(block / ${across}u * (BLOCK / ${width}u) + i / ${width}u);
  let x = i32(block % ${across}u * ${width}u + i % ${width}u);
  return select(CELLS, u32(y * W + x), y < H && x < W);
}`;
}

/**
 * fn gather(block, b, m, thread) → how many cells of the block are to be computed; their numbers, ascending, come into
 * `cells`. `condition` is an expression of cell, b and m. Every thread calls it. Where cells are not gathered, all of the
 * block's are there, and isComputed(r, first, count, b, m) says which count.
 */
export function gathering(tiling: Tiling, condition: string): string {
  const words = Math.ceil((tiling.plan.height * tiling.plan.width) / 32);
  if (!tiling.isCompact) {
    return `
${cellAt(tiling)}
var<workgroup> cells: array<u32, BLOCK>;
fn gather(block: u32, b: u32, m: u32, thread: u32) -> u32 {
  workgroupBarrier();
  for (var i = thread; i < BLOCK; i += THREADS) { cells[i] = cellAt(block, i); }
  workgroupBarrier();
  return BLOCK;
}
fn isRow(r: u32, first: u32, rows: u32) -> bool { return r < rows && cells[first + r] < CELLS; }
fn counts(cell: u32, b: u32, m: u32) -> bool { return ${condition}; }
`;
  }
  return `
${cellAt(tiling)}
var<workgroup> marked: array<atomic<u32>, ${words}>;
var<workgroup> cells: array<u32, BLOCK>;
fn gather(block: u32, b: u32, m: u32, thread: u32) -> u32 {
  workgroupBarrier();
  if (thread < ${words}u) { atomicStore(&marked[thread], 0u); }
  workgroupBarrier();
  for (var start = 0u; start < BLOCK; start += THREADS) {
    let i = start + thread;
    let cell = cellAt(block, i);
    var isFound = false;
    if (i < BLOCK && cell < CELLS) { isFound = ${condition}; }
    ${tiling.subgroups ? markTogether(tiling, words) : 'if (isFound) { atomicOr(&marked[i / 32u], 1u << (i % 32u)); }'}
  }
  workgroupBarrier();
  var before = 0u;
  for (var word = 0u; word < ${words}u; word++) {
    let bits = atomicLoad(&marked[word]);
    for (var i = thread; i < 32u; i += THREADS) {
      if ((bits & (1u << i)) != 0u) {
        cells[before + countOneBits(bits & ((1u << i) - 1u))] = cellAt(block, word * 32u + i);
      }
    }
    before += countOneBits(bits);
  }
  workgroupBarrier();
  return before;
}
fn isRow(r: u32, first: u32, rows: u32) -> bool { return r < rows; }
fn counts(cell: u32, b: u32, m: u32) -> bool { return true; }
`;
}

/** One atomic of a subgroup for each word, whichever of its threads are whose neighbours. */
function markTogether({ threads }: Tiling, words: number): string {
  return repeat(
    threads / 32,
    (w) => `{
      let all = subgroupOr(select(0u, 1u << (i % 32u), isFound && thread / 32u == ${w}u));
      if (subgroupElect() && all != 0u) { atomicOr(&marked[min(start / 32u + ${w}u, ${words - 1}u)], all); }
    }`,
  );
}

/**
 * Four weights from index `at` of a row of d, whose first is `n` (a multiple of 4), 0 behind its end; and, where weights
 * are staged, what brings them there: stage0(rule, start, slice, thread), stage1(rule, start, thread).
 */
export function fourWeights(shape: StepShape, { chunk, chunks, weights }: Tiling): string {
  const sizes = sizesOf(shape);
  const one = (i: number): string => `select(0f, WEIGHTS[at + ${i}u], n + ${i}u < D)`;
  const body = (array: string): string =>
    weightType(sizes) === 'f32'
      ? `return vec4<f32>(${Array.from({ length: 4 }, (_, i) => one(i))
          .join(', ')
          .replaceAll('WEIGHTS', array)});`
      : chunk * chunks === sizes.d
        ? `return ${array}[at / 4u];`
        : `if (n >= D) { return vec4<f32>(); }\n  return ${array}[at / 4u];`;
  const plain = `
fn weights0(at: u32, n: u32) -> vec4<f32> { ${body('w0')} }
fn biases(at: u32, n: u32) -> vec4<f32> { ${body('b0')} }
`;
  if (weights === 'cached') return plain;
  return `${plain}
var<workgroup> staged0: array<vec4<f32>, SLICE * CHUNK / 4u>;
var<workgroup> staged1: array<${vectorType(sizes)}, CHUNK * G>;
fn stage0(rule: u32, start: u32, slice: u32, thread: u32) {
  for (var i = thread; i < SLICE * CHUNK / 4u; i += THREADS) {
    let k = min(slice + i / (CHUNK / 4u), K - 1u);
    let n = start + i % (CHUNK / 4u) * 4u;
    staged0[i] = weights0((rule * K + k) * D + n, n);
  }
}
fn stage1(rule: u32, start: u32, thread: u32) {
  for (var i = thread; i < CHUNK * G; i += THREADS) {
    staged1[i] = w1[min((rule * D + start) * G + i, (rule * D + D) * G - 1u)];
  }
}
`;
}

/** The V of w1 that goes from hidden value `n` of the chunk at `start` to channel group `g`. */
export function outputWeight({ weights }: Tiling, n: string, g: string): string {
  return weights === 'staged' ? `staged1[(${n}) * G + ${g}]` : `w1[(rule * D + start + ${n}) * G + ${g}]`;
}

/** Four of w0 from hidden value `n` (a multiple of 4) of the chunk at `start` on, of feature `k`. */
export function featureWeights({ isStagedOnce }: Tiling, k: string, n: string): string {
  return isStagedOnce
    ? `staged0[((${k}) * CHUNK + ${n}) / 4u]`
    : `weights0((rule * K + ${k}) * D + start + ${n}, start + ${n})`;
}

/** Where all weights stay for a whole workgroup: brings them, once its rule is known. */
export function stageOnce({ isStagedOnce }: Tiling): string {
  return isStagedOnce
    ? 'workgroupBarrier(); stage0(rule, 0u, 0u, thread); stage1(rule, 0u, thread); workgroupBarrier();'
    : '';
}

/**
 * hidden[row of the tile] = relu(features · w0 + b0) of a thread's tile, as variables h{row}_{half}: rows from `r0`, hidden
 * values from `n0 = start + column`, weights of the rule at index `rule`, if `isTile`. Every thread comes here.
 */
export function hiddenTile(tiling: Tiling): string {
  const { tileRows, weights, isStagedOnce } = tiling;
  const multiply = repeat(
    tileRows,
    (i) =>
      `let f${i} = features[k * PITCH + r0 + ${i}u]; h${i}_0 = fma(vec4(f${i}), left, h${i}_0); h${i}_1 = fma(vec4(f${i}), right, h${i}_1);`,
  );
  const begin = repeat(
    tileRows,
    (i) => `h${i}_0 = biases(rule * D + n0, n0); h${i}_1 = biases(rule * D + n0 + 4u, n0 + 4u);`,
  );
  const sum =
    weights === 'cached'
      ? `if (isTile) {
      for (var k = 0u; k < K; k++) {
        let at = (rule * K + k) * D + n0;
        let left = weights0(at, n0);
        let right = weights0(at + 4u, n0 + 4u);
        ${multiply}
      }
    }`
      : `
    for (var slice = 0u; slice < K; slice += SLICE) {
      ${isStagedOnce ? '' : 'workgroupBarrier(); stage0(rule, start, slice, thread); if (slice == 0u) { stage1(rule, start, thread); } workgroupBarrier();'}
      if (isTile) {
        for (var k = slice; k < min(slice + SLICE, K); k++) {
          let at = ((k - slice) * CHUNK + column) / 4u;
          let left = staged0[at];
          let right = staged0[at + 1u];
          ${multiply}
        }
      }
    }`;
  return `
    ${repeat(tileRows, (i) => `var h${i}_0 = vec4<f32>(); var h${i}_1 = vec4<f32>();`)}
    if (isTile) {
    ${begin}
    }
    ${sum}
    ${repeat(tileRows, (i) => `h${i}_0 = max(h${i}_0, vec4<f32>()); h${i}_1 = max(h${i}_1, vec4<f32>());`)}`;
}

/** Threads that have a tile of a chunk. */
export function tileThreads({ rows, tileRows, chunk, threads }: Tiling): number {
  const tiles = (rows / tileRows) * (chunk / TILE);
  if (tiles > threads) throw new Error(`A tiling of ${tiles} tiles has more than ${threads} threads.`);
  return tiles;
}
