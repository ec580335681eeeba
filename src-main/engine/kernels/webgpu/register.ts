/**
 * Makes tfjs's WebGPU backend, over a device that the host hands in, the one that tfjs uses, with our kernels beside its
 * own. The host sees to it that `navigator.gpu` and the globals of WebGPU are there, for tfjs asks for them.
 */
import { tf } from '#engine/tf.ts';
import { adamKernels } from './adam.ts';
import { GpuBackend, WEBGPU_BACKEND } from './backend.ts';
import type { GpuHost } from './gpu.ts';
import { layerKernels } from './layers.ts';
import { rolloutKernels } from './rollout.ts';

/** Registers the backend over the host's device and selects it; tf.removeBackend('webgpu') ends it, but not the device. */
export async function useWebgpuBackend(host: GpuHost): Promise<GpuBackend> {
  const backend = new GpuBackend(host);
  // tfjs registers one of its own, with a device of its own, where it finds WebGPU when it is loaded.
  if (tf.findBackendFactory(WEBGPU_BACKEND)) tf.removeBackend(WEBGPU_BACKEND);
  tf.registerBackend(WEBGPU_BACKEND, () => backend, 0);
  const own = { ...rolloutKernels, ...adamKernels, ...layerKernels };
  for (const [kernelName, kernelFunc] of Object.entries(own)) {
    const known = tf.getKernel(kernelName, WEBGPU_BACKEND);
    if (known?.kernelFunc === kernelFunc) continue;
    if (known !== undefined) tf.unregisterKernel(kernelName, WEBGPU_BACKEND);
    tf.registerKernel({ kernelName, backendName: WEBGPU_BACKEND, kernelFunc });
  }
  await tf.setBackend(WEBGPU_BACKEND);
  return backend;
}
