/** States to and from the form in which they lie in memory, where that is not float32. */
import { constants, loaded, sizesOf, stored, storedType, THREADS, vectorType } from './automaton-code.ts';
import type { StepShape } from './automaton-code.ts';
import { declarations, read, uniform, write, type KernelCode } from './kernel-code.ts';

/** `in`: a tensor's samples from the parameters' `first` on become states; `out`: the other way. */
export interface ConvertShape extends StepShape {
  readonly way: 'in' | 'out';
}

/** Workgroups: cells · groups / THREADS, samples. */
export function convertCode(shape: ConvertShape): KernelCode {
  const isIn = shape.way === 'in';
  const [plain, kept] = [vectorType(sizesOf(shape)), storedType(shape)];
  const bindings = [
    uniform('parameters', 'Parameters'),
    ...(isIn
      ? [read('tensor', plain), write('state', kept, true)]
      : [read('state', kept, true), write('tensor', plain)]),
  ];
  const [state, tensor] = [
    'state[b * CELLS * G + id.x]',
    'tensor[(parameters.first + b) * CELLS * G + id.x]',
  ];
  const source = `
${constants(shape)}
${declarations(bindings)}
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let b = id.y;
  if (id.x < CELLS * G) {
    ${isIn ? `${state} = ${stored(shape, tensor)};` : `${tensor} = ${loaded(shape, state)};`}
  }
}
`;
  return { label: `rollout: states ${shape.way}`, source, bindings, workgroupBytes: 0 };
}
