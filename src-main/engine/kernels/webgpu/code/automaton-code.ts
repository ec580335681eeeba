/**
 * What all kernels of the rollout share: the shape they are made for, the constants of the automaton, the random numbers
 * of its masks, and who lives. A state [samples, H, W, C] is an array of V: four channels at once where C allows, else one.
 */
import { featureCount, type Automaton, type Grid } from '#domain/automaton.ts';
import { float, uniform } from './kernel-code.ts';

export interface StepShape {
  readonly automaton: Automaton;
  readonly grid: Grid;
  /** Whether states lie in memory as float16, four channels in two uint32; what is computed is float32 all the same. */
  readonly half?: boolean;
}

/** Threads of a workgroup, but for the matrix kernels, whose variant says (variant.ts). */
export const THREADS = 64;

/** Cells that one workgroup of the matrix kernels looks through for those to compute, at about. */
export const BLOCK = 128;

/** Set in a cell's mark: it lived before and lives after the step; it also fired; its first channels are held. */
export const KEPT = 1;
export const COMPUTED = 2;
export const HELD = 4;

/** uint32 values of a step's parameters, in this order, and the bytes that they take. */
export const parameterNames = ['step', 'rule', 'seed', 'sample', 'first', 'rules'] as const;
export const PARAMETER_BYTES = 32;

/** Which workgroups of a step these are: those of a dispatch begin at (x, y), for a step may be cut into several. */
export const ORIGIN = uniform('origin', 'vec2<u32>');
export const ORIGIN_BYTES = 16;

export interface Sizes {
  readonly C: number;
  readonly d: number;
  readonly K: number;
  readonly cells: number;
  /** Channels in a V: 4 or 1. */
  readonly wide: 4 | 1;
  /** Vs in a cell. */
  readonly groups: number;
  /** Features of a channel: 2 + 2·S. */
  readonly features: number;
  /** Vs of a cell in the gradient of the features: one more plane says which neighbour held the maximum. */
  readonly rowGroups: number;
}

export function sizesOf({ automaton, grid }: StepShape): Sizes {
  const { channels: C, hidden: d, sobelSizes } = automaton;
  const wide = C % 4 === 0 ? 4 : 1;
  const features = 2 + 2 * sobelSizes.length;
  const groups = C / wide;
  return {
    ...{ C, d, K: featureCount(automaton), cells: grid.height * grid.width, wide, groups, features },
    rowGroups: groups * (features + 1),
  };
}

/** Workgroups that look through all cells of a sample. */
export function blocksOf({ cells }: Sizes): number {
  return Math.ceil(cells / BLOCK);
}

/** Floats of one rule: K·d + d + d·C. */
export function ruleFloats({ C, d, K }: Sizes): number {
  return K * d + d + d * C;
}

export function vectorType({ wide }: Pick<Sizes, 'wide'>): string {
  return wide === 4 ? 'vec4<f32>' : 'f32';
}

/** Type of the elements of w0 and b0: along the hidden values. */
export function weightType({ d }: Pick<Sizes, 'd'>): string {
  return d % 4 === 0 ? 'vec4<f32>' : 'f32';
}

/** Type of the elements of a state as it lies in memory. */
export function storedType(shape: StepShape): string {
  return shape.half === true ? 'vec2<u32>' : vectorType(sizesOf(shape));
}

/** Bytes of a state's element; float16 needs four channels at once. */
export function stateBytes(shape: StepShape): number {
  const { cells, C } = sizesOf(shape);
  return cells * C * (shape.half === true ? 2 : 4);
}

/** Channel c of the V called `name`. */
export function channelOf({ wide }: Sizes, name: string, c: string | number): string {
  return wide === 4 ? `${name}[${c}]` : name;
}

export function constants(shape: StepShape): string {
  const { automaton, grid } = shape;
  const { C, d, K, cells, wide, groups } = sizesOf(shape);
  // u < rate for u = n·2⁻²⁴: an integer comparison that no rounding can touch.
  const firing = Math.ceil(Math.fround(automaton.fireRate) * 2 ** 24);
  return `
alias V = ${wide === 4 ? 'vec4<f32>' : 'f32'};
const C = ${C}u;
const D = ${d}u;
const K = ${K}u;
const H = ${grid.height}i;
const W = ${grid.width}i;
const CELLS = ${cells}u;
const G = ${groups}u;
const FIRING = ${firing}u;
const THRESHOLD = ${float(automaton.aliveThreshold)};
const GAIN = ${float(automaton.gain)};
${
  shape.half === true
    ? `fn loaded(s: vec2<u32>) -> V { return vec4<f32>(unpack2x16float(s.x), unpack2x16float(s.y)); }
fn stored(v: V) -> vec2<u32> { return vec2<u32>(pack2x16float(v.xy), pack2x16float(v.zw)); }`
    : ''
}
struct Parameters { ${parameterNames.map((name) => `${name}: u32`).join(', ')} }
`;
}

/** The V of an expression that is an element of a state in memory, and the other way. */
export function loaded({ half }: StepShape, element: string): string {
  return half === true ? `loaded(${element})` : element;
}

export function stored({ half }: StepShape, value: string): string {
  return half === true ? `stored(${value})` : value;
}

/** pcg4d of (cell, step, sample, seed), its first value; and whether a cell fires. */
export const randomness = `
fn hash(cell: u32, step: u32, sample: u32, seed: u32) -> u32 {
  var v = vec4<u32>(cell, step, sample, seed) * 1664525u + 1013904223u;
  v.x += v.y * v.w;
  v.y += v.z * v.x;
  v.z += v.x * v.y;
  v.w += v.y * v.z;
  v ^= v >> vec4<u32>(16u);
  return v.x + v.y * v.w;
}
fn fires(cell: u32, b: u32) -> bool {
  return (hash(cell, parameters.step, parameters.sample + b, parameters.seed) >> 8u) < FIRING;
}
`;

/** fn NAME(cell, b) → whether the alive channel of `state` is above the threshold within `radius` of the cell. */
export function livingNear(
  shape: StepShape,
  name: string,
  state: 'state' | 'updated',
  radius: number,
): string {
  const sizes = sizesOf(shape);
  const { aliveChannel } = shape.automaton;
  const group = Math.floor(aliveChannel / sizes.wide);
  const element = `${state}[(b * CELLS + u32(ny * W + nx)) * G + ${group}u]`;
  const value = channelOf(
    sizes,
    state === 'state' ? loaded(shape, element) : element,
    aliveChannel % sizes.wide,
  );
  return `
fn ${name}(cell: u32, b: u32) -> bool {
  let y = i32(cell) / W;
  let x = i32(cell) % W;
  var lives = false;
  for (var ny = max(y - ${radius}, 0); ny <= min(y + ${radius}, H - 1); ny++) {
    for (var nx = max(x - ${radius}, 0); nx <= min(x + ${radius}, W - 1); nx++) {
      lives |= ${value} > THRESHOLD;
    }
  }
  return lives;
}
`;
}
