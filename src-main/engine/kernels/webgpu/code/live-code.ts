/**
 * The second half of a step: cells that lived before and live after keep what they became, all others are empty; then held
 * cells get their values back. What the backward pass needs to know of each cell stays as a mark.
 */
import {
  COMPUTED,
  constants,
  HELD,
  KEPT,
  livingNear,
  ORIGIN,
  randomness,
  sizesOf,
  stored,
  storedType,
  THREADS,
  vectorType,
  type StepShape,
} from './automaton-code.ts';
import { declarations, read, repeat, uniform, write, type KernelCode } from './kernel-code.ts';

export interface HoldShape {
  /** V: the first channels of a held cell. */
  readonly channels: number;
  /** Whether all samples hold the same cells. */
  readonly shared: boolean;
}

export interface LiveShape extends StepShape {
  readonly hold: HoldShape | null;
}

/** Workgroups: cells / THREADS, samples. */
export function liveCode(shape: LiveShape): KernelCode {
  const sizes = sizesOf(shape);
  const V = vectorType(sizes);
  const { hold } = shape;
  const bindings = [
    uniform('parameters', 'Parameters'),
    ORIGIN,
    read('state', storedType(shape), true),
    read('updated', V),
    write('next', storedType(shape), true),
    write('marks', 'u32', true),
    ...(hold === null ? [] : [read('holdMask', 'f32'), read('holdValues', 'f32')]),
  ];
  const source = `
${constants(shape)}
${declarations(bindings)}
${randomness}
${livingNear(shape, 'lived', 'state', 1)}
${livingNear(shape, 'lives', 'updated', 1)}
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let cell = origin.x * ${THREADS}u + id.x;
  let b = origin.y + id.y;
  if (cell >= CELLS) { return; }
  let at = b * CELLS + cell;
  let isKept = lived(cell, b) && lives(cell, b);
  var mark = select(0u, ${KEPT}u, isKept);
  if (isKept && fires(cell, b)) { mark |= ${COMPUTED}u; }
  ${hold === null ? '' : heldFlag(hold)}
  for (var g = 0u; g < G; g++) {
    var value = select(V(0), updated[at * G + g], isKept);
    ${hold === null ? '' : heldValues(hold, sizes.wide)}
    next[at * G + g] = ${stored(shape, 'value')};
  }
  marks[at] = mark;
}
`;
  return { label: 'rollout: live', source, bindings, workgroupBytes: 0 };
}

function heldFlag({ shared }: HoldShape): string {
  return `let held = ${shared ? 'cell' : '(parameters.first + b) * CELLS + cell'};
  let isHeld = holdMask[held] != 0f;
  if (isHeld) { mark |= ${HELD}u; }`;
}

function heldValues({ channels }: HoldShape, wide: number): string {
  const one = (c: number): string =>
    `if (g * ${wide}u + ${c}u < ${channels}u) { value${wide === 1 ? '' : `[${c}]`} = holdValues[held * ${channels}u + g * ${wide}u + ${c}u]; }`;
  return `if (isHeld) {
      ${repeat(wide, one)}
    }`;
}
