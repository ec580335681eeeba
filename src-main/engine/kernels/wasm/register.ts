/**
 * Makes the wasm backend tfjs' own: every plain CPU kernel under its name, our threaded ones in place of the hot ones.
 * A plain kernel may hand out windows on its input (a slice does); those are given arrays of their own.
 */
import { tf } from '#engine/tf.ts';
import { WASM_BACKEND, WasmBackend, wasmBackend, type WasmOptions } from './backend.ts';
import { convolutionKernels } from './convolution.ts';
import { elementwiseKernels } from './elementwise.ts';
import { matmulKernels } from './matmul.ts';
import { registerRolloutKernels, rolloutKernels } from './rollout.ts';
import type { KernelRuntime } from './runtime.ts';

/** Registers the backend over `runtime` and selects it; the runtime is disposed of with tf.removeBackend('wasm'). */
export async function useWasmBackend(runtime: KernelRuntime, options?: WasmOptions): Promise<WasmBackend> {
  const backend = new WasmBackend(runtime, options);
  if (tf.findBackend(WASM_BACKEND)) tf.removeBackend(WASM_BACKEND);
  tf.registerBackend(WASM_BACKEND, () => backend);
  if (tf.getKernel(Object.keys(rolloutKernels)[0], WASM_BACKEND) === undefined) registerKernels();
  await tf.setBackend(WASM_BACKEND);
  return backend;
}

function registerKernels(): void {
  const replacements = { ...matmulKernels, ...convolutionKernels, ...elementwiseKernels };
  for (const { kernelName, kernelFunc } of tf.getKernelsForBackend('cpu')) {
    if (kernelName in rolloutKernels) continue;
    const plain = detached(kernelFunc);
    const replacement = replacements[kernelName];
    tf.registerKernel({
      kernelName,
      backendName: WASM_BACKEND,
      kernelFunc: replacement ? replacement(plain) : plain,
    });
  }
  registerRolloutKernels();
}

function detached(kernel: tf.KernelFunc): tf.KernelFunc {
  return (call) => {
    const result = kernel(call);
    const backend = wasmBackend(call.backend);
    for (const info of Array.isArray(result) ? result : [result]) backend.detach(info);
    return result;
  };
}
