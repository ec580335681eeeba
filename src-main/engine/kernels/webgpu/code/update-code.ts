/**
 * The first half of a step: what each cell that fires adds to itself. A workgroup looks through a block of cells, gathers
 * those whose update can matter (they fire, and something lives within two cells: only such a cell can be kept, or keep a
 * neighbour alive), and runs the rule's perceptron over them, fused: features, hidden values and update stay in workgroup
 * memory and registers. Several rules: in turns by the step's parameter, or drawn by each cell, then one pass a rule.
 */
import { DRAWS } from '#domain/mix-choice.ts';
import {
  constants,
  livingNear,
  loaded,
  ORIGIN,
  randomness,
  sizesOf,
  storedType,
  vectorType,
  weightType,
  type StepShape,
} from './automaton-code.ts';
import { declarations, read, repeat, uniform, write, type KernelCode } from './kernel-code.ts';
import { perception, stageStates } from './perception-code.ts';
import {
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

export interface UpdateShape extends StepShape {
  /** M where every cell draws its rule; 1 where all follow the one of the step's parameter. */
  readonly drawnRules: number;
  /** Whether each sample has a rule of its own. */
  readonly ruleASample: boolean;
  readonly workgroupBytes: number;
  readonly variant: Variant;
}

const NEEDS: RowNeeds = { perHidden: 1, others: 0 };

/** Two decorrelated streams of one hash: see domain/mix-choice.ts. */
const MIX_STREAM = '0x6d697874u';

/** Workgroups: blocks of cells, samples. Null where the rule's features do not fit the workgroup memory. */
export function updateCode(shape: UpdateShape): KernelCode | null {
  const { drawnRules: M, ruleASample } = shape;
  const sizes = sizesOf(shape);
  const tiling = tilingOf(shape, shape.variant, shape.workgroupBytes, NEEDS);
  if (tiling === null) return null;
  const V = vectorType(sizes);
  const bindings = [
    uniform('parameters', 'Parameters'),
    ORIGIN,
    read('state', storedType(shape), true),
    read('w0', weightType(sizes)),
    read('b0', weightType(sizes)),
    read('w1', V),
    write('updated', V),
    ...(M > 1 ? [read('limits', 'f32')] : []),
  ];
  const isMine = M > 1 ? ' && chosen(cell, b) == m' : '';
  const source = `
${tiling.subgroups ? 'enable subgroups;' : ''}
${constants(shape)}
${tileConstants(tiling)}
${declarations(bindings)}
var<workgroup> features: array<f32, K * PITCH>;
var<workgroup> hidden: array<f32, CHUNK * PITCH>;
var<workgroup> found: u32;
${randomness}
${livingNear(shape, 'matters', 'state', 2)}
${M > 1 ? choice(M) : ''}
${gathering(tiling, `fires(cell, b)${isMine}${tiling.isCompact ? ' && matters(cell, b)' : ''}`)}
${fourWeights(shape, tiling)}
${perception(shape, tiling, null)}
@compute @workgroup_size(${tiling.threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let block = origin.x + group.x;
  let b = origin.y + group.y;
  for (var i = thread; i < BLOCK * G; i += THREADS) {
    let cell = cellAt(block, i / G);
    let at = (b * CELLS + cell) * G + i % G;
    if (cell < CELLS) { updated[at] = ${loaded(shape, 'state[at]')}; }
  }
  storageBarrier();
  ${M > 1 ? `for (var m = 0u; m < ${M}u; m++) {` : '{ let m = parameters.rule;'}
    let rule = m * parameters.rules${ruleASample ? ' + parameters.first + b' : ''};
    let counted = gather(block, b, m, thread);
    if (thread == 0u) { found = counted; }
    let count = workgroupUniformLoad(&found);
    if (count > 0u) {
      ${stageOnce(tiling)}
      ${stageStates(tiling)}
    }
    for (var first = 0u; first < count; first += ROWS) {
      let rows = min(ROWS, count - first);
      for (var i = thread; i < ROWS * G; i += THREADS) {
        if (isRow(i % ROWS, first, rows)) { perceive(i % ROWS, i / ROWS, cells[first + i % ROWS], b); }
      }
      workgroupBarrier();
      ${addUpdates(shape, tiling)}
      workgroupBarrier();
    }
  }
}
`;
  return { label: 'rollout: update', source, bindings, workgroupBytes: tiling.bytes };
}

/** Whether the kernel of a variant fits. */
export function fitsUpdate(shape: StepShape, workgroupBytes: number, variant: Variant): boolean {
  return tilingOf(shape, variant, workgroupBytes, NEEDS) !== null;
}

/** All chunks of hidden values, then the state's cells with their updates. A thread has some (row, group) of them. */
function addUpdates(shape: StepShape, tiling: Tiling): string {
  const { rows, tileRows, chunk, chunks, threads } = tiling;
  const { groups } = sizesOf(shape);
  const items = Math.ceil((rows * groups) / threads);
  const tileColumns = chunk / TILE;
  const each = (piece: (i: number) => string): string => repeat(items, piece);
  // Where the threads are a multiple of the rows, all items of a thread are of one row, whose hidden values it reads once.
  const isOneRow = threads % rows === 0;
  const group = (i: number): string => `(thread + ${i * threads}u) / ROWS`;
  const add = (i: number): string =>
    `if (${group(i)} < G) { delta${i} = fma(V(value), ${outputWeight(tiling, 'n', group(i))}, delta${i}); }`;
  const sum = isOneRow
    ? `{
          let r = thread % ROWS;
          if (r < rows) {
            for (var n = 0u; n < end; n++) {
              let value = hidden[n * PITCH + r];
              ${each(add)}
            }
          }
        }`
    : each(
        (i) => `{
          let r = (thread + ${i * threads}u) % ROWS;
          if (${group(i)} < G && r < rows) {
            for (var n = 0u; n < end; n++) {
              let value = hidden[n * PITCH + r];
              ${add(i)}
            }
          }
        }`,
      );
  return `
      ${each((i) => `var delta${i} = V(0);`)}
      for (var start = 0u; start < ${chunks * chunk}u; start += CHUNK) {
        {
          let r0 = (thread / ${tileColumns}u) * ${tileRows}u;
          let column = (thread % ${tileColumns}u) * ${TILE}u;
          let n0 = start + column;
          let isTile = thread < ${tileThreads(tiling)}u && r0 < rows;
          ${hiddenTile(tiling)}
          if (isTile) {
            ${repeat(tileRows, (i) => repeat(TILE, (j) => `hidden[(column + ${j}u) * PITCH + r0 + ${i}u] = h${i}_${j >> 2}[${j & 3}];`))}
          }
        }
        workgroupBarrier();
        let end = min(CHUNK, D - start);
        ${sum}
        workgroupBarrier();
      }
      ${each(
        (i) => `{
        let item = thread + ${i * threads}u;
        let r = item % ROWS;
        let g = item / ROWS;
        if (g < G && isRow(r, first, rows)) {
          let cell = cells[first + r];
          let at = (b * CELLS + cell) * G + g;
          if (counts(cell, b, m)) { updated[at] = ${loaded(shape, 'state[at]')} + GAIN * delta${i}; }
        }
      }`,
      )}`;
}

function choice(M: number): string {
  return `
fn chosen(cell: u32, b: u32) -> u32 {
  let draw = f32(hash(cell, parameters.step, parameters.sample + b + ${MIX_STREAM}, parameters.seed) >> 8u);
  ${repeat(M - 1, (m) => `if (draw < limits[${m}u * CELLS + cell]) { return ${m}u; }`)}
  return ${M - 1}u;
}
`;
}

/** Draws are below 2²⁴, which float32 counts exactly. */
if (DRAWS !== 2 ** 24) throw new Error('The kernels draw 24 bits.');
