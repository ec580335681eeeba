/**
 * Adam as TensorFlow's one operation for it, instead of a dozen passes over every weight. That works on variables of
 * TensorFlow's own: the tensors of a weight and its moments are lent to three of them for the update, by reference, and
 * what comes out takes their places. Its epsilon is added before the correction of the second moment, ours after it,
 * so it is handed one that amounts to the same.
 */
import { tf } from '#engine/tf.ts';
import type { AdamUpdateAttrs } from '#engine/training/adam.ts';
import { inputOf, nativeBackend, type NativeBackend, type OpAttr } from './native.ts';

const slots = ['weight', 'm', 'v'] as const;

/** The kernel AdamUpdate (see training/adam.ts). */
export const adamUpdate: tf.KernelFunc = (call) => {
  const backend = nativeBackend(call.backend);
  const attrs = call.attrs as unknown as AdamUpdateAttrs;
  const gradient = inputOf(call, 'gradient');
  tf.tidy(() => {
    const scaled = attrs.gradientScale === 1 ? gradient : tf.mul(gradient, attrs.gradientScale);
    apply(
      backend,
      slots.map((name) => inputOf(call, name)),
      scaled,
      attrs,
    );
  });
  if (call.inputs['average'] !== undefined) {
    const average = inputOf(call, 'average');
    const weight = inputOf(call, 'weight');
    tf.tidy(() => {
      const { averageDecay: decay } = attrs;
      replace(backend, average, tf.add(tf.mul(average, decay), tf.mul(weight, 1 - decay)));
    });
  }
  return [];
};

function apply(
  backend: NativeBackend,
  tensors: readonly tf.TensorInfo[],
  gradient: tf.Tensor,
  attrs: AdamUpdateAttrs,
): void {
  const { binding, tensorMap } = backend;
  const type: OpAttr = { name: 'dtype', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
  const variables = variablesOf(backend);
  const { biasCorrection1, biasCorrection2, beta1, beta2 } = attrs;
  const numbers = [
    ...[1 - biasCorrection1, 1 - biasCorrection2, attrs.learningRate, beta1, beta2],
    attrs.epsilon * Math.sqrt(biasCorrection2),
  ].map((value) => tf.scalar(value));
  const [gradientId, ...numberIds] = backend.getInputTensorIds([gradient, ...numbers]);
  const places = tensors.map(({ dataId }, i) => {
    const [id] = backend.getInputTensorIds([tensors[i]]);
    const place = tensorMap.get(dataId);
    binding.executeOp('AssignVariableOp', [type], [variables[i], id], 0);
    return { place, id };
  });
  try {
    // Else the variable would not own its values alone, and would copy them to change them.
    for (const { id } of places) binding.deleteTensor(id);
    binding.executeOp(
      'ResourceApplyAdam',
      [{ ...type, name: 'T' }],
      [...variables, ...numberIds, gradientId],
      0,
    );
  } finally {
    for (const [i, { place }] of places.entries()) {
      place.id = binding.executeOp('ReadVariableOp', [type], [variables[i]], 1)[0].id;
    }
    const nothing = binding.createTensor([0], binding.TF_FLOAT, new Float32Array(0));
    for (const variable of variables) binding.executeOp('AssignVariableOp', [type], [variable, nothing], 0);
    binding.deleteTensor(nothing);
  }
}

const variablesByBackend = new WeakMap<NativeBackend, readonly number[]>();

/** The three variables that tensors are lent to. */
function variablesOf(backend: NativeBackend): readonly number[] {
  const known = variablesByBackend.get(backend);
  if (known !== undefined) return known;
  const { binding } = backend;
  const made = slots.map(
    (name) =>
      binding.executeOp(
        'VarHandleOp',
        [
          { name: 'dtype', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
          // Of those that are lent to it; the operations do not compare it.
          { name: 'shape', type: binding.TF_ATTR_SHAPE, value: [-1] },
          { name: 'shared_name', type: binding.TF_ATTR_STRING, value: `morphogen-adam-${name}` },
        ],
        [],
        1,
      )[0].id,
  );
  variablesByBackend.set(backend, made);
  return made;
}

/** Gives `target` the values of `source`, which takes its old ones. */
function replace({ tensorMap }: NativeBackend, target: tf.Tensor, source: tf.Tensor): void {
  const [a, b] = [tensorMap.get(target.dataId), tensorMap.get(source.dataId)];
  [a.id, b.id] = [b.id, a.id];
  [a.values, b.values] = [b.values, a.values];
}
