/**
 * tf.customGrad with types: an operation that brings its own gradient. What `save` is given survives until the
 * gradient is done, and is not kept at all when none is being recorded.
 */
import { tf } from '#engine/tf.ts';

export interface Differentiated<T extends tf.Tensor> {
  readonly value: T;
  /** The gradient for each of the inputs, in their order. */
  readonly gradFunc: (dy: T, saved: tf.Tensor[]) => tf.Tensor[];
}

/** Runs `forward`, differentiable in `inputs`; tensors that it makes and neither returns, saves nor keeps are freed. */
export function differentiable<T extends tf.Tensor>(
  inputs: readonly tf.Tensor[],
  forward: (save: tf.GradSaveFunc) => Differentiated<T>,
): T {
  return tf.customGrad<T>((...args) => forward(args[inputs.length] as tf.GradSaveFunc))(...inputs);
}

/** Whether an enclosing tf.grads or tf.variableGrads records what is computed now. */
export function isRecording(): boolean {
  return tf.engine().state.gradientDepth > 0;
}
