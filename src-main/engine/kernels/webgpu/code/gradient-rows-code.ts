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
  ruleFloats,
  sizesOf,
  THREADS,
  vectorType,
  weightType,
  type Sizes,
  type StepShape,
} from './automaton-code.ts';
import { declarations, read, repeat, uniform, write, type KernelCode } from './kernel-code.ts';
import { perception } from './perception-code.ts';
import {
  fourWeights,
  gathering,
  hiddenTile,
  TILE,
  tileConstants,
  tileThreads,
  tilingBytes,
  tilingOf,
  type Tiling,
} from './tile-code.ts';

export interface GradientShape extends StepShape {
  readonly ruleASample: boolean;
  /** V, channels whose held values get no gradient; 0 where nothing is held. */
  readonly heldChannels: number;
}

export interface GradientRowsShape extends GradientShape {
  /** Workgroups, and sums, of a sample. */
  readonly parts: number;
  readonly workgroupBytes: number;
}

/** Of a row, beside its features: hidden values and their gradients, and the gradient of its update. */
const PER_HIDDEN = 2;

/** Workgroups: parts, samples. Null where the rule does not fit the workgroup memory. */
export function gradientRowsCode(shape: GradientRowsShape): KernelCode | null {
  const sizes = sizesOf(shape);
  const tiling = tilingOf(sizes, shape.workgroupBytes, PER_HIDDEN, sizes.C);
  if (tiling === null) return null;
  const { wide, rowGroups, features } = sizes;
  const V = vectorType(sizes);
  const bindings = [
    uniform('parameters', 'Parameters'),
    read('state', V, true),
    read('marks', 'u32', true),
    read('gradient', V),
    read('w0', weightType(sizes)),
    read('b0', weightType(sizes)),
    read('w1', V),
    write('featureGradient', V),
    write('sums', 'f32'),
  ];
  const source = `
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
${gathering(`(marks[b * CELLS + cell] & ${COMPUTED}u) != 0u`)}
${fourWeights(sizes, tiling)}
${shownGradient(shape)}
${perception(shape, (place) => `featureGradient[(b * CELLS + cell) * ROW + ${features}u * G + g] = ${place};`)}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let b = group.y;
  let rule = ${shape.ruleASample ? 'parameters.first + b' : '0u'};
  let sum = (b * ${shape.parts}u + group.x) * SUM;
  for (var block = group.x; block * BLOCK < CELLS; block += ${shape.parts}u) {
    let counted = gather(block, b, 0u, thread);
    if (thread == 0u) { found = counted; }
    let count = workgroupUniformLoad(&found);
    for (var first = 0u; first < count; first += ROWS) {
      let rows = min(ROWS, count - first);
      for (var i = thread; i < ROWS * G; i += ${THREADS}u) {
        let r = i % ROWS;
        let g = i / ROWS;
        var change = V(0);
        if (r < rows) {
          let cell = cells[first + r];
          perceive(r, g, cell, b);
          change = GAIN * shownGradient(b * CELLS + cell, g);
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
}
`;
  const workgroupBytes = tilingBytes(sizes, tiling, PER_HIDDEN, sizes.C);
  return { label: 'rollout: gradient of rows', source, bindings, workgroupBytes };
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

function backward(tiling: Tiling, sizes: Sizes): string {
  const { rows, tileRows, chunk, chunks } = tiling;
  const { K, wide } = sizes;
  const rowTiles = rows / tileRows;
  const featureTiles = Math.ceil(K / TILE);
  const units = Math.ceil((rowTiles * featureTiles) / THREADS);
  const columns = chunk / TILE;
  const products = Math.ceil((featureTiles * columns) / THREADS);
  const each = (count: number, piece: (i: number) => string): string => repeat(count, piece);
  /** The rows and features of a unit's tile. */
  const unit = (u: number): string => `
        let tile = thread + ${u * THREADS}u;
        let r0 = (tile % ${rowTiles}u) * ${tileRows}u;
        let k0 = (tile / ${rowTiles}u) * ${TILE}u;`;
  return `
      ${each(units, (u) => each(tileRows, (i) => `var p${u}_${i}_0 = vec4<f32>(); var p${u}_${i}_1 = vec4<f32>();`))}
      for (var start = 0u; start < ${chunks * chunk}u; start += CHUNK) {
        if (thread < ${tileThreads(tiling)}u) {
          let r0 = (thread / ${columns}u) * ${tileRows}u;
          let column = (thread % ${columns}u) * ${TILE}u;
          let n0 = start + column;
          ${hiddenTile(tiling)}
          ${each(tileRows, (i) => `var d${i}_0 = vec4<f32>(); var d${i}_1 = vec4<f32>();`)}
          for (var g = 0u; g < G; g++) {
            ${each(tileRows, (i) => `let u${i} = ${updateOf(wide, `r0 + ${i}u`)};`)}
            ${each(
              TILE,
              (j) => `if (n0 + ${j}u < D) {
              let weight = w1[(rule * D + n0 + ${j}u) * G + g];
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
              let weight = weights0((rule * K + k0 + ${j}u) * D + start + n, start + n);
              ${each(tileRows, (i) => `p${u}_${i}_${j >> 2}[${j & 3}] += dot(g${i}, weight);`)}
            }`,
            )}
          }
        } }`,
        )}
        ${each(
          products,
          (u) => `{
        let tile = thread + ${u * THREADS}u;
        let n0 = (tile % ${columns}u) * ${TILE}u;
        let k0 = (tile / ${columns}u) * ${TILE}u;
        if (k0 < K) {
          ${each(TILE, (i) => `var s${i}_0 = vec4<f32>(); var s${i}_1 = vec4<f32>();`)}
          for (var r = 0u; r < ROWS; r++) {
            let left = vec4<f32>(${[0, 1, 2, 3].map((j) => `hiddenGradient[(n0 + ${j}u) * PITCH + r]`).join(', ')});
            let right = vec4<f32>(${[4, 5, 6, 7].map((j) => `hiddenGradient[(n0 + ${j}u) * PITCH + r]`).join(', ')});
            ${each(TILE, (i) => `let f${i} = features[min(k0 + ${i}u, K - 1u) * PITCH + r]; s${i}_0 = fma(vec4(f${i}), left, s${i}_0); s${i}_1 = fma(vec4(f${i}), right, s${i}_1);`)}
          }
          ${each(
            TILE,
            (i) => `if (k0 + ${i}u < K) {
            let at = sum + (k0 + ${i}u) * D + start + n0;
            ${each(TILE, (j) => `if (n0 + ${j}u < end) { sums[at + ${j}u] += s${i}_${j >> 2}[${j & 3}]; }`)}
          }`,
          )}
        } }`,
        )}
        for (var item = thread; item < end * G; item += ${THREADS}u) {
          let n = item / G;
          let g = item % G;
          var total = V(0);
          for (var r = 0u; r < ROWS; r++) { total = fma(V(hidden[n * PITCH + r]), ${updateOf(wide, 'r')}, total); }
          let at = sum + K * D + D + (start + n) * C + g * ${wide}u;
          ${each(wide, (c) => `sums[at + ${c}u] += total${wide === 1 ? '' : `[${c}]`};`)}
        }
        for (var n = thread; n < end; n += ${THREADS}u) {
          var total = 0f;
          for (var r = 0u; r < ROWS; r++) { total += hiddenGradient[n * PITCH + r]; }
          sums[sum + K * D + start + n] += total;
        }
        workgroupBarrier();
      }
      ${each(
        units,
        (u) => `{ ${unit(u)}
        ${each(
          tileRows,
          (i) => `if (k0 < K && r0 + ${i}u < rows) {
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
