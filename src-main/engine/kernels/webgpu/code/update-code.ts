/**
 * The first half of a step: what each cell that fires adds to itself. A workgroup looks through a block of cells, gathers
 * those whose update can matter (they fire, and something lives within two cells: only such a cell can be kept, or keep a
 * neighbour alive), and runs the rule's perceptron over them, fused: features, hidden values and update stay in workgroup
 * memory and registers. Several rules: in turns by the step's parameter, or drawn by each cell, then one pass a rule.
 */
import { DRAWS } from '#domain/mix-choice.ts';
import {
  blocksOf,
  constants,
  livingNear,
  randomness,
  sizesOf,
  THREADS,
  vectorType,
  weightType,
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

export interface UpdateShape extends StepShape {
  /** M where every cell draws its rule; 1 where all follow the one of the step's parameter. */
  readonly drawnRules: number;
  /** Whether each sample has a rule of its own. */
  readonly ruleASample: boolean;
  readonly workgroupBytes: number;
}

/** Two decorrelated streams of one hash: see domain/mix-choice.ts. */
const MIX_STREAM = '0x6d697874u';

/** Workgroups: blocks of cells, samples. Null where the rule's features do not fit the workgroup memory. */
export function updateCode(shape: UpdateShape): KernelCode | null {
  const { drawnRules: M, ruleASample } = shape;
  const sizes = sizesOf(shape);
  const tiling = tilingOf(sizes, shape.workgroupBytes, 1, 0);
  if (tiling === null) return null;
  const V = vectorType(sizes);
  const bindings = [
    uniform('parameters', 'Parameters'),
    read('state', V, true),
    read('w0', weightType(sizes)),
    read('b0', weightType(sizes)),
    read('w1', V),
    write('updated', V),
    ...(M > 1 ? [read('limits', 'f32')] : []),
  ];
  const isMine = M > 1 ? ' && chosen(cell, b) == m' : '';
  const source = `
${constants(shape)}
${tileConstants(tiling)}
${declarations(bindings)}
var<workgroup> features: array<f32, K * PITCH>;
var<workgroup> hidden: array<f32, CHUNK * PITCH>;
var<workgroup> found: u32;
${randomness}
${livingNear(shape, 'matters', 'state', 2)}
${M > 1 ? choice(M) : ''}
${gathering(`fires(cell, b)${isMine} && matters(cell, b)`)}
${fourWeights(sizes, tiling)}
${perception(shape, null)}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let b = group.y;
  for (var i = thread; i < BLOCK * G; i += ${THREADS}u) {
    let at = group.x * BLOCK * G + i;
    if (at < CELLS * G) { updated[b * CELLS * G + at] = state[b * CELLS * G + at]; }
  }
  storageBarrier();
  ${M > 1 ? `for (var m = 0u; m < ${M}u; m++) {` : '{ let m = parameters.rule;'}
    let rule = m * parameters.rules${ruleASample ? ' + parameters.first + b' : ''};
    let counted = gather(group.x, b, m, thread);
    if (thread == 0u) { found = counted; }
    let count = workgroupUniformLoad(&found);
    for (var first = 0u; first < count; first += ROWS) {
      let rows = min(ROWS, count - first);
      for (var i = thread; i < ROWS * G; i += ${THREADS}u) {
        if (i % ROWS < rows) { perceive(i % ROWS, i / ROWS, cells[first + i % ROWS], b); }
      }
      workgroupBarrier();
      ${addUpdates(tiling, sizes.groups)}
      workgroupBarrier();
    }
  }
}
`;
  return { label: 'rollout: update', source, bindings, workgroupBytes: tilingBytes(sizes, tiling, 1, 0) };
}

/** Workgroups in x; those in y are the samples. */
export function updateBlocks(shape: StepShape): number {
  return blocksOf(sizesOf(shape));
}

/** All chunks of hidden values, then the state's cells with their updates. A thread has some (row, group) of them. */
function addUpdates(tiling: Tiling, groups: number): string {
  const { rows, tileRows, chunk, chunks } = tiling;
  const items = Math.ceil((rows * groups) / THREADS);
  const tileColumns = chunk / TILE;
  return `
      ${repeat(items, (i) => `var delta${i} = V(0);`)}
      for (var start = 0u; start < ${chunks * chunk}u; start += CHUNK) {
        if (thread < ${tileThreads(tiling)}u) {
          let r0 = (thread / ${tileColumns}u) * ${tileRows}u;
          let column = (thread % ${tileColumns}u) * ${TILE}u;
          let n0 = start + column;
          if (r0 < rows) {
            ${hiddenTile(tiling)}
            ${repeat(tileRows, (i) => repeat(TILE, (j) => `hidden[(column + ${j}u) * PITCH + r0 + ${i}u] = h${i}_${j >> 2}[${j & 3}];`))}
          }
        }
        workgroupBarrier();
        let end = min(CHUNK, D - start);
        ${repeat(
          items,
          (i) => `{
          let item = thread + ${i * THREADS}u;
          let r = item % ROWS;
          let g = item / ROWS;
          if (g < G && r < rows) {
            for (var n = 0u; n < end; n++) {
              delta${i} = fma(V(hidden[n * PITCH + r]), w1[(rule * D + start + n) * G + g], delta${i});
            }
          }
        }`,
        )}
        workgroupBarrier();
      }
      ${repeat(
        items,
        (i) => `{
        let item = thread + ${i * THREADS}u;
        let r = item % ROWS;
        let g = item / ROWS;
        if (g < G && r < rows) {
          let at = (b * CELLS + cells[first + r]) * G + g;
          updated[at] = state[at] + GAIN * delta${i};
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
