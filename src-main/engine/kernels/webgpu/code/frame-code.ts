/**
 * What a state shows: straight RGBA bytes as media/pixels.ts makes them, and how many cells live, as
 * domain/living-cells.ts counts them. So 4 bytes a cell come back instead of all its channels.
 */
import {
  constants,
  livingNear,
  sizesOf,
  THREADS,
  vectorType,
  type Sizes,
  type StepShape,
} from './automaton-code.ts';
import { declarations, read, write, type KernelCode } from './kernel-code.ts';

export interface FrameShape extends StepShape {
  /** Whether the picture is wanted, beside the count. */
  readonly pixels: boolean;
}

/** Workgroups: cells / THREADS, of one sample. `alive` is zero before; a pixel is one u32, red in its lowest byte. */
export function frameCode(shape: FrameShape): KernelCode {
  const sizes = sizesOf(shape);
  const bindings = [
    read('state', vectorType(sizes)),
    write('alive', 'atomic<u32>'),
    ...(shape.pixels ? [write('pixels', 'u32')] : []),
  ];
  const source = `
${constants(shape)}
${declarations(bindings)}
${livingNear(shape, 'lives', 'state', 1)}
${shape.pixels ? pixelCode(sizes) : ''}
var<workgroup> living: atomic<u32>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let cell = id.x;
  if (cell < CELLS) {
    ${shape.pixels ? 'pixels[cell] = pixelOf(cell);' : ''}
    if (lives(cell, 0u)) { atomicAdd(&living, 1u); }
  }
  workgroupBarrier();
  if (thread == 0u) { atomicAdd(&alive[0], atomicLoad(&living)); }
}
`;
  return { label: 'frame', source, bindings, workgroupBytes: 4 };
}

/** fn premultiplied(cell) → RGBA in 0…1, colours within alpha; what is not a number counts as 0. */
export function premultipliedCode(sizes: Sizes): string {
  const values =
    sizes.wide === 4
      ? 'state[cell * G]'
      : 'vec4<f32>(state[cell * G], state[cell * G + 1u], state[cell * G + 2u], state[cell * G + 3u])';
  return `
fn premultiplied(cell: u32) -> vec4<f32> {
  let values = ${values};
  let unit = select(vec4<f32>(0f), min(values, vec4<f32>(1f)), values > vec4<f32>(0f));
  return min(unit, unit.aaaa);
}
`;
}

/**
 * A colour's byte is ⌊255·colour/alpha + ½⌋ = ⌊(⌊510·colour/alpha⌋ + 1)/2⌋. A quotient of floats may be a few units off in
 * its last place, other on every processor; so it is one of the mantissas, whole numbers that nothing rounds.
 */
function pixelCode(sizes: Sizes): string {
  return `
${premultipliedCode(sizes)}
fn byteOf(part: f32, whole: f32) -> u32 {
  let bits = vec2<u32>(bitcast<u32>(part), bitcast<u32>(whole));
  let mantissas = (bits & vec2<u32>(0x7fffffu)) | vec2<u32>(0x800000u);
  let exponents = bits >> vec2<u32>(23u);
  let dividend = 255u * mantissas[0];
  let quotient = dividend / mantissas[1];
  let twice = 2u * quotient + select(0u, 1u, 2u * (dividend - quotient * mantissas[1]) >= mantissas[1]);
  return ((twice >> min(exponents[1] - exponents[0], 31u)) + 1u) >> 1u;
}
fn pixelOf(cell: u32) -> u32 {
  let shown = premultiplied(cell);
  let alpha = select(1f, shown.a, shown.a > 0f);
  let bytes = vec4<u32>(byteOf(shown.r, alpha), byteOf(shown.g, alpha), byteOf(shown.b, alpha), byteOf(shown.a, 1f));
  return bytes.r | (bytes.g << 8u) | (bytes.b << 16u) | (bytes.a << 24u);
}
`;
}
