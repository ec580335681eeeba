/** The kernels of our own for tfjs-node-gpu's backend, in TensorFlow's operations. */
import { BIAS_GRADIENT, RELU_MASK } from '#engine/network/layers.ts';
import { ADAM_UPDATE } from '#engine/training/adam.ts';
import { SUM_OF_SQUARES } from '#engine/training/gradients.ts';
import { tf } from '#engine/tf.ts';
import { adamUpdate } from './adam.ts';
import { inputOf, nativeBackend, nativeOps, type KernelCall, type NativeOps } from './native.ts';
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
  [ADAM_UPDATE]: adamUpdate,
  [RELU_MASK]: (call) => opsOf(call).reluGradient(inputOf(call, 'dy'), inputOf(call, 'y')),
  [BIAS_GRADIENT]: (call) => opsOf(call).biasGradient(inputOf(call, 'dy')),
  [SUM_OF_SQUARES]: (call) => tf.tidy(() => tf.mul(opsOf(call).l2Loss(inputOf(call, 'x')), 2)),
};

function opsOf({ backend }: KernelCall): NativeOps {
  return nativeOps(nativeBackend(backend));
}
