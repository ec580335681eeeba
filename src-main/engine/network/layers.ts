/**
 * The two kinds of layer with weights, each one fused kernel forward. tfjs takes a fused op apart when a gradient is
 * asked for and ReLU follows, and always computes the input's gradient; here the gradients are written out, on
 * tfjs' own kernels plus two plain ones: `ReluMask` (dy where y > 0) and `BiasGradient` (sum over all but the last axis).
 */
import {
  hasKernel,
  registerPlainKernel,
  runKernel,
  shapeOf,
  valuesOf,
} from '#engine/network/plain-kernels.ts';
import { tf } from '#engine/tf.ts';

export const RELU_MASK = 'ReluMask';
export const BIAS_GRADIENT = 'BiasGradient';

export type Activation = 'linear' | 'relu';

export interface ConvolutionShape {
  readonly stride: 1 | 2;
  readonly padding: 'same' | 'valid';
  /** False for the first layer: nobody asks for the gradient of the images. */
  readonly inputGradient: boolean;
}

/** x [B, I] · kernel [I, O] + bias [O], then the activation; differentiable in all three. */
export function dense(
  x: tf.Tensor2D,
  kernel: tf.Tensor,
  bias: tf.Tensor,
  activation: Activation,
): tf.Tensor2D {
  const apply = tf.customGrad((...all: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [a, w, b, save] = all as [tf.Tensor2D, tf.Tensor2D, tf.Tensor1D, tf.GradSaveFunc];
    const [rows, inputs] = a.shape;
    const outputs = w.shape[1];
    const fused = runKernel(
      tf._FusedMatMul,
      { a: tf.reshape(a, [1, rows, inputs]), b: tf.reshape(w, [1, inputs, outputs]), bias: b },
      { transposeA: false, transposeB: false, activation },
    );
    const y = tf.reshape(fused, [rows, outputs]);
    save([a, w, y]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [input, weight, output] = saved as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
      return tf.tidy(() => {
        const masked = activation === 'relu' ? reluMask(dy, output) : dy;
        return [
          tf.matMul(masked, weight, false, true),
          tf.matMul(input, masked, true, false),
          biasGradient(masked),
        ];
      });
    };
    return { value: y, gradFunc };
  });
  return apply(x, kernel, bias) as tf.Tensor2D;
}

/** x [B, H, W, I] with filter [size, size, I, O] and bias [O], then ReLU; differentiable in filter, bias and, if asked, x. */
export function convolution(
  x: tf.Tensor4D,
  filter: tf.Tensor,
  bias: tf.Tensor,
  shape: ConvolutionShape,
): tf.Tensor4D {
  const { stride, padding: pad } = shape;
  const attrs = { strides: [stride, stride], pad, dataFormat: 'NHWC', dilations: [1, 1] };

  const forward = (a: tf.Tensor, w: tf.Tensor, b: tf.Tensor): tf.Tensor =>
    runKernel(tf.FusedConv2D, { x: a, filter: w, bias: b }, { ...attrs, activation: 'relu' });
  const weightGradients = (masked: tf.Tensor, a: tf.Tensor, w: tf.Tensor): tf.Tensor[] => [
    runKernel(tf.Conv2DBackpropFilter, { x: a, dy: masked }, { ...attrs, filterShape: w.shape }),
    biasGradient(masked),
  ];

  if (!shape.inputGradient) {
    const apply = tf.customGrad((...all: (tf.Tensor | tf.GradSaveFunc)[]) => {
      const [w, b, save] = all as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
      const y = forward(x, w, b);
      save([x, w, y]);
      const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] =>
        tf.tidy(() => weightGradients(reluMask(dy, saved[2]), saved[0], saved[1]));
      return { value: y, gradFunc };
    });
    return apply(filter, bias) as tf.Tensor4D;
  }
  const apply = tf.customGrad((...all: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const [a, w, b, save] = all as [tf.Tensor, tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    const y = forward(a, w, b);
    save([a, w, y]);
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
      const [input, weight, output] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
      return tf.tidy(() => {
        const masked = reluMask(dy, output);
        const dx = runKernel(
          tf.Conv2DBackpropInput,
          { dy: masked, filter: weight },
          { ...attrs, inputShape: input.shape },
        );
        return [dx, ...weightGradients(masked, input, weight)];
      });
    };
    return { value: y, gradFunc };
  });
  return apply(x, filter, bias) as tf.Tensor4D;
}

/** dy where y > 0, else 0. */
function reluMask(dy: tf.Tensor, y: tf.Tensor): tf.Tensor {
  return hasKernel(RELU_MASK) ? runKernel(RELU_MASK, { dy, y }) : tf.mul(dy, tf.step(y));
}

/** Sum of dy over all axes but the last. */
function biasGradient(dy: tf.Tensor): tf.Tensor {
  if (hasKernel(BIAS_GRADIENT)) return runKernel(BIAS_GRADIENT, { dy });
  return tf.sum(tf.reshape(dy, [-1, dy.shape[dy.rank - 1]]), 0);
}

registerPlainKernel(RELU_MASK, (call) => {
  const dy = valuesOf(call, 'dy');
  const y = valuesOf(call, 'y');
  const out = new Float32Array(dy.length);
  for (let i = 0; i < out.length; i++) if (y[i] > 0) out[i] = dy[i];
  return call.backend.makeTensorInfo([...shapeOf(call, 'dy')], 'float32', out);
});

registerPlainKernel(BIAS_GRADIENT, (call) => {
  const dy = valuesOf(call, 'dy');
  const columns = shapeOf(call, 'dy').slice(-1)[0];
  const sums = new Float64Array(columns);
  for (let row = 0; row < dy.length; row += columns) {
    for (let c = 0; c < columns; c++) sums[c] += dy[row + c];
  }
  return call.backend.makeTensorInfo([columns], 'float32', Float32Array.from(sums));
});
