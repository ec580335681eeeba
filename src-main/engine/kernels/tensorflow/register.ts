/** The kernels of our own for tfjs-node-gpu's backend, in TensorFlow's operations. */
import { BIAS_GRADIENT, RELU_MASK } from '#engine/network/layers.ts';
import { SUM_OF_SQUARES } from '#engine/training/gradients.ts';
import { tf } from '#engine/tf.ts';
import { nativeBackend, nativeOps } from './native.ts';
import { rolloutKernels, setRolloutSettings, type RolloutSettings } from './rollout.ts';

export const TENSORFLOW_BACKEND = 'tensorflow';

const GIB = 2 ** 30;

/** Registers them, once, and says how `backend` rolls out. */
export function registerTensorflowKernels(backend: object, settings: Partial<RolloutSettings> = {}): void {
  const { isUsingGpuDevice } = nativeBackend(backend);
  setRolloutSettings(backend, { chooses: !isUsingGpuDevice, keepBytes: 2 * GIB, ...settings });
  for (const [kernelName, kernelFunc] of Object.entries({ ...rolloutKernels, ...networkKernels })) {
    if (tf.getKernel(kernelName, TENSORFLOW_BACKEND) === undefined) {
      tf.registerKernel({ kernelName, backendName: TENSORFLOW_BACKEND, kernelFunc });
    }
  }
}

const networkKernels: Readonly<Record<string, tf.KernelFunc>> = {
  [RELU_MASK]: ({ inputs, backend }) =>
    nativeOps(nativeBackend(backend)).reluGradient(inputs.dy as tf.Tensor, inputs.y as tf.Tensor),
  [BIAS_GRADIENT]: ({ inputs, backend }) => nativeOps(nativeBackend(backend)).biasGradient(inputs.dy!),
  [SUM_OF_SQUARES]: ({ inputs, backend }) =>
    tf.tidy(() => tf.mul(nativeOps(nativeBackend(backend)).l2Loss(inputs.x!), 2)),
};
