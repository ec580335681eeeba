/**
 * Each sample's loss over the first four channels of its final state, as engine/rollout/sample-loss.ts tells, and its
 * gradient. One workgroup a sample, whose threads add up in a fixed order.
 */
import type { LossKind } from '#domain/model-spec.ts';
import { BCE_HIGH, BCE_LOW } from '#engine/rollout/sample-loss.ts';
import {
  constants,
  loaded,
  sizesOf,
  storedType,
  THREADS,
  vectorType,
  type StepShape,
} from './automaton-code.ts';
import { declarations, float, read, repeat, uniform, write, type KernelCode } from './kernel-code.ts';

export interface LossShape extends StepShape {
  readonly loss: LossKind;
  readonly weighted: boolean;
}

/** Workgroups: 1, samples. */
export function lossCode(shape: LossShape): KernelCode {
  const sizes = sizesOf(shape);
  const { wide, cells } = sizes;
  const V = vectorType(sizes);
  const bindings = [
    uniform('parameters', 'Parameters'),
    read('state', storedType(shape), true),
    read('wanted', 'f32'),
    write('losses', 'f32'),
    write('gradient', V),
    ...(shape.weighted ? [read('pixelWeight', 'f32')] : []),
  ];
  const share = float(1 / (cells * 4));
  const source = `
${constants(shape)}
${declarations(bindings)}
var<workgroup> parts: array<f32, ${THREADS}>;
fn pixelLoss(x: f32, wanted: f32) -> vec2<f32> {
  ${
    shape.loss === 'mse'
      ? 'return vec2<f32>((x - wanted) * (x - wanted), 2f * (x - wanted));'
      : `let p = clamp(x, ${float(BCE_LOW)}, ${float(BCE_HIGH)});
  let slope = (1f - wanted) / (1f - p) - wanted / p;
  return vec2<f32>(-(wanted * log(p) + (1f - wanted) * log(1f - p)) + slope * (x - p), slope);`
  }
}
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
  let b = group.y;
  let sample = parameters.first + b;
  var sum = 0f;
  for (var cell = thread; cell < CELLS; cell += ${THREADS}u) {
    let weight = ${shape.weighted ? `pixelWeight[sample * CELLS + cell] * ${share}` : share};
    for (var g = 0u; g < G; g++) {
      let at = (b * CELLS + cell) * G + g;
      var slope = V(0);
      if (g < ${4 / wide}u) {
        let value = ${loaded(shape, 'state[at]')};
        let base = (sample * CELLS + cell) * 4u + g * ${wide}u;
        ${repeat(wide, (c) => {
          const channel = wide === 1 ? '' : `[${c}]`;
          return `let loss${c} = pixelLoss(value${channel}, wanted[base + ${c}u]);
        sum += weight * loss${c}.x;
        slope${channel} = weight * loss${c}.y;`;
        })}
      }
      gradient[at] = slope;
    }
  }
  parts[thread] = sum;
  for (var half = ${THREADS / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (thread < half) { parts[thread] += parts[thread + half]; }
  }
  if (thread == 0u) { losses[sample] = parts[0]; }
}
`;
  return { label: 'rollout: loss', source, bindings, workgroupBytes: THREADS * 4 };
}
