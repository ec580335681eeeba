/**
 * tfjs's gradients, with nothing left behind where they break off, e.g. for want of memory: what the forward pass saved
 * for the backward one is kept from every tidy, and tfjs itself forgets it then without freeing it.
 */
import { tf } from './tf.ts';

/** The value of `f` and its gradient by each variable; whoever calls disposes of all. */
export function gradientsOf(
  f: () => tf.Tensor,
  variables: readonly tf.Variable[],
): { readonly value: tf.Tensor; readonly grads: tf.Tensor[] } {
  const engine = tf.engine();
  try {
    return engine.gradients(f, [...variables]);
  } catch (failure) {
    for (const { saved } of engine.state.activeTape ?? []) tf.dispose(saved);
    engine.state.activeTape = [];
    throw failure;
  }
}
