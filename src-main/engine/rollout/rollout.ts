/**
 * The rollout as one operation with a gradient, on whatever tfjs backend is active: the backend's own kernels where
 * it registered them (see kernel-names.ts), else the one composed of tfjs ops. Samples are independent, so the loss
 * and its gradient are computed together, going forward; backward only scales them.
 */
import { featureCount, type Automaton, type Draw } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import type { LossKind } from '#domain/model-spec.ts';
import { MathBackendCPU, tf } from '#engine/tf.ts';
import { composedRollout, type ComposedMemory } from './composed.ts';
import { differentiable, isRecording } from './differentiable.ts';
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
} from './kernel-names.ts';
import { sampleLoss } from './sample-loss.ts';

/** R = B, a rule a sample, or R = 1, one rule shared by the batch. */
export interface RuleTensors {
  /** [R, K, d] */
  readonly w0: tf.Tensor3D;
  /** [R, d] */
  readonly b0: tf.Tensor2D;
  /** [R, d, C] */
  readonly w1: tf.Tensor3D;
}

/**
 * Held cells: after each step, once its living mask is applied, the first V channels of every held cell become the values
 * given. What the other channels of such a cell do, and whether it lives in the next step, follows from that. The state
 * that a rollout begins with is the caller's. No gradient goes to the values, nor through what was replaced by them.
 */
export interface Hold {
  /** [B or 1, H, W]; a cell is held where it is not 0. */
  readonly mask: tf.Tensor3D;
  /** [B or 1, H, W, V]: the first V channels, e.g. the four visible ones, or all. */
  readonly values: tf.Tensor4D;
}

/** `auto`: the active backend's kernels, or composed where it has none. */
export type RolloutImplementation = 'auto' | 'composed';

export interface RolloutOptions {
  readonly steps: number;
  readonly draw: Draw;
  readonly implementation?: RolloutImplementation;
  /** Of the composed rollout: checkpoints for the gradient at √T of the steps (default), or at every one. */
  readonly memory?: ComposedMemory;
  readonly hold?: Hold | null;
}

/** Factors on the samples' rule gradients, from the squares of their norms [B] (see training/gradients.ts). */
export interface SampleBalance {
  factors(squaredNorms: Float64Array): Float32Array;
  /** The same in tfjs ops, for a backend whose values cannot be had at once: [B] → [B]. */
  factorTensor(squaredNorms: tf.Tensor1D): tf.Tensor1D;
}

export interface RolloutLossOptions extends RolloutOptions {
  readonly loss: LossKind;
  /** [B, H, W]: factor on each pixel's loss; the mean is still over H·W·4. */
  readonly pixelWeight?: tf.Tensor3D;
  /** Whether the loss shall be differentiable in x0 too; default false, which is cheaper. */
  readonly needsStateGradient?: boolean;
  /** Needs a rule a sample, and kernels that give each sample's gradient. */
  readonly balance?: SampleBalance;
}

export interface RolloutStatesOptions extends RolloutOptions {
  /** Steps between two states; the first and the last state are always handed on. */
  readonly every: number;
  /** `step` counts from draw.firstStep, state is [B, H, W, C]. Throw to stop. */
  readonly onState: (step: number, state: Float32Array) => void | Promise<void>;
}

/**
 * x0 [B, H, W, C] → the state after `steps`, [B, H, W, C]; differentiable in x0, w0, b0 and w1.
 * @throws AppError mismatch if the shapes are not those of the automaton.
 */
export function rollout(
  x0: tf.Tensor4D,
  rule: RuleTensors,
  automaton: Automaton,
  options: RolloutOptions,
): tf.Tensor4D {
  checkTask(x0, rule, automaton, options.steps);
  const { steps, draw, hold = null } = options;
  checkHold(x0, hold);
  if (steps === 0) return tf.clone(x0);
  const [forward, gradient] =
    hold === null ? [ROLLOUT, ROLLOUT_GRADIENT] : [ROLLOUT_MIX, ROLLOUT_HELD_GRADIENT];
  const isThere = (name: string): boolean => hasKernel(name, options);
  if (!isThere(forward) || (isRecording() && !isThere(gradient)))
    return composedRollout(x0, rule, automaton, options);
  const { w0, b0, w1 } = rule;
  const plain: RolloutAttributes = { automaton, steps, draw };
  const attributes: RolloutAttributes | RolloutMixAttributes =
    hold === null ? plain : { ...plain, rules: 1, pattern: [0] };
  const inputs = heldInputs(hold);
  return differentiable([x0, w0, b0, w1], (save) => {
    const state = runKernel(forward, { x0, w0, b0, w1, ...inputs }, attributes) as tf.Tensor4D;
    save([x0, w0, b0, w1, ...Object.values(inputs)]);
    return {
      value: state,
      gradFunc: (dy, [x0, w0, b0, w1, ...held]) => {
        const again = Object.fromEntries(Object.keys(inputs).map((name, i) => [name, held[i]]));
        return runKernel(gradient, { x0, w0, b0, w1, dy, ...again }, plain) as tf.Tensor[];
      },
    };
  });
}

/** Several rules, one a step in turns (fusion): rules[s mod n] at step s, counted from the seed. Not differentiable. */
export function rolloutTurns(
  x0: tf.Tensor4D,
  rules: readonly RuleTensors[],
  automaton: Automaton,
  options: RolloutOptions,
): tf.Tensor4D {
  if (rules.length === 0) {
    throw new AppError('bad-argument', 'A rollout in turns needs at least one rule, found none; name one.');
  }
  if (rules.length === 1) return rollout(x0, rules[0], automaton, options);
  let state = tf.clone(x0);
  for (let t = 0; t < options.steps; t++) {
    const step = options.draw.firstStep + t;
    const next = rollout(state, rules[step % rules.length], automaton, {
      ...options,
      steps: 1,
      draw: { ...options.draw, firstStep: step },
    });
    state.dispose();
    state = next;
  }
  return state;
}

/** Hands on every `every`-th state of a rollout (in turns, if there are several rules), for animations. */
export async function rolloutStates(
  x0: tf.Tensor4D,
  rules: RuleTensors | readonly RuleTensors[],
  automaton: Automaton,
  options: RolloutStatesOptions,
): Promise<void> {
  const { every, onState, steps, draw, ...rest } = options;
  if (!Number.isInteger(every) || every < 1) {
    throw new AppError('bad-argument', `States come every 1 or more steps, found ${every}; give an integer.`);
  }
  const turns = 'w0' in rules ? [rules] : rules;
  const end = draw.firstStep + steps;
  let state = tf.clone(x0);
  try {
    for (let step = draw.firstStep; ;) {
      await onState(step, (await state.data()) as Float32Array);
      if (step >= end) return;
      const chunk = Math.min(every, end - step);
      const next = rolloutTurns(state, turns, automaton, {
        ...rest,
        steps: chunk,
        draw: { ...draw, firstStep: step },
      });
      state.dispose();
      state = next;
      step += chunk;
    }
  } finally {
    state.dispose();
  }
}

/**
 * Rollout and loss in one: each sample's loss [B] (see sample-loss.ts), differentiable in the rule, and in x0 if
 * `needsStateGradient`; `state` is the final state, kept and not differentiable. The caller disposes of both.
 * @throws AppError mismatch if the shapes are not those of the automaton.
 */
export function rolloutLoss(
  x0: tf.Tensor4D,
  rule: RuleTensors,
  target: tf.Tensor4D,
  automaton: Automaton,
  options: RolloutLossOptions,
): { loss: tf.Tensor1D; state: tf.Tensor4D } {
  const { steps, draw, loss: kind, pixelWeight, needsStateGradient = false, hold = null } = options;
  checkTask(x0, rule, automaton, steps);
  checkHold(x0, hold);
  const [B, H, W] = x0.shape;
  checkShape('target', target, [B, H, W, 4]);
  if (pixelWeight !== undefined) checkShape('pixelWeight', pixelWeight, [B, H, W]);
  const { balance } = options;
  const kernel = hold === null ? ROLLOUT_LOSS : ROLLOUT_HELD_LOSS;
  if (!hasKernel(kernel, options)) {
    if (balance === undefined) return composedLoss(x0, rule, target, automaton, options);
    throw new AppError(
      'unsupported',
      'The composed rollout cannot balance the gradients of samples; switch balancing off.',
    );
  }

  const { w0, b0, w1 } = rule;
  const attributes: RolloutLossAttributes = { automaton, steps, draw, loss: kind, needsStateGradient };
  const inputs: tf.Tensor[] = needsStateGradient ? [w0, b0, w1, x0] : [w0, b0, w1];
  let state: tf.Tensor4D | undefined;
  const loss = differentiable<tf.Tensor1D>(inputs, (save) => {
    const weight = pixelWeight === undefined ? {} : { pixelWeight };
    const [value, final, dx0, ...ofRule] = runKernel(
      kernel,
      { x0, w0, b0, w1, target, ...weight, ...heldInputs(hold) },
      attributes,
    ) as tf.Tensor[];
    state = tf.keep(final as tf.Tensor4D);
    save(needsStateGradient ? [...ofRule, dx0] : ofRule);
    return {
      value: value as tf.Tensor1D,
      gradFunc: (dy, perSample) => {
        const isBalanced = balance !== undefined && rule.w0.shape[0] === B;
        const scale = isBalanced ? tf.mul<tf.Tensor1D>(dy, factorsOf(perSample.slice(0, 3), balance)) : dy;
        return perSample.map((gradient, i) => scaleSamples(gradient, i < 3 ? scale : dy, inputs[i]));
      },
    };
  });
  return { loss, state: state! };
}

function composedLoss(
  x0: tf.Tensor4D,
  rule: RuleTensors,
  target: tf.Tensor4D,
  automaton: Automaton,
  options: RolloutLossOptions,
): { loss: tf.Tensor1D; state: tf.Tensor4D } {
  let kept: tf.Tensor4D | undefined;
  const loss = tf.tidy(() => {
    const state = rollout(x0, rule, automaton, { ...options, implementation: 'composed' });
    kept = tf.keep(tf.clone(state));
    return sampleLoss(state, target, options.loss, options.pixelWeight);
  });
  return { loss, state: kept! };
}

/**
 * Each sample's gradient [B, …] times dy[b], summed over the batch where the input is shared. A matrix product,
 * because broadcasting a column over millions of values is slow in tfjs' plain kernels.
 */
function scaleSamples(gradient: tf.Tensor, dy: tf.Tensor1D, input: tf.Tensor): tf.Tensor {
  const B = dy.shape[0];
  const size = gradient.size / B;
  const scaled =
    input.shape[0] === B
      ? tf.matMul(tf.reshape(dy, [B, 1, 1]), tf.reshape(gradient, [B, 1, size]))
      : tf.matMul(tf.reshape(dy, [1, B]), tf.reshape(gradient, [B, size]));
  return tf.reshape(scaled, input.shape);
}

/** Each sample's factor [B], from its gradient: several [B, …] tensors. */
function factorsOf(gradients: readonly tf.Tensor[], balance: SampleBalance): tf.Tensor1D {
  const B = gradients[0].shape[0];
  if (tf.backend() instanceof MathBackendCPU) {
    return tf.tensor1d(balance.factors(squaredNorms(gradients, B)));
  }
  const squares = gradients.map((gradient) => tf.sum(tf.square(tf.reshape(gradient, [B, -1])), 1));
  return balance.factorTensor(tf.addN(squares as tf.Tensor1D[]));
}

/** Σ over each sample's values of several [B, …] tensors. */
function squaredNorms(tensors: readonly tf.Tensor[], B: number): Float64Array {
  const sums = new Float64Array(B);
  for (const tensor of tensors) {
    const values = tensor.dataSync();
    const size = tensor.size / B;
    for (let b = 0; b < B; b++) {
      let sum = 0;
      for (let i = b * size; i < (b + 1) * size; i++) sum += values[i] * values[i];
      sums[b] += sum;
    }
  }
  return sums;
}

/** Whether the active backend computes it itself, and may. */
export function hasKernel(name: string, options: Pick<RolloutOptions, 'implementation'>): boolean {
  if (options.implementation === 'composed') return false;
  tf.backend();
  return tf.getKernel(name, tf.getBackend()) !== undefined;
}

export function runKernel(
  name: string,
  inputs: Record<string, tf.Tensor>,
  attributes: RolloutAttributes,
): tf.Tensor | tf.Tensor[] {
  return tf.engine().runKernel(name, inputs, attributes as unknown as tf.NamedAttrMap);
}

/** @param count of rules one after another in each tensor of `rule` */
export function checkTask(
  x0: tf.Tensor4D,
  rule: RuleTensors,
  automaton: Automaton,
  steps: number,
  count = 1,
): void {
  const { channels: C, hidden: d } = automaton;
  const K = featureCount(automaton);
  const [B, H, W] = x0.shape;
  const R = rule.w0.shape[0] === count ? count : B * count;
  checkShape('x0', x0, [B, H, W, C]);
  checkShape('w0', rule.w0, [R, K, d]);
  checkShape('b0', rule.b0, [R, d]);
  checkShape('w1', rule.w1, [R, d, C]);
  if (!Number.isInteger(steps) || steps < 0) {
    throw new AppError('bad-argument', `Steps are an integer of 0 or more, found ${steps}; correct it.`);
  }
}

/** @throws AppError mismatch */
export function checkHold(x0: tf.Tensor4D, hold: Hold | null | undefined): void {
  if (!hold) return;
  const [B, H, W, C] = x0.shape;
  const samples = hold.mask.shape[0] === 1 ? 1 : B;
  const V = Math.min(Math.max(1, hold.values.shape[3]), C);
  checkShape('the mask of held cells', hold.mask, [samples, H, W]);
  checkShape('the values of held cells', hold.values, [samples, H, W, V]);
}

/** What kernels are handed of it. */
export function heldInputs(hold: Hold | null): Record<string, tf.Tensor> {
  return hold === null ? {} : { holdMask: hold.mask, holdValues: hold.values };
}

export function checkShape(name: string, tensor: tf.Tensor, shape: readonly number[]): void {
  if (tensor.shape.length === shape.length && shape.every((size, i) => size === tensor.shape[i])) return;
  throw new AppError(
    'mismatch',
    `${name}: expected the shape [${shape.join(', ')}], found [${tensor.shape.join(', ')}]; ` +
      'use a rule and a state of the same automaton and batch.',
  );
}
