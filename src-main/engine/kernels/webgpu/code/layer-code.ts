/**
 * What tfjs's own programs do slowly of a network's gradients. The gradient of a convolution's filter is a product of two
 * long thin matrices, patches [positions, M] and gradients [positions, N], which they compute in one thread a weight, over
 * all positions: here positions are shared among workgroups, and their sums added up in their order.
 */
import { ORIGIN, THREADS } from './automaton-code.ts';
import { declarations, read, repeat, write, type KernelCode } from './kernel-code.ts';

export interface FilterGradientShape {
  /** x [batch, height, width, inputs], dy [batch, outHeight, outWidth, outputs]. */
  readonly height: number;
  readonly width: number;
  readonly inputs: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outputs: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly stride: number;
  readonly top: number;
  readonly left: number;
  readonly batch: number;
}

/** Weights of a workgroup's tile along either side; positions at a time. */
const TILE = 32;
const SLICE = 16;
/** Odd, so that threads meet different banks. */
const PITCH = TILE + 1;
/** Enough workgroups to fill any graphics processor, as far as there are positions for them. */
const WANTED_WORKGROUPS = 512;
const LEAST_POSITIONS = 128;

export interface FilterGradientPlan {
  /** Rows (height, width, inputs) and columns (outputs) of the filter as a matrix, and positions that are summed over. */
  readonly M: number;
  readonly N: number;
  readonly positions: number;
  readonly tiles: number;
  /** Sums; what each goes over is a multiple of the positions at a time. */
  readonly parts: number;
  readonly positionsAPart: number;
}

export function filterGradientPlan(shape: FilterGradientShape): FilterGradientPlan {
  const M = shape.filterHeight * shape.filterWidth * shape.inputs;
  const N = shape.outputs;
  const positions = shape.batch * shape.outHeight * shape.outWidth;
  const tiles = Math.ceil(M / TILE) * Math.ceil(N / TILE);
  const wanted = Math.min(Math.ceil(WANTED_WORKGROUPS / tiles), Math.ceil(positions / LEAST_POSITIONS));
  const positionsAPart = Math.ceil(positions / wanted / SLICE) * SLICE;
  return { M, N, positions, tiles, parts: Math.ceil(positions / positionsAPart), positionsAPart };
}

/** Workgroups: tiles, parts. Sums [parts, M, N]. */
export function filterGradientCode(shape: FilterGradientShape): KernelCode {
  const { M, N, positions, positionsAPart } = filterGradientPlan(shape);
  const { height, width, inputs, outHeight, outWidth, filterWidth, stride, top, left } = shape;
  const bindings = [ORIGIN, read('x', 'f32'), read('dy', 'f32'), write('sums', 'f32')];
  const loads = (SLICE * TILE) / THREADS;
  const source = `
${declarations(bindings)}
var<workgroup> patches: array<f32, ${SLICE * PITCH}>;
var<workgroup> gradients: array<f32, ${SLICE * PITCH}>;
fn patchAt(position: u32, m: u32) -> f32 {
  let channel = m % ${inputs}u;
  let column = (m / ${inputs}u) % ${filterWidth}u;
  let row = m / ${inputs * filterWidth}u;
  let y = i32((position / ${outWidth}u) % ${outHeight}u * ${stride}u + row) - ${top};
  let x0 = i32(position % ${outWidth}u * ${stride}u + column) - ${left};
  let image = position / ${outHeight * outWidth}u;
  let isInside = y >= 0 && y < ${height} && x0 >= 0 && x0 < ${width};
  let at = ((image * ${height}u + u32(clamp(y, 0, ${height - 1}))) * ${width}u + u32(clamp(x0, 0, ${width - 1}))) * ${inputs}u;
  return select(0f, x[at + channel], isInside);
}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let tile = origin.x + group.x;
  let part = origin.y + group.y;
  let m0 = tile / ${Math.ceil(N / TILE)}u * ${TILE}u;
  let n0 = tile % ${Math.ceil(N / TILE)}u * ${TILE}u;
  let own = vec2<u32>(thread / 8u, thread % 8u) * 4u;
  ${repeat(4, (i) => `var sum${i} = vec4<f32>(0f);`)}
  let end = min(${positions}u, (part + 1u) * ${positionsAPart}u);
  for (var start = part * ${positionsAPart}u; start < end; start += ${SLICE}u) {
    for (var load = 0u; load < ${loads}u; load++) {
      let item = load * ${THREADS}u + thread;
      let position = start + item / ${TILE}u;
      let m = m0 + item % ${TILE}u;
      let n = n0 + item % ${TILE}u;
      let place = item / ${TILE}u * ${PITCH}u + item % ${TILE}u;
      let safe = min(position, ${positions - 1}u);
      patches[place] = select(0f, patchAt(safe, min(m, ${M - 1}u)), position < end && m < ${M}u);
      gradients[place] = select(0f, dy[safe * ${N}u + min(n, ${N - 1}u)], position < end && n < ${N}u);
    }
    workgroupBarrier();
    for (var k = 0u; k < ${SLICE}u; k++) {
      let a = k * ${PITCH}u + own.x;
      let b = k * ${PITCH}u + own.y;
      let g = vec4<f32>(gradients[b], gradients[b + 1u], gradients[b + 2u], gradients[b + 3u]);
      ${repeat(4, (i) => `sum${i} = fma(vec4<f32>(patches[a + ${i}u]), g, sum${i});`)}
    }
    workgroupBarrier();
  }
  let base = part * ${M * N}u;
  ${repeat(
    4,
    (i) => `if (m0 + own.x + ${i}u < ${M}u) {
    ${repeat(
      4,
      (j) =>
        `if (n0 + own.y + ${j}u < ${N}u) { sums[base + (m0 + own.x + ${i}u) * ${N}u + n0 + own.y + ${j}u] = sum${i}[${j}]; }`,
    )}
  }`,
  )}
}
`;
  return {
    label: 'layer: filter gradient',
    source,
    bindings,
    workgroupBytes: 2 * SLICE * PITCH * 4,
  };
}

/** Rows of a sum's part. */
export const ROWS = 256;
const LANES = 16;

/** Sums of up to ROWS rows of x [rows, columns], in their order: [rows / ROWS, columns]. Workgroups: columns / 16, parts. */
export function columnSumsCode({ rows, columns }: { rows: number; columns: number }): KernelCode {
  const bindings = [ORIGIN, read('x', 'f32'), write('sums', 'f32')];
  const side = THREADS / LANES;
  const source = `
${declarations(bindings)}
var<workgroup> partial: array<f32, ${THREADS}>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let column = (origin.x + group.x) * ${LANES}u + thread % ${LANES}u;
  let part = origin.y + group.y;
  let end = min(${rows}u, (part + 1u) * ${ROWS}u);
  var sum = 0f;
  if (column < ${columns}u) {
    for (var row = part * ${ROWS}u + thread / ${LANES}u; row < end; row += ${side}u) { sum += x[row * ${columns}u + column]; }
  }
  partial[thread] = sum;
  workgroupBarrier();
  if (thread < ${LANES}u && column < ${columns}u) {
    sums[part * ${columns}u + column] = ${Array.from({ length: side }, (_, i) => `partial[thread + ${i * LANES}u]`).join(' + ')};
  }
}
`;
  return { label: 'layer: column sums', source, bindings, workgroupBytes: THREADS * 4 };
}

/** dy where y is above 0, else 0. Workgroups: x · y · THREADS are at least the values. */
export function maskCode({ size, across }: { size: number; across: number }): KernelCode {
  const bindings = [ORIGIN, read('dy', 'f32'), read('y', 'f32'), write('masked', 'f32')];
  const source = `
${declarations(bindings)}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let i = ((origin.y + group.y) * ${across}u + origin.x + group.x) * ${THREADS}u + thread;
  if (i < ${size}u) { masked[i] = select(0f, dy[i], y[i] > 0f); }
}
`;
  return { label: 'layer: mask', source, bindings, workgroupBytes: 0 };
}
