/** Adam's update of one weight with its moments, and its average, in one pass: see engine/training/adam.ts. */
import { THREADS } from './automaton-code.ts';
import { declarations, read, uniform, write, type KernelCode } from './kernel-code.ts';

/** float32 values of the update, in this order, and the bytes that they take. */
export const adamParameters = [
  ...['rate', 'beta1', 'beta2', 'epsilon', 'inverse2', 'gradientScale', 'averageDecay', 'rest1', 'rest2'],
] as const;
export const ADAM_BYTES = 48;

/** Workgroups: x · y · THREADS are at least the values. */
export function adamCode(size: number, averaged: boolean): KernelCode {
  const bindings = [
    uniform('options', 'Options'),
    write('weight', 'f32'),
    write('m', 'f32'),
    write('v', 'f32'),
    read('gradient', 'f32'),
    ...(averaged ? [write('average', 'f32')] : []),
  ];
  const source = `
struct Options { ${adamParameters.map((name) => `${name}: f32`).join(', ')} }
${declarations(bindings)}
@compute @workgroup_size(${THREADS})
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) thread: u32,
) {
  let i = (group.y * groups.x + group.x) * ${THREADS}u + thread;
  if (i >= ${size}u) { return; }
  let g = gradient[i] * options.gradientScale;
  let first = options.beta1 * m[i] + options.rest1 * g;
  let second = options.beta2 * v[i] + options.rest2 * g * g;
  m[i] = first;
  v[i] = second;
  let changed = weight[i] - (options.rate * first) / (sqrt(second * options.inverse2) + options.epsilon);
  weight[i] = changed;
  ${averaged ? 'average[i] = options.averageDecay * average[i] + (1f - options.averageDecay) * changed;' : ''}
}
`;
  return { label: 'adam', source, bindings, workgroupBytes: 0 };
}
