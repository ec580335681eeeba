/** The rollout's tfjs kernels on the wasm backend; what they compute is told in engine/rollout/kernel-names.ts. */
import {
  ROLLOUT,
  ROLLOUT_GRADIENT,
  ROLLOUT_HELD_GRADIENT,
  ROLLOUT_HELD_LOSS,
  ROLLOUT_LOSS,
  ROLLOUT_MIX,
} from '#engine/rollout/kernel-names.ts';
import type {
  RolloutAttributes,
  RolloutLossAttributes,
  RolloutMixAttributes,
} from '#engine/rollout/kernel-names.ts';
import { tf } from '#engine/tf.ts';
import { WASM_BACKEND, wasmBackend, type WasmBackend } from './backend.ts';
import { runRollout, type RolloutJob } from './rollout-job.ts';

type Inputs = tf.NamedTensorInfoMap;

export const rolloutKernels: Readonly<Record<string, tf.KernelFunc>> = {
  [ROLLOUT]({ inputs, backend, attrs }) {
    const wasm = wasmBackend(backend);
    const state = wasm.output(inputs['x0']!.shape);
    runRollout(wasm.runtime, { ...jobOf(wasm, inputs, attrs), state: state.address });
    return state;
  },

  [ROLLOUT_MIX]({ inputs, backend, attrs }) {
    const wasm = wasmBackend(backend);
    const { rules, pattern } = attrs as unknown as RolloutMixAttributes;
    const { limits } = inputs;
    const state = wasm.output(inputs['x0']!.shape);
    const mix = { pattern, limits: limits === undefined ? 0 : wasm.address(limits) };
    runRollout(wasm.runtime, { ...jobOf(wasm, inputs, attrs), turns: rules, mix, state: state.address });
    return state;
  },

  [ROLLOUT_GRADIENT]: gradientKernel,
  [ROLLOUT_HELD_GRADIENT]: gradientKernel,
  [ROLLOUT_LOSS]: lossKernel,
  [ROLLOUT_HELD_LOSS]: lossKernel,
};

export function registerRolloutKernels(): void {
  for (const [kernelName, kernelFunc] of Object.entries(rolloutKernels)) {
    tf.registerKernel({ kernelName, backendName: WASM_BACKEND, kernelFunc });
  }
}

type Call = Parameters<tf.KernelFunc>[0];

function gradientKernel({ inputs, backend, attrs }: Call): tf.TensorInfo[] {
  const wasm = wasmBackend(backend);
  const { x0, w0, b0, w1, dy } = inputs;
  const state = wasm.output(x0!.shape);
  const dx0 = wasm.output(x0!.shape);
  const ofRule = ruleOutputs(wasm, inputs);
  runRollout(wasm.runtime, {
    ...jobOf(wasm, inputs, attrs),
    mode: 'given',
    dy: wasm.address(dy!),
    state: state.address,
    dx0: dx0.address,
    ...addresses(ofRule),
  });
  wasm.disposeIntermediateTensorInfo(state);
  const B = x0!.shape[0];
  return [dx0, ...[w0!, b0!, w1!].map((input, i) => sumOverBatch(wasm, ofRule[i], input, B))];
}

function lossKernel({ inputs, backend, attrs }: Call): tf.TensorInfo[] {
  const wasm = wasmBackend(backend);
  const { x0, target, pixelWeight } = inputs;
  const { loss, needsStateGradient } = attrs as unknown as RolloutLossAttributes;
  const value = wasm.output([x0!.shape[0]]);
  const state = wasm.output(x0!.shape);
  const dx0 = wasm.output(needsStateGradient ? x0!.shape : [0]);
  const ofRule = ruleOutputs(wasm, inputs);
  runRollout(wasm.runtime, {
    ...jobOf(wasm, inputs, attrs),
    mode: loss,
    target: wasm.address(target!),
    weight: pixelWeight ? wasm.address(pixelWeight) : 0,
    state: state.address,
    loss: value.address,
    dx0: needsStateGradient ? dx0.address : 0,
    ...addresses(ofRule),
  });
  return [value, state, dx0, ...ofRule];
}

type Output = tf.TensorInfo & { address: number };

function jobOf(wasm: WasmBackend, inputs: Inputs, attrs: tf.NamedAttrMap | undefined): RolloutJob {
  const { automaton, steps, draw } = attrs as unknown as RolloutAttributes;
  const { x0, w0, b0, w1, holdMask, holdValues } = inputs;
  const [batch, height, width] = x0!.shape as [number, number, number, number];
  return {
    automaton,
    grid: { height, width },
    batch,
    steps,
    draw,
    mode: 'forward',
    rules: w0!.shape[0],
    turns: 1,
    hold:
      holdMask === undefined || holdValues === undefined
        ? null
        : {
            mask: wasm.address(holdMask),
            values: wasm.address(holdValues),
            samples: holdMask.shape[0],
            channels: holdValues.shape[3],
          },
    sharedStart: false,
    x0: wasm.address(x0!),
    w0: wasm.address(w0!),
    b0: wasm.address(b0!),
    w1: wasm.address(w1!),
    target: 0,
    weight: 0,
    dy: 0,
    state: 0,
    loss: 0,
    dx0: 0,
    dw0: 0,
    db0: 0,
    dw1: 0,
    keepBytes: wasm.options.keepBytes,
  };
}

/** Gradients of the rule, apart for every sample. */
function ruleOutputs(wasm: WasmBackend, inputs: Inputs): [Output, Output, Output] {
  const B = inputs['x0']!.shape[0];
  const like = (name: string) => wasm.output([B, ...inputs[name]!.shape.slice(1)]);
  return [like('w0'), like('b0'), like('w1')];
}

function addresses([dw0, db0, dw1]: readonly [Output, Output, Output]): {
  dw0: number;
  db0: number;
  dw1: number;
} {
  return { dw0: dw0.address, db0: db0.address, dw1: dw1.address };
}

/** A shared rule's gradient is the sum over the samples, taken in their order so that threads do not change it. */
function sumOverBatch(wasm: WasmBackend, gradient: Output, input: tf.TensorInfo, B: number): tf.TensorInfo {
  if (input.shape[0] === B) return gradient;
  const { heap } = wasm.runtime;
  const sum = wasm.output(input.shape);
  const size = input.shape.reduce((a, b) => a * b, 1);
  const total = heap.floats(sum.address, size);
  const all = heap.floats(gradient.address, size * B);
  total.set(all.subarray(0, size));
  for (let b = 1; b < B; b++) for (let i = 0; i < size; i++) total[i] += all[b * size + i];
  wasm.disposeIntermediateTensorInfo(gradient);
  return sum;
}
