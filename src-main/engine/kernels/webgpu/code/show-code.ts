/** A state drawn straight to a texture of the grid's size: one pixel a cell, colours premultiplied by alpha. */
import { constants, sizesOf, vectorType, type StepShape } from './automaton-code.ts';
import { premultipliedCode } from './frame-code.ts';
import { declarations, read, type KernelCode } from './kernel-code.ts';

/** Entry points `corner` (three vertices, which cover everything) and `pixel`. */
export function showCode(shape: StepShape): KernelCode {
  const sizes = sizesOf(shape);
  const bindings = [read('state', vectorType(sizes))];
  const source = `
${constants(shape)}
${declarations(bindings)}
${premultipliedCode(sizes)}
@vertex
fn corner(@builtin(vertex_index) i: u32) -> @builtin(position) vec4<f32> {
  return vec4<f32>(f32(i & 1u) * 4f - 1f, f32(i >> 1u) * 4f - 1f, 0f, 1f);
}
@fragment
fn pixel(@builtin(position) place: vec4<f32>) -> @location(0) vec4<f32> {
  return premultiplied(u32(place.y) * u32(W) + u32(place.x));
}
`;
  return { label: 'show', source, bindings, workgroupBytes: 0 };
}
