/** Nothing but multiply-adds: what a graphics processor can do at most, to hold the kernels' own speed against. */
import { declarations, write, type KernelCode } from './kernel-code.ts';

const VALUES = 8;

/** Threads of a workgroup here. */
export const PEAK_THREADS = 64;

/** Multiply-adds of one thread. */
export function peakFmas(rounds: number): number {
  return rounds * VALUES * 4;
}

/** Workgroups: any number in x. `sink` is one float a thread. */
export function peakCode(rounds: number): KernelCode {
  const bindings = [write('sink', 'f32')];
  const each = (piece: (i: number) => string): string =>
    Array.from({ length: VALUES }, (_, i) => piece(i)).join('\n    ');
  const source = `
${declarations(bindings)}
@compute @workgroup_size(${PEAK_THREADS})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let factor = vec4<f32>(0.5f + f32(id.x & 1u) * 0.25f);
  let term = vec4<f32>(f32(id.x & 7u));
  ${each((i) => `var v${i} = term + ${i}f;`)}
  for (var round = 0u; round < ${rounds}u; round++) {
    ${each((i) => `v${i} = fma(v${i}, factor, term);`)}
  }
  let all = ${Array.from({ length: VALUES }, (_, i) => `v${i}`).join(' + ')};
  sink[id.x] = all.x + all.y + all.z + all.w;
}
`;
  return { label: 'peak', source, bindings, workgroupBytes: 0 };
}
