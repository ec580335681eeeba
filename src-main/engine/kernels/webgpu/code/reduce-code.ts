/** The sums of the workgroups of gradient-rows-code.ts taken together, in their order, into one part of the rule. */
import { THREADS } from './automaton-code.ts';
import { declarations, read, uniform, write, type KernelCode } from './kernel-code.ts';

export interface ReduceShape {
  /** Floats of one sum, and where in it the part begins, and of how many values it is. */
  readonly stride: number;
  readonly offset: number;
  readonly size: number;
  /** Sums of a sample. */
  readonly parts: number;
  /** Whether the samples are added up, too: onto what is there already. */
  readonly overSamples: boolean;
}

/** Workgroups: size / THREADS, samples (1 where they are added up). */
export function reduceCode({ stride, offset, size, parts, overSamples }: ReduceShape): KernelCode {
  const bindings = [uniform('range', 'Range'), read('sums', 'f32'), write('total', 'f32')];
  const source = `
struct Range { first: u32, samples: u32, goesOn: u32, none: u32 }
${declarations(bindings)}
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = id.x;
  if (i >= ${size}u) { return; }
  var sum = 0f;
  ${overSamples ? 'if (range.goesOn != 0u) { sum = total[i]; }' : ''}
  let start = ${overSamples ? '0u' : 'id.y'} * ${parts}u;
  let count = ${overSamples ? `range.samples * ${parts}u` : `${parts}u`};
  for (var part = start; part < start + count; part++) { sum += sums[part * ${stride}u + ${offset}u + i]; }
  total[${overSamples ? '' : `(range.first + id.y) * ${size}u + `}i] = sum;
}
`;
  return { label: 'rollout: reduce', source, bindings, workgroupBytes: 0 };
}
