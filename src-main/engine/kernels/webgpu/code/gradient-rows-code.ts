/**
 * The first half of a step backward: over the cells that were computed and kept, the features and hidden values once more,
 * then the gradients of the rule and of the features. A workgroup adds its rule gradient to a sum of its own, step after
 * step, so nothing depends on the order in which workgroups run; ReduceCode takes those sums together.
 *
 * The gradient of the features goes out whole, [samples, cells, features of all channels + C]: the last plane says which
 * neighbour held the maximum. Cells that were not computed have whatever was there before; their marks say so.
 */
import {
  COMPUTED,
  constants,
  HELD,
  ORIGIN,
  ruleFloats,
  sizesOf,
  storedType,
  vectorType,
  weightType,
  type Sizes,
  type StepShape,
} from './automaton-code.ts';
import { declarations, read, repeat, uniform, write, type KernelCode } from './kernel-code.ts';
import { perception, stageStates } from './perception-code.ts';
import {
  featureWeights,
  fourWeights,
  gathering,
  hiddenTile,
  outputWeight,
  stageOnce,
  TILE,
  tileConstants,
  tileThreads,
  tilingOf,
  type RowNeeds,
  type Tiling,
} from './tile-code.ts';
import type { Variant } from './variant.ts';

export interface GradientShape extends StepShape {
  readonly ruleASample: boolean;
  /** V, channels whose held values get no gradient; 0 where nothing is held. */
  readonly heldChannels: number;
}

export interface GradientRowsShape extends GradientShape {
  /** Workgroups, and sums, of a sample. */
  readonly parts: number;
  readonly workgroupBytes: number;
  readonly variant: Variant;
}

/** Of a row, beside its features: hidden values and their gradients, and the gradient of its update. */
function needsOf({ C }: Sizes): RowNeeds {
  return { perHidden: 2, others: C };
}

/** Workgroups: parts, samples. Null where the rule does not fit the workgroup memory. */
export function gradientRowsCode(shape: GradientRowsShape): KernelCode | null {
  const sizes = sizesOf(shape);
  const tiling = fittingTiling(shape, shape.workgroupBytes, shape.variant);
  if (tiling === null) return null;
  const { wide, rowGroups, features } = sizes;
  const V = vectorType(sizes);
  const bindings = [
    uniform('parameters', 'Parameters'),
    ORIGIN,
    read('state', storedType(shape), true),
    read('marks', 'u32', true),
    read('gradient', V),
    read('w0', weightType(sizes)),
    read('b0', weightType(sizes)),
    read('w1', V),
    write('featureGradient', V),
    write('sums', 'f32'),
  ];
  const source = `
${tiling.subgroups ? 'enable subgroups;' : ''}
${constants(shape)}
${tileConstants(tiling)}
const ROW = ${rowGroups}u;
const SUM = ${ruleFloats(sizes)}u;
${declarations(bindings)}
var<workgroup> features: array<f32, K * PITCH>;
var<workgroup> hidden: array<f32, CHUNK * PITCH>;
var<workgroup> hiddenGradient: array<f32, CHUNK * PITCH>;
var<workgroup> update: array<f32, C * PITCH>;
var<workgroup> found: u32;
${gathering(tiling, `(marks[b * CELLS + cell] & ${COMPUTED}u) != 0u`)}
${fourWeights(shape, tiling)}
${shownGradient(shape)}
${perception(shape, tiling, (place) => `featureGradient[(b * CELLS + cell) * ROW + ${features}u * G + g] = ${place};`)}
@compute @workgroup_size(${tiling.threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let b = origin.y + group.y;
  let part = origin.x + group.x;
  let rule = ${shape.ruleASample ? 'parameters.first + b' : '0u'};
  let sum = (b * ${shape.parts}u + part) * SUM;
  ${stageOnce(tiling)}
  ${tiling.sums === 'registers' ? eachSum(tiling, sizes, (one) => one.declare) : ''}
  for (var block = part; block < BLOCKS; block += ${shape.parts}u) {
    let counted = gather(block, b, 0u, thread);
    if (thread == 0u) { found = counted; }
    let count = workgroupUniformLoad(&found);
    if (count > 0u) {
      ${stageStates(tiling)}
    }
    for (var first = 0u; first < count; first += ROWS) {
      let rows = min(ROWS, count - first);
      for (var i = thread; i < ROWS * G; i += THREADS) {
        let r = i % ROWS;
        let g = i / ROWS;
        var change = V(0);
        if (isRow(r, first, rows)) {
          let cell = cells[first + r];
          perceive(r, g, cell, b);
          if (counts(cell, b, 0u)) { change = GAIN * shownGradient(b * CELLS + cell, g); }
        } else {
          for (var f = 0u; f < ${features}u; f++) {
            ${repeat(wide, (c) => `features[(f * C + g * ${wide}u + ${c}u) * PITCH + r] = 0f;`)}
          }
        }
        ${repeat(wide, (c) => `update[(g * ${wide}u + ${c}u) * PITCH + r] = change${wide === 1 ? '' : `[${c}]`};`)}
      }
      workgroupBarrier();
      ${backward(tiling, sizes)}
      workgroupBarrier();
    }
  }
  ${tiling.sums === 'registers' ? `let start = 0u; let end = D; ${eachSum(tiling, sizes, (one) => one.keep)}` : ''}
}
`;
  return { label: 'rollout: gradient of rows', source, bindings, workgroupBytes: tiling.bytes };
}

/** Whether the kernel of a variant fits. */
export function fitsRows(shape: StepShape, workgroupBytes: number, variant: Variant): boolean {
  return fittingTiling(shape, workgroupBytes, variant) !== null;
}

function fittingTiling(shape: StepShape, workgroupBytes: number, variant: Variant): Tiling | null {
  const sizes = sizesOf(shape);
  const tiling = tilingOf(shape, variant, workgroupBytes, needsOf(sizes));
  if (tiling === null || tiling.sums === 'memory') return tiling;
  // A thread's registers: a product of TILE × TILE, and a few beside it.
  const products = Math.ceil(sizes.K / TILE) * (tiling.chunk / TILE);
  const outputs = Math.ceil((sizes.d * sizes.groups) / tiling.threads);
  return tiling.chunks === 1 && products <= tiling.threads && outputs <= 4 ? tiling : null;
}

/** fn shownGradient(at, g): the gradient of what a cell became in a step, without that of held values. */
export function shownGradient(shape: GradientShape): string {
  const { wide } = sizesOf(shape);
  const held = shape.heldChannels;
  const one = (c: number): string =>
    `if (g * ${wide}u + ${c}u < ${held}u) { value${wide === 1 ? '' : `[${c}]`} = 0f; }`;
  return `
fn shownGradient(at: u32, g: u32) -> V {
  var value = gradient[at * G + g];
  ${held === 0 ? '' : `if ((marks[at] & ${HELD}u) != 0u) {\n    ${repeat(wide, one)}\n  }`}
  return value;
}
`;
}

/**
 * A thread's sums over rows of the rule's gradient, in a chunk of hidden values start … start + end: what declares its
 * registers, adds the rows to them, and adds them to the workgroup's sum in memory.
 */
interface SumCode {
  readonly declare: string;
  readonly add: string;
  readonly keep: string;
}

/** For w0, TILE features × TILE hidden values at a time; for w1, some (hidden value, group); for b0. */
function sumCodes(tiling: Tiling, { K, d, wide, groups }: Sizes): SumCode[] {
  const { chunk, threads } = tiling;
  const columns = chunk / TILE;
  const featureTiles = Math.ceil(K / TILE);
  const products = Math.ceil((featureTiles * columns) / threads);
  const each = (piece: (i: number) => string): string => repeat(TILE, piece);
  const sums: SumCode[] = [];
  const four = (from: number): string =>
    `vec4<f32>(${[0, 1, 2, 3].map((j) => `hiddenGradient[(n0 + ${from + j}u) * PITCH + r]`).join(', ')})`;
  for (let u = 0; u < products; u++) {
    const places = `let tile = thread + ${u * threads}u;
        let n0 = (tile % ${columns}u) * ${TILE}u;
        let k0 = (tile / ${columns}u) * ${TILE}u;`;
    sums.push({
      declare: each((i) => `var s${u}_${i}_0 = vec4<f32>(); var s${u}_${i}_1 = vec4<f32>();`),
      add: `{ ${places}
        if (k0 < K) {
          for (var r = 0u; r < ROWS; r++) {
            let left = ${four(0)};
            let right = ${four(4)};
            ${each((i) => `let f${i} = features[min(k0 + ${i}u, K - 1u) * PITCH + r]; s${u}_${i}_0 = fma(vec4(f${i}), left, s${u}_${i}_0); s${u}_${i}_1 = fma(vec4(f${i}), right, s${u}_${i}_1);`)}
          }
        } }`,
      keep: `{ ${places}
        ${each(
          (i) => `if (k0 + ${i}u < K) {
          let at = sum + (k0 + ${i}u) * D + start + n0;
          ${each((j) => `if (n0 + ${j}u < end) { sums[at + ${j}u] += s${u}_${i}_${j >> 2}[${j & 3}]; }`)}
        }`,
        )} }`,
    });
  }
  const most = Math.min(chunk, d);
  for (let u = 0; u < Math.ceil((most * groups) / threads); u++) {
    const places = `let item = thread + ${u * threads}u; let n = item / G; let g = item % G;`;
    sums.push({
      declare: `var o${u} = V(0);`,
      add: `{ ${places}
        if (n < end) { for (var r = 0u; r < ROWS; r++) { o${u} = fma(V(hidden[n * PITCH + r]), ${updateOf(wide, 'r')}, o${u}); } } }`,
      keep: `{ ${places}
        if (n < end) {
          let at = sum + K * D + D + (start + n) * C + g * ${wide}u;
          ${repeat(wide, (c) => `sums[at + ${c}u] += o${u}${wide === 1 ? '' : `[${c}]`};`)}
        } }`,
    });
  }
  for (let u = 0; u < Math.ceil(most / threads); u++) {
    const places = `let n = thread + ${u * threads}u;`;
    sums.push({
      declare: `var c${u} = 0f;`,
      add: `{ ${places} if (n < end) { for (var r = 0u; r < ROWS; r++) { c${u} += hiddenGradient[n * PITCH + r]; } } }`,
      keep: `{ ${places} if (n < end) { sums[sum + K * D + start + n] += c${u}; } }`,
    });
  }
  return sums;
}

function eachSum(tiling: Tiling, sizes: Sizes, piece: (sum: SumCode) => string): string {
  return sumCodes(tiling, sizes).map(piece).join('\n');
}

function backward(tiling: Tiling, sizes: Sizes): string {
  const { rows, tileRows, chunk, chunks, threads } = tiling;
  const { K, wide } = sizes;
  const rowTiles = rows / tileRows;
  const featureTiles = Math.ceil(K / TILE);
  const units = Math.ceil((rowTiles * featureTiles) / threads);
  const columns = chunk / TILE;
  const each = (count: number, piece: (i: number) => string): string => repeat(count, piece);
  /** The rows and features of a unit's tile. */
  const unit = (u: number): string => `
        let tile = thread + ${u * threads}u;
        let r0 = (tile % ${rowTiles}u) * ${tileRows}u;
        let k0 = (tile / ${rowTiles}u) * ${TILE}u;`;
  return `
      ${each(units, (u) => each(tileRows, (i) => `var p${u}_${i}_0 = vec4<f32>(); var p${u}_${i}_1 = vec4<f32>();`))}
      for (var start = 0u; start < ${chunks * chunk}u; start += CHUNK) {
        {
          let r0 = (thread / ${columns}u) * ${tileRows}u;
          let column = (thread % ${columns}u) * ${TILE}u;
          let n0 = start + column;
          let isTile = thread < ${tileThreads(tiling)}u;
          ${hiddenTile(tiling)}
          if (isTile) {
            ${each(tileRows, (i) => `var d${i}_0 = vec4<f32>(); var d${i}_1 = vec4<f32>();`)}
            for (var g = 0u; g < G; g++) {
              ${each(tileRows, (i) => `let u${i} = ${updateOf(wide, `r0 + ${i}u`)};`)}
              ${each(
                TILE,
                (j) => `if (n0 + ${j}u < D) {
                let weight = ${outputWeight(tiling, `column + ${j}u`, 'g')};
                ${each(tileRows, (i) => `d${i}_${j >> 2}[${j & 3}] += ${wide === 4 ? `dot(u${i}, weight)` : `u${i} * weight`};`)}
              }`,
              )}
            }
            ${each(tileRows, (i) =>
              each(TILE, (j) => {
                const value = `h${i}_${j >> 2}[${j & 3}]`;
                const at = `(column + ${j}u) * PITCH + r0 + ${i}u`;
                return `hidden[${at}] = ${value}; hiddenGradient[${at}] = select(0f, d${i}_${j >> 2}[${j & 3}], ${value} > 0f);`;
              }),
            )}
          }
        }
        workgroupBarrier();
        let end = min(CHUNK, D - start);
        ${each(
          units,
          (u) => `{ ${unit(u)}
        if (k0 < K) {
          for (var n = 0u; n < end; n += 4u) {
            ${each(tileRows, (i) => `let g${i} = vec4<f32>(${[0, 1, 2, 3].map((j) => `hiddenGradient[(n + ${j}u) * PITCH + r0 + ${i}u]`).join(', ')});`)}
            ${each(
              TILE,
              (j) => `if (k0 + ${j}u < K) {
              let weight = ${featureWeights(tiling, `k0 + ${j}u`, 'n')};
              ${each(tileRows, (i) => `p${u}_${i}_${j >> 2}[${j & 3}] += dot(g${i}, weight);`)}
            }`,
            )}
          }
        } }`,
        )}
        ${eachSum(tiling, sizes, ({ declare, add, keep }) =>
          tiling.sums === 'registers' ? add : `{ ${declare} ${add} ${keep} }`,
        )}
        workgroupBarrier();
      }
      ${each(
        units,
        (u) => `{ ${unit(u)}
        ${each(
          tileRows,
          (i) => `if (k0 < K && isRow(r0 + ${i}u, first, rows)) {
          let at = (b * CELLS + cells[first + r0 + ${i}u]) * ROW;
          ${storeFeatures(u, i, wide)}
        }`,
        )}
      }`,
      )}`;
}

/** The update's gradient of row `r`, channel group g. */
function updateOf(wide: 4 | 1, r: string): string {
  if (wide === 1) return `update[g * PITCH + ${r}]`;
  return `vec4<f32>(${[0, 1, 2, 3].map((c) => `update[(g * 4u + ${c}u) * PITCH + ${r}]`).join(', ')})`;
}

/** K is a multiple of 4 where four channels go together, so half a tile is in or out as a whole. */
function storeFeatures(u: number, i: number, wide: 4 | 1): string {
  if (wide === 4) {
    return repeat(
      2,
      (half) =>
        `if (k0 + ${half * 4}u < K) { featureGradient[at + k0 / 4u + ${half}u] = p${u}_${i}_${half}; }`,
    );
  }
  return repeat(
    TILE,
    (j) => `if (k0 + ${j}u < K) { featureGradient[at + k0 + ${j}u] = p${u}_${i}_${j >> 2}[${j & 3}]; }`,
  );
}
