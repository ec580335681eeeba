/**
 * Gradients of the tfjs ops that this engine differentiates. tfjs-core has them all, but its bundle for Node leaves
 * them out (only the union package, which needs an install script, puts them in), and its ES modules cannot be
 * imported by Node. An op that is missing here says so: "gradient function not found for …".
 */
import * as tf from '@tensorflow/tfjs-core';

/** Registers the gradients, once. tf.ts does. */
export function registerTapeGradients(): void {
  for (const gradient of gradients) {
    if (tf.getGradient(gradient.kernelName) === undefined) tf.registerGradient(gradient);
  }
}

const gradients: readonly tf.GradConfig[] = [
  ofOne(tf.Identity, (dy) => dy),
  ofOne(tf.Cast, (dy) => dy),
  ofOne(tf.Neg, (dy) => tf.neg(dy)),
  ofOne(tf.Square, (dy, x) => tf.mul(dy, tf.mul(x, 2))),
  ofOne(tf.Sqrt, (dy, x) => tf.div(dy, tf.mul(tf.sqrt(x), 2))),
  ofOne(tf.Exp, (dy, x) => tf.mul(dy, tf.exp(x))),
  ofOne(tf.Log, (dy, x) => tf.div(dy, x)),
  ofOne(tf.Relu, (dy, x) => tf.mul(dy, tf.cast(tf.greater(x, 0), 'float32'))),
  ofOne(tf.Reshape, (dy, x) => tf.reshape(dy, x.shape)),
  ofOne(tf.ExpandDims, (dy, x) => tf.reshape(dy, x.shape)),
  ofOne(tf.ClipByValue, (dy, x, attrs) => {
    const { clipValueMin, clipValueMax } = attrs as unknown as tf.ClipByValueAttrs;
    const inside = tf.logicalAnd(tf.greaterEqual(x, clipValueMin), tf.lessEqual(x, clipValueMax));
    return tf.mul(dy, tf.cast(inside, 'float32'));
  }),
  ofOne(tf.Transpose, (dy, _, attrs) => {
    const { perm } = attrs as unknown as tf.TransposeAttrs;
    return tf.transpose(dy, tf.backend_util.getUndoAxesPermutation(perm));
  }),
  ofOne(tf.Slice, (dy, x, attrs) => {
    const { begin, size } = attrs as unknown as tf.SliceAttrs;
    const [first, extent] = tf.slice_util.parseSliceParams(x, begin, size);
    const paddings = x.shape.map((whole, i): [number, number] => [first[i], whole - first[i] - extent[i]]);
    return tf.pad(dy, paddings);
  }),
  ofOne(tf.Sum, (dy, x, attrs) => spread(dy, x, (attrs as unknown as tf.SumAttrs).axis)),
  ofOne(tf.Mean, (dy, x, attrs) => {
    const share = dy.size / x.size;
    return spread(tf.mul(dy, share), x, (attrs as unknown as tf.MeanAttrs).axis);
  }),

  ofTwo(
    tf.Add,
    (dy) => dy,
    (dy) => dy,
  ),
  ofTwo(
    tf.Sub,
    (dy) => dy,
    (dy) => tf.neg(dy),
  ),
  ofTwo(
    tf.Multiply,
    (dy, _, b) => tf.mul(dy, b),
    (dy, a) => tf.mul(dy, a),
  ),
  ofTwo(
    tf.RealDiv,
    (dy, _, b) => tf.div(dy, b),
    (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), tf.square(b))),
  ),

  {
    kernelName: tf.BatchMatMul,
    inputsToSave: ['a', 'b'],
    gradFunc(dy, [a, b], attrs) {
      const { transposeA, transposeB } = attrs as unknown as tf.BatchMatMulAttrs;
      const g = dy as tf.Tensor;
      return {
        a: () => (transposeA ? tf.matMul(b, g, transposeB, true) : tf.matMul(g, b, false, !transposeB)),
        b: () => (transposeB ? tf.matMul(g, a, true, transposeA) : tf.matMul(a, g, !transposeA, false)),
      };
    },
  },
  {
    kernelName: tf.Conv2D,
    inputsToSave: ['x', 'filter'],
    gradFunc(dy, [x, filter], attrs) {
      const { strides, pad, dataFormat, dimRoundingMode } = attrs as unknown as tf.Conv2DAttrs;
      const common = { strides, pad, dataFormat, dimRoundingMode } as unknown as tf.NamedAttrMap;
      const g = dy as tf.Tensor;
      return {
        x: () => run(tf.Conv2DBackpropInput, { dy: g, filter: filter }, { ...common, inputShape: x.shape }),
        filter: () => run(tf.Conv2DBackpropFilter, { x: x, dy: g }, { ...common, filterShape: filter.shape }),
      };
    },
  },
  {
    kernelName: tf.MaxPool,
    inputsToSave: ['x'],
    outputsToSave: [true],
    gradFunc(dy, [input, output], attrs) {
      const inputs = { dy: dy as tf.Tensor, input: input, output: output };
      return { x: () => run(tf.MaxPoolGrad, inputs, attrs) };
    },
  },
  {
    kernelName: tf.Concat,
    saveAllInputs: true,
    gradFunc(dy, inputs, attrs) {
      const axis = tf.util.parseAxisParam((attrs as unknown as tf.ConcatAttrs).axis, inputs[0].shape)[0];
      const parts = tf.split(
        dy as tf.Tensor,
        inputs.map((input) => input.shape[axis]),
        axis,
      );
      return Object.fromEntries(parts.map((part, i) => [i, () => part]));
    },
  },
  {
    kernelName: tf.SplitV,
    gradFunc(dy, _, attrs) {
      return { x: () => tf.concat(dy as tf.Tensor[], (attrs as unknown as tf.SplitVAttrs).axis) };
    },
  },
];

function ofOne(
  kernelName: string,
  gradient: (dy: tf.Tensor, x: tf.Tensor, attrs: tf.NamedAttrMap) => tf.Tensor,
): tf.GradConfig {
  const input = kernelName === tf.ExpandDims ? 'input' : 'x';
  return {
    kernelName,
    inputsToSave: [input],
    gradFunc: (dy, [x], attrs) => ({ [input]: () => gradient(dy as tf.Tensor, x, attrs) }),
  };
}

/** Of two inputs that broadcast against each other. */
function ofTwo(
  kernelName: string,
  ofA: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  ofB: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
): tf.GradConfig {
  return {
    kernelName,
    inputsToSave: ['a', 'b'],
    gradFunc(dy, [a, b]) {
      return {
        a: () => gathered(ofA(dy as tf.Tensor, a, b), a),
        b: () => gathered(ofB(dy as tf.Tensor, a, b), b),
      };
    },
  };
}

/** Sums what broadcasting had repeated. */
function gathered(gradient: tf.Tensor, input: tf.Tensor): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(input.shape, gradient.shape);
  return tf.reshape(axes.length > 0 ? tf.sum(gradient, axes) : gradient, input.shape);
}

/** Repeats what a reduction over `axis` had summed. */
function spread(dy: tf.Tensor, x: tf.Tensor, axis: number | number[]): tf.Tensor {
  const axes = tf.util.parseAxisParam(axis, x.shape);
  const shape = dy.size === 1 ? [] : x.shape.map((size, i) => (axes.includes(i) ? 1 : size));
  return tf.mul(tf.ones(x.shape), tf.reshape(dy, shape));
}

function run(name: string, inputs: Record<string, tf.Tensor>, attrs: tf.NamedAttrMap): tf.Tensor {
  return tf.engine().runKernel(name, inputs, attrs);
}
