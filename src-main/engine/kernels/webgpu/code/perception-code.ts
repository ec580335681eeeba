/**
 * A cell's features into workgroup memory, features[k·PITCH + row]: identity, 3×3 maximum, gradients. The filters are
 * antisymmetric, so two opposite neighbours share a multiplication, and each size goes on from the sums of the smaller
 * ones: the sum over the rings up to its radius, divided by its own Σ|g|.
 */
import { gradientFilters } from '#engine/kernels/reference/rollout.ts';
import { loaded, sizesOf, type Sizes, type StepShape } from './automaton-code.ts';
import { float, repeat } from './kernel-code.ts';
import type { Tiling } from './tile-code.ts';

/** 1/Σ|g| of a gradient filter. */
export function filterScale(size: number): number {
  const radius = (size - 1) / 2;
  // The value of the largest weight's offset (1, 0) is 1 before the division.
  return gradientFilters(size).horizontal[radius * size + radius + 1];
}

/** The largest radius of the gradient filters; 0 where there are none. */
export function largestRadius(sobelSizes: readonly number[]): number {
  return Math.max(0, ...sobelSizes.map((size) => (size - 1) / 2));
}

/** Stores the V `value` as feature `feature` of channel group g in row r. */
function store({ wide }: Sizes, feature: string | number, value: string): string {
  const at = (c: number): string => `features[(${feature}u * C + g * ${wide}u + ${c}u) * PITCH + r]`;
  return wide === 1 ? `${at(0)} = ${value};` : repeat(4, (c) => `${at(c)} = ${value}[${c}];`);
}

/** What brings the states of a block and around it into workgroup memory, 0 beyond the grid: stageStates(block, b, thread). */
function staging(shape: StepShape, { plan }: Tiling): string {
  const { height, width, across, halo } = plan;
  const [rows, columns] = [height + 2 * halo, width + 2 * halo];
  return `
var<workgroup> states: array<V, ${rows * columns}u * G>;
var<private> stagedY: i32;
var<private> stagedX: i32;
fn stateNear(y: i32, x: i32, g: u32, b: u32) -> V {
  return states[u32((y - stagedY) * ${columns} + x - stagedX) * G + g];
}
fn stageStates(block: u32, b: u32, thread: u32) {
  stagedY = i32(block / ${across}u * ${height}u) - ${halo};
  stagedX = i32(block % ${across}u * ${width}u) - ${halo};
  for (var i = thread; i < ${rows * columns}u * G; i += THREADS) {
    let y = stagedY + i32(i / G) / ${columns};
    let x = stagedX + i32(i / G) % ${columns};
    let at = (b * CELLS + u32(clamp(y, 0, H - 1) * W + clamp(x, 0, W - 1))) * G + i % G;
    states[i] = select(V(0), ${loaded(shape, 'state[at]')}, y >= 0 && y < H && x >= 0 && x < W);
  }
  workgroupBarrier();
}
fn neighbour(y: i32, x: i32, g: u32, b: u32) -> V { return stateNear(y, x, g, b); }
`;
}

/** The same from where they are. */
function direct(shape: StepShape): string {
  return `
fn stateNear(y: i32, x: i32, g: u32, b: u32) -> V {
  return ${loaded(shape, 'state[(b * CELLS + u32(y * W + x)) * G + g]')};
}
fn neighbour(y: i32, x: i32, g: u32, b: u32) -> V {
  let ny = clamp(y, 0, H - 1);
  let nx = clamp(x, 0, W - 1);
  return select(V(0), stateNear(ny, nx, g, b), ny == y && nx == x);
}
`;
}

/** Where states are staged: brings those of a block, before perceive is called for its cells. Every thread comes here. */
export function stageStates({ perception }: Tiling): string {
  return perception === 'staged' ? 'stageStates(block, b, thread);' : '';
}

/**
 * fn perceive(r, g, cell, b): the features of channel group g; `highest(place)` says what to do with the V of floats
 * that tell which of the nine neighbours, in reading order, holds the maximum.
 */
export function perception(
  shape: StepShape,
  tiling: Tiling,
  highest: ((place: string) => string) | null,
): string {
  const sizes = sizesOf(shape);
  const { sobelSizes } = shape.automaton;
  const radius = largestRadius(sobelSizes);
  const stores = sobelSizes.map((size, s) => {
    const scale = float(filterScale(size));
    return `if (m == ${(size - 1) / 2}) {
      ${store(sizes, 2 + 2 * s, `(horizontal * ${scale})`)}
      ${store(sizes, 3 + 2 * s, `(vertical * ${scale})`)}
    }`;
  });
  return `
${tiling.perception === 'staged' ? staging(shape, tiling) : direct(shape)}
fn perceive(r: u32, g: u32, cell: u32, b: u32) {
  let y = i32(cell) / W;
  let x = i32(cell) % W;
  let own = stateNear(y, x, g, b);
  ${store(sizes, 0, 'own')}
  var most = own;
  var place = V(4);
  for (var j = -1; j <= 1; j++) {
    for (var i = -1; i <= 1; i++) {
      let ny = clamp(y + j, 0, H - 1);
      let nx = clamp(x + i, 0, W - 1);
      let value = stateNear(ny, nx, g, b);
      place = select(place, V(f32((ny - y) * 3 + nx - x + 4)), value > most);
      most = max(most, value);
    }
  }
  ${store(sizes, 1, 'most')}
  ${highest === null ? '' : highest('place')}
  var horizontal = V(0);
  var vertical = V(0);
  for (var m = 1; m <= ${radius}; m++) {
    // Half of the offsets at distance m: the row j = m, and below it the column i = m.
    for (var s = 0; s < 4 * m; s++) {
      let i = select(m, s - m, s <= 2 * m);
      let j = select(s - 3 * m, m, s <= 2 * m);
      let q = 1f / f32(i * i + j * j);
      let difference = neighbour(y + j, x + i, g, b) - neighbour(y - j, x - i, g, b);
      horizontal += difference * (f32(i) * q);
      vertical += difference * (f32(j) * q);
    }
    ${stores.join('\n    ')}
  }
}
`;
}
