/** The reference loops as tfjs kernels of the plain `cpu` backend, whose tensors are typed arrays at hand. */
import { MathBackendCPU, tf } from '#engine/tf.ts';
import {
  ROLLOUT,
  ROLLOUT_GRADIENT,
  ROLLOUT_HELD_GRADIENT,
  ROLLOUT_HELD_LOSS,
  ROLLOUT_LOSS,
  ROLLOUT_MIX,
  type RolloutAttributes,
  type RolloutLossAttributes,
  type RolloutMixAttributes,
} from '#engine/rollout/kernel-names.ts';
import {
  referenceGradient,
  referenceLoss,
  referenceRollout,
  type ReferenceHold,
  type ReferenceTask,
  type Values,
} from './rollout.ts';

/** Registers the rollout's kernels for `cpu`, or for another backend that is a MathBackendCPU. Once is enough. */
export function registerReferenceKernels(backendName = 'cpu'): void {
  for (const [kernelName, kernelFunc] of Object.entries(kernels)) {
    if (tf.getKernel(kernelName, backendName) === undefined) {
      tf.registerKernel({ kernelName, backendName, kernelFunc });
    }
  }
}

const kernels: Readonly<Record<string, tf.KernelFunc>> = {
  [ROLLOUT](call) {
    const x0 = inputOf(call, 'x0');
    return output(call, referenceRollout(taskOf(call)), x0.shape);
  },

  [ROLLOUT_MIX](call) {
    const { rules, pattern } = call.attrs as unknown as RolloutMixAttributes;
    const limits = call.inputs['limits'] === undefined ? null : valuesOf(call, 'limits');
    const state = referenceRollout(taskOf(call), { rules, pattern, limits });
    return output(call, state, inputOf(call, 'x0').shape);
  },

  [ROLLOUT_GRADIENT]: gradientKernel,
  [ROLLOUT_HELD_GRADIENT]: gradientKernel,
  [ROLLOUT_LOSS]: lossKernel,
  [ROLLOUT_HELD_LOSS]: lossKernel,
};

type Call = Parameters<tf.KernelFunc>[0];

function gradientKernel(call: Call): tf.TensorInfo[] {
  const gradients = referenceGradient(taskOf(call), valuesOf(call, 'dy'));
  return [
    output(call, gradients.dx0, inputOf(call, 'x0').shape),
    output(call, gradients.dw0, inputOf(call, 'w0').shape),
    output(call, gradients.db0, inputOf(call, 'b0').shape),
    output(call, gradients.dw1, inputOf(call, 'w1').shape),
  ];
}

function lossKernel(call: Call): tf.TensorInfo[] {
  const { loss, needsStateGradient } = call.attrs as unknown as RolloutLossAttributes;
  const result = referenceLoss(taskOf(call), {
    target: valuesOf(call, 'target'),
    pixelWeight: call.inputs.pixelWeight === undefined ? null : valuesOf(call, 'pixelWeight'),
    loss,
  });
  const stateShape = inputOf(call, 'x0').shape;
  const perSample = (name: string): number[] => [stateShape[0], ...inputOf(call, name).shape.slice(1)];
  return [
    output(call, result.loss, [stateShape[0]]),
    output(call, result.state, stateShape),
    needsStateGradient ? output(call, result.dx0, stateShape) : output(call, new Float32Array(0), [0]),
    output(call, result.dw0, perSample('w0')),
    output(call, result.db0, perSample('b0')),
    output(call, result.dw1, perSample('w1')),
  ];
}

function taskOf(call: Call): ReferenceTask {
  const { automaton, steps, draw } = call.attrs as unknown as RolloutAttributes;
  const [batch, height, width] = inputOf(call, 'x0').shape;
  return {
    batch,
    grid: { height, width },
    automaton,
    steps,
    draw,
    ruleCount: inputOf(call, 'w0').shape[0],
    x0: valuesOf(call, 'x0'),
    w0: valuesOf(call, 'w0'),
    b0: valuesOf(call, 'b0'),
    w1: valuesOf(call, 'w1'),
    hold: holdOf(call),
  };
}

function holdOf(call: Call): ReferenceHold | null {
  if (call.inputs['holdMask'] === undefined) return null;
  const [samples, , , channels] = inputOf(call, 'holdValues').shape;
  return { samples, channels, mask: valuesOf(call, 'holdMask'), values: valuesOf(call, 'holdValues') };
}

function inputOf(call: Call, name: string): tf.TensorInfo {
  const input = call.inputs[name];
  if (input === undefined) throw new Error(`the rollout's kernel lacks its input ${name}`);
  return input;
}

function valuesOf(call: Call, name: string): Values {
  return plain(call).readSync(inputOf(call, name).dataId) as Float32Array;
}

function output(call: Call, values: Values, shape: number[]): tf.TensorInfo {
  return plain(call).makeTensorInfo(shape, 'float32', values as Float32Array);
}

function plain({ backend }: Call): MathBackendCPU {
  if (!(backend instanceof MathBackendCPU)) throw new Error('the reference kernels need a MathBackendCPU');
  return backend;
}
