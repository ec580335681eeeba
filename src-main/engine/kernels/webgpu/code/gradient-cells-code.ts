/**
 * The second half of a step backward: every cell gathers what came of it, its own value where it was kept, and by way of
 * the features of the computed cells around it. The filters are antisymmetric: their adjoints are their negatives.
 */
import { COMPUTED, constants, KEPT, ORIGIN, sizesOf, THREADS, vectorType } from './automaton-code.ts';
import { shownGradient, type GradientShape } from './gradient-rows-code.ts';
import { declarations, float, read, uniform, write, type KernelCode } from './kernel-code.ts';
import { filterScale, largestRadius } from './perception-code.ts';

/** Workgroups: cells · groups / THREADS, samples. */
export function gradientCellsCode(shape: GradientShape): KernelCode {
  const sizes = sizesOf(shape);
  const { sobelSizes } = shape.automaton;
  const { features, rowGroups } = sizes;
  const V = vectorType(sizes);
  const bindings = [
    uniform('parameters', 'Parameters'),
    ORIGIN,
    read('marks', 'u32', true),
    read('gradient', V),
    read('featureGradient', V),
    write('before', V),
  ];
  const radius = Math.max(1, largestRadius(sobelSizes));
  const filters = sobelSizes
    .map((size, s) => {
      const scale = float(filterScale(size));
      const gradients = `(${scale} * q) * (f32(i) * featureGradient[at + ${2 + 2 * s}u * G + g] + f32(j) * featureGradient[at + ${3 + 2 * s}u * G + g])`;
      return `if (distance <= ${(size - 1) / 2}) { total -= ${gradients}; }`;
    })
    .join('\n        ');
  const source = `
${constants(shape)}
const ROW = ${rowGroups}u;
${declarations(bindings)}
${shownGradient(shape)}
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let item = origin.x * ${THREADS}u + id.x;
  if (item >= CELLS * G) { return; }
  let g = item % G;
  let b = origin.y + id.y;
  let cell = item / G;
  let y = i32(cell) / W;
  let x = i32(cell) % W;
  let own = b * CELLS + cell;
  var total = V(0);
  if ((marks[own] & ${KEPT}u) != 0u) { total = shownGradient(own, g); }
  for (var j = -${radius}; j <= ${radius}; j++) {
    for (var i = -${radius}; i <= ${radius}; i++) {
      let inside = y + j >= 0 && y + j < H && x + i >= 0 && x + i < W;
      let near = b * CELLS + u32(clamp(y + j, 0, H - 1) * W + clamp(x + i, 0, W - 1));
      if (inside && (marks[near] & ${COMPUTED}u) != 0u) {
        let at = near * ROW;
        let distance = max(abs(i), abs(j));
        let q = 1f / max(1f, f32(i * i + j * j));
        if (distance == 0) { total += featureGradient[at + g]; }
        ${filters}
        if (distance <= 1) {
          let place = featureGradient[at + ${features}u * G + g];
          total += select(V(0), featureGradient[at + G + g], place == V(f32(4 - j * 3 - i)));
        }
      }
    }
  }
  before[own * G + g] = total;
}
`;
  return { label: 'rollout: gradient of cells', source, bindings, workgroupBytes: 0 };
}
