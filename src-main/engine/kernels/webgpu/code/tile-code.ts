/**
 * How the matrix kernels cut their work: rows are the cells to compute, gathered one after another, `rows` of them at a
 * time; hidden values come in chunks. A thread has `tileRows` rows and TILE hidden values in registers. All of it fits
 * the workgroup memory that the device offers.
 */
import { BLOCK, THREADS, weightType, type Sizes } from './automaton-code.ts';
import { repeat } from './kernel-code.ts';

/** Hidden values, or features, of a thread's tile. */
export const TILE = 8;

export interface Tiling {
  readonly rows: number;
  readonly tileRows: number;
  /** Hidden values in a chunk; a multiple of TILE. */
  readonly chunk: number;
  readonly chunks: number;
  /** Floats from one value of a row to the next value of the same row. Odd, so that threads meet different banks. */
  readonly pitch: number;
}

const candidates: readonly (readonly [rows: number, tileRows: number, chunk: number])[] = [
  [32, 4, 64],
  [16, 2, 64],
  [32, 4, 32],
  [16, 2, 32],
  [8, 1, 32],
  [8, 1, 8],
];

/** Of arrays [rows] beside the features, a row has `perHidden` for each hidden value of a chunk and `others`. */
export function tilingOf(sizes: Sizes, limitBytes: number, perHidden: number, others: number): Tiling | null {
  for (const [rows, tileRows, most] of candidates) {
    const chunks = Math.ceil(sizes.d / most);
    const chunk = Math.ceil(sizes.d / chunks / TILE) * TILE;
    const pitch = rows + 1;
    const tiling = { rows, tileRows, chunk, chunks, pitch };
    if (tilingBytes(sizes, tiling, perHidden, others) <= limitBytes) return tiling;
  }
  return null;
}

export function tilingBytes(
  { K }: Sizes,
  { pitch, chunk }: Tiling,
  perHidden: number,
  others: number,
): number {
  return 4 * (pitch * (K + perHidden * chunk + others) + BLOCK + BLOCK / 32 + 4);
}

export function tileConstants({ rows, chunk, pitch }: Tiling): string {
  return `
const ROWS = ${rows}u;
const CHUNK = ${chunk}u;
const PITCH = ${pitch}u;
const BLOCK = ${BLOCK}u;
`;
}

/**
 * fn gather(block, b, m, thread) → how many cells of the block are to be computed; their numbers, ascending, come into
 * `cells`. `condition` is an expression of cell, b and m. Every thread calls it.
 */
export function gathering(condition: string): string {
  return `
var<workgroup> marked: array<atomic<u32>, ${BLOCK / 32}>;
var<workgroup> cells: array<u32, BLOCK>;
fn gather(block: u32, b: u32, m: u32, thread: u32) -> u32 {
  workgroupBarrier();
  if (thread < ${BLOCK / 32}u) { atomicStore(&marked[thread], 0u); }
  workgroupBarrier();
  for (var i = thread; i < BLOCK; i += ${THREADS}u) {
    let cell = block * BLOCK + i;
    if (cell < CELLS && ${condition}) { atomicOr(&marked[i / 32u], 1u << (i % 32u)); }
  }
  workgroupBarrier();
  var before = 0u;
  for (var word = 0u; word < ${BLOCK / 32}u; word++) {
    let bits = atomicLoad(&marked[word]);
    for (var i = thread; i < 32u; i += ${THREADS}u) {
      if ((bits & (1u << i)) != 0u) {
        cells[before + countOneBits(bits & ((1u << i) - 1u))] = block * BLOCK + word * 32u + i;
      }
    }
    before += countOneBits(bits);
  }
  workgroupBarrier();
  return before;
}
`;
}

/** Four weights from index `at` of a row of d, whose first is `n` (a multiple of 4), 0 behind its end. */
export function fourWeights(sizes: Sizes, { chunk, chunks }: Tiling): string {
  const one = (i: number): string => `select(0f, WEIGHTS[at + ${i}u], n + ${i}u < D)`;
  const body = (array: string): string =>
    weightType(sizes) === 'f32'
      ? `return vec4<f32>(${Array.from({ length: 4 }, (_, i) => one(i))
          .join(', ')
          .replaceAll('WEIGHTS', array)});`
      : chunk * chunks === sizes.d
        ? `return ${array}[at / 4u];`
        : `if (n >= D) { return vec4<f32>(); }\n  return ${array}[at / 4u];`;
  return `
fn weights0(at: u32, n: u32) -> vec4<f32> { ${body('w0')} }
fn biases(at: u32, n: u32) -> vec4<f32> { ${body('b0')} }
`;
}

/**
 * hidden[row of the tile] = relu(features · w0 + b0) of a thread's tile, as variables h{row}_{half}: rows from `r0`, hidden
 * values from `n0`, weights of the rule at index `rule`.
 */
export function hiddenTile({ tileRows }: Tiling): string {
  return `
    ${repeat(tileRows, (i) => `var h${i}_0 = biases(rule * D + n0, n0); var h${i}_1 = biases(rule * D + n0 + 4u, n0 + 4u);`)}
    for (var k = 0u; k < K; k++) {
      let at = (rule * K + k) * D + n0;
      let left = weights0(at, n0);
      let right = weights0(at + 4u, n0 + 4u);
      ${repeat(
        tileRows,
        (i) =>
          `let f${i} = features[k * PITCH + r0 + ${i}u]; h${i}_0 = fma(vec4(f${i}), left, h${i}_0); h${i}_1 = fma(vec4(f${i}), right, h${i}_1);`,
      )}
    }
    ${repeat(tileRows, (i) => `h${i}_0 = max(h${i}_0, vec4<f32>()); h${i}_1 = max(h${i}_1, vec4<f32>());`)}`;
}

/** Threads that have a tile of a chunk. */
export function tileThreads({ rows, tileRows, chunk }: Tiling): number {
  const threads = (rows / tileRows) * (chunk / TILE);
  if (threads > THREADS) throw new Error(`A tiling of ${threads} tiles has more than ${THREADS} threads.`);
  return threads;
}
