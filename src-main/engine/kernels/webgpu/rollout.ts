/** The rollout's tfjs kernels on the WebGPU backend; what they compute is told in engine/rollout/kernel-names.ts. */
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
import type { tf } from '#engine/tf.ts';
import { gpuBackend, type GpuBackend } from './backend.ts';
import { runRollout } from './rollout-run.ts';
import type { RolloutTask } from './rollout-task.ts';

type Call = Parameters<tf.KernelFunc>[0];
type Inputs = tf.NamedTensorInfoMap;

export const rolloutKernels: Readonly<Record<string, tf.KernelFunc>> = {
  [ROLLOUT]: forwardKernel,
  [ROLLOUT_MIX]: forwardKernel,
  [ROLLOUT_GRADIENT]: gradientKernel,
  [ROLLOUT_HELD_GRADIENT]: gradientKernel,
  [ROLLOUT_LOSS]: lossKernel,
  [ROLLOUT_HELD_LOSS]: lossKernel,
};

function forwardKernel({ inputs, backend, attrs }: Call): tf.TensorInfo {
  const gpu = gpuBackend(backend);
  const task = taskOf(gpu, inputs, attrs);
  const state = gpu.output(inputs['x0']!.shape);
  gpu.submitCollected();
  runRollout(gpu.gpu, task, state.buffer, null);
  return state;
}

function gradientKernel({ inputs, backend, attrs }: Call): tf.TensorInfo[] {
  const gpu = gpuBackend(backend);
  const { x0, w0, b0, w1, dy } = inputs;
  const task = taskOf(gpu, inputs, attrs);
  const [dx0, dw0, db0, dw1] = [x0!, w0!, b0!, w1!].map(({ shape }) => gpu.output(shape));
  const from = { kind: 'given', dy: gpu.buffer(dy!) } as const;
  gpu.submitCollected();
  runRollout(gpu.gpu, task, null, {
    from,
    perSample: task.ruleCount === task.batch,
    dx0: dx0.buffer,
    dw0: dw0.buffer,
    db0: db0.buffer,
    dw1: dw1.buffer,
  });
  return [dx0, dw0, db0, dw1];
}

function lossKernel({ inputs, backend, attrs }: Call): tf.TensorInfo[] {
  const gpu = gpuBackend(backend);
  const { x0, w0, b0, w1, target, pixelWeight } = inputs;
  const { loss, needsStateGradient } = attrs as unknown as RolloutLossAttributes;
  const task = taskOf(gpu, inputs, attrs);
  const B = task.batch;
  const [dw0, db0, dw1] = [w0!, b0!, w1!].map(({ shape }) => gpu.output([B, ...shape.slice(1)]));
  const losses = gpu.output([B]);
  const state = gpu.output(x0!.shape);
  const dx0 = needsStateGradient ? gpu.output(x0!.shape) : null;
  const from = {
    ...{ kind: 'loss' as const, loss, losses: losses.buffer },
    target: gpu.buffer(target!),
    pixelWeight: pixelWeight === undefined ? null : gpu.buffer(pixelWeight),
  };
  gpu.submitCollected();
  runRollout(gpu.gpu, task, state.buffer, {
    from,
    perSample: true,
    dx0: dx0?.buffer ?? null,
    dw0: dw0.buffer,
    db0: db0.buffer,
    dw1: dw1.buffer,
  });
  const none = dx0 ?? gpu.makeTensorInfo([0], 'float32', new Float32Array(0));
  return [losses, state, none, dw0, db0, dw1];
}

function taskOf(gpu: GpuBackend, inputs: Inputs, attrs: tf.NamedAttrMap | undefined): RolloutTask {
  const { automaton, steps, draw } = attrs as unknown as RolloutAttributes;
  const { rules, pattern } = attrs as unknown as Partial<RolloutMixAttributes>;
  const { x0, w0, b0, w1, limits, holdMask, holdValues } = inputs;
  const [batch, height, width] = x0!.shape as [number, number, number, number];
  return {
    automaton,
    grid: { height, width },
    batch,
    steps,
    draw,
    ruleCount: w0!.shape[0],
    x0: gpu.buffer(x0!),
    w0: gpu.buffer(w0!),
    b0: gpu.buffer(b0!),
    w1: gpu.buffer(w1!),
    mix:
      rules === undefined || pattern === undefined
        ? null
        : { rules, pattern, limits: limits === undefined ? null : gpu.buffer(limits) },
    hold:
      holdMask === undefined || holdValues === undefined
        ? null
        : {
            channels: holdValues.shape[3],
            shared: holdMask.shape[0] === 1,
            mask: gpu.buffer(holdMask),
            values: gpu.buffer(holdValues),
          },
  };
}
