/**
 * The rollout in tfjs ops, for any tfjs backend. Its gradient is written out step by step instead of left to the tape,
 * which would hold every intermediate of every step: only some states are kept on the way forward, and each step is
 * computed again on the way back. Random masks are hashed in plain code, so that all backends draw the same.
 */
import type { Automaton, Draw } from '#domain/automaton.ts';
import { firingCells, gradientFilters } from '#engine/kernels/reference/rollout.ts';
import { tf } from '#engine/tf.ts';
import { differentiable, isRecording } from './differentiable.ts';
import type { Hold, RuleTensors } from './rollout.ts';

/** States kept for the gradient: about √T, with a second forward pass between them; or all T, without. */
export type ComposedMemory = 'sqrt' | 'every';

export interface ComposedOptions {
  readonly steps: number;
  readonly draw: Draw;
  readonly memory?: ComposedMemory;
  readonly hold?: Hold | null;
}

/** x0 [B, H, W, C] → the state after `steps`; differentiable in x0, w0, b0 and w1. Shapes are the caller's care. */
export function composedRollout(
  x0: tf.Tensor4D,
  rule: RuleTensors,
  automaton: Automaton,
  options: ComposedOptions,
): tf.Tensor4D {
  const { steps: T, draw, memory = 'sqrt', hold = null } = options;
  const stride = memory === 'every' ? 1 : Math.ceil(Math.sqrt(T));
  return differentiable([x0, rule.w0, rule.b0, rule.w1], (save) => {
    const task = taskOf(rule, automaton, draw, hold, x0.shape);
    const recording = isRecording();
    const checkpoints: tf.Tensor4D[] = [];
    let state = x0;
    for (let t = 0; t < T; t++) {
      const isCheckpoint = t % stride === 0;
      if (isCheckpoint && recording) checkpoints.push(state);
      const next = stepForward(state, task, t);
      if (t > 0 && !(isCheckpoint && recording)) state.dispose();
      state = next;
    }
    const held = hold === null ? [] : [hold.mask, hold.values];
    save([rule.w0, rule.b0, rule.w1, ...held, ...checkpoints]);
    return {
      value: state,
      gradFunc: (dy, [w0, b0, w1, ...others]) => {
        const saved = others.splice(held.length);
        const [mask, values] = others;
        const savedHold = hold === null ? null : ({ mask, values } as Hold);
        const savedRule = { w0, b0, w1 } as RuleTensors;
        return tf.tidy(() =>
          backward(
            dy,
            taskOf(savedRule, automaton, draw, savedHold, dy.shape),
            T,
            stride,
            saved as tf.Tensor4D[],
          ),
        );
      },
    };
  });
}

interface StepTask {
  readonly rule: RuleTensors;
  readonly automaton: Automaton;
  readonly filters: readonly tf.Tensor4D[];
  readonly draw: Draw;
  readonly holding: HoldTensors | null;
}

function taskOf(
  rule: RuleTensors,
  automaton: Automaton,
  draw: Draw,
  hold: Hold | null,
  shape: [number, number, number, number],
): StepTask {
  const holding = hold === null ? null : holdTensors(hold, shape);
  return { rule, automaton, draw, filters: filterTensors(automaton), holding };
}

/** dx0, dw0, db0, dw1 from the states of steps 0, stride, 2·stride, … */
function backward(
  dy: tf.Tensor4D,
  task: StepTask,
  T: number,
  stride: number,
  checkpoints: readonly tf.Tensor4D[],
): tf.Tensor[] {
  let gradients: StepGradients = {
    dx: tf.clone(dy),
    dw0: tf.zerosLike(task.rule.w0),
    db0: tf.zerosLike(task.rule.b0),
    dw1: tf.zerosLike(task.rule.w1),
  };
  for (let segment = checkpoints.length - 1; segment >= 0; segment--) {
    const first = segment * stride;
    const states = [checkpoints[segment]];
    const last = Math.min(first + stride, T) - 1;
    for (let t = first; t < last; t++) states.push(stepForward(states[t - first], task, t));
    for (let i = states.length - 1; i >= 0; i--) {
      const before = gradients;
      gradients = stepBackward(states[i], before, task, first + i);
      tf.dispose([before.dx, before.dw0, before.db0, before.dw1]);
      if (i > 0) states[i].dispose();
    }
  }
  return [gradients.dx, gradients.dw0, gradients.db0, gradients.dw1];
}

interface StepGradients {
  readonly dx: tf.Tensor4D;
  readonly dw0: tf.Tensor;
  readonly db0: tf.Tensor;
  readonly dw1: tf.Tensor;
}

function stepForward(x: tf.Tensor4D, task: StepTask, t: number): tf.Tensor4D {
  const { rule, automaton, filters, draw, holding } = task;
  return tf.tidy(() => {
    const { updated } = update(x, rule, filters, firingTensor(x.shape, automaton, draw, t));
    return withHeld(tf.mul<tf.Tensor4D>(updated, keptCells(x, updated, automaton)), holding);
  });
}

/** The gradients before step t, from those after it and the state x before it. */
function stepBackward(x: tf.Tensor4D, after: StepGradients, task: StepTask, t: number): StepGradients {
  const { rule, automaton, filters, draw, holding } = task;
  return tf.tidy(() => {
    const { channels: C } = automaton;
    const firing = firingTensor(x.shape, automaton, draw, t);
    const { highest, features, hidden, updated } = update(x, rule, filters, firing);
    // What a held cell shows does not hang on the step.
    const dKept: tf.Tensor4D =
      holding === null ? after.dx : tf.where<tf.Tensor4D>(holding.cells, tf.zerosLike(after.dx), after.dx);
    const dUpdated = tf.mul(dKept, keptCells(x, updated, automaton));
    const dDelta = rows(tf.mul(dUpdated, firing), rule.w0.shape[0]);
    const dHidden = tf.mul(
      tf.matMul(dDelta, rule.w1, false, true),
      tf.cast(tf.greater(hidden, 0), 'float32'),
    );
    const dFeatures = tf.reshape(tf.matMul(dHidden, rule.w0, false, true), [
      ...x.shape.slice(0, 3),
      rule.w0.shape[1],
    ]);
    const [dIdentity, dHighest, ...dFiltered] = tf.split<tf.Tensor4D>(dFeatures, rule.w0.shape[1] / C, 3);
    let dx = tf.add(tf.add(dUpdated, dIdentity), maximumGradient(dHighest, x, highest));
    for (const [i, dFeature] of dFiltered.entries()) {
      // The filters are antisymmetric: the adjoint of one is its negative.
      dx = tf.sub(dx, tf.depthwiseConv2d(dFeature, filters[i], 1, 'same'));
    }
    return {
      dx: dx as tf.Tensor4D,
      dw0: tf.add(after.dw0, tf.matMul(features, dHidden, true, false)),
      db0: tf.add(after.db0, tf.sum(dHidden, 1)),
      dw1: tf.add(after.dw1, tf.matMul(hidden, dDelta, true, false)),
    };
  });
}

/** Which values are held, and what they are: both [B, H, W, C]. */
export interface HoldTensors {
  readonly cells: tf.Tensor4D;
  readonly values: tf.Tensor4D;
}

export function holdTensors(
  { mask, values }: Hold,
  [B, H, W, C]: readonly [number, number, number, number],
): HoldTensors {
  return tf.tidy(() => {
    const [samples, , , V] = values.shape;
    const others = tf.zeros<tf.Rank.R4>([samples, H, W, C - V]);
    const ofBatch = (first: tf.Tensor4D): tf.Tensor4D =>
      tf.tile(tf.concat([first, others], 3), [B / samples, 1, 1, 1]);
    const isHeld = tf.cast(tf.expandDims(tf.notEqual(mask, 0), 3), 'float32');
    return {
      cells: tf.cast(ofBatch(tf.tile<tf.Tensor4D>(isHeld as tf.Tensor4D, [1, 1, 1, V])), 'bool'),
      values: ofBatch(values),
    };
  });
}

/** The state [B, H, W, C], but for what is held. */
export function withHeld(state: tf.Tensor4D, holding: HoldTensors | null): tf.Tensor4D {
  return holding === null ? state : tf.where(holding.cells, holding.values, state);
}

/** One step before the living mask; features [R, rows, K] and hidden [R, rows, d] as the matrix products take them. */
function update(
  x: tf.Tensor4D,
  rule: RuleTensors,
  filters: readonly tf.Tensor4D[],
  firing: tf.Tensor4D,
): { highest: tf.Tensor4D; features: tf.Tensor3D; hidden: tf.Tensor3D; updated: tf.Tensor4D } {
  const { highest, features } = perceive(x, filters, rule.w0.shape[0]);
  const hidden = hiddenOf(features, rule);
  const delta = tf.reshape(tf.matMul(hidden, rule.w1), x.shape);
  const updated = tf.add<tf.Tensor4D>(x, tf.mul(delta, firing));
  return { highest, features, hidden, updated };
}

/** The 3×3 maximum [B, H, W, C] and all features [R, rows, K]. */
export function perceive(
  x: tf.Tensor4D,
  filters: readonly tf.Tensor4D[],
  R: number,
): { highest: tf.Tensor4D; features: tf.Tensor3D } {
  const highest = tf.maxPool(x, 3, 1, 'same');
  const filtered = filters.map((filter) => tf.depthwiseConv2d(x, filter, 1, 'same'));
  return { highest, features: rows(tf.concat([x, highest, ...filtered], 3), R) };
}

/** What every cell would add to itself, before the gain, [B, H, W, C]. */
export function deltaOf(
  features: tf.Tensor3D,
  rule: RuleTensors,
  shape: [number, number, number, number],
): tf.Tensor4D {
  return tf.reshape(tf.matMul(hiddenOf(features, rule), rule.w1), shape);
}

function hiddenOf(features: tf.Tensor3D, rule: RuleTensors): tf.Tensor3D {
  return tf.relu<tf.Tensor3D>(tf.add(tf.matMul(features, rule.w0), tf.expandDims(rule.b0, 1)));
}

/** [B, H, W, n] → [R, rows of one rule, n]. */
function rows(values: tf.Tensor4D, R: number): tf.Tensor3D {
  return tf.reshape(values, [R, -1, values.shape[3]]);
}

/** 1 where a cell lives before and after, [B, H, W, 1]. */
export function keptCells(before: tf.Tensor4D, after: tf.Tensor4D, automaton: Automaton): tf.Tensor4D {
  const [lived, lives] = [before, after].map((state) => {
    const alive = tf.slice(state, [0, 0, 0, automaton.aliveChannel], [-1, -1, -1, 1]);
    return tf.greater(tf.maxPool(alive, 3, 1, 'same'), automaton.aliveThreshold);
  });
  return tf.cast<tf.Tensor4D>(tf.logicalAnd(lived, lives), 'float32');
}

/** The gain where a cell fires in step t, else 0: [B, H, W, 1]. */
export function firingTensor(
  [B, H, W]: readonly number[],
  automaton: Automaton,
  draw: Draw,
  t: number,
): tf.Tensor4D {
  const firing = new Float32Array(B * H * W);
  for (let b = 0; b < B; b++) {
    const fires = firingCells(H * W, automaton, draw.firstStep + t, draw.firstSample + b, draw.seed);
    for (const [cell, fired] of fires.entries()) firing[b * H * W + cell] = fired * automaton.gain;
  }
  return tf.tensor4d(firing, [B, H, W, 1]);
}

/** tfjs has the gradient of maxPool as a kernel only; it goes to one cell of each maximum. */
function maximumGradient(dy: tf.Tensor4D, input: tf.Tensor4D, output: tf.Tensor4D): tf.Tensor4D {
  const attributes = { filterSize: 3, strides: 1, pad: 'same' };
  return tf.engine().runKernel(tf.MaxPoolGrad, { dy, input, output }, attributes);
}

/** For each Sobel size the horizontal and the vertical filter, [size, size, C, 1]. */
export function filterTensors(automaton: Automaton): tf.Tensor4D[] {
  const C = automaton.channels;
  return automaton.sobelSizes.flatMap((size) => {
    const { horizontal, vertical } = gradientFilters(size);
    return [horizontal, vertical].map((weights) => {
      const values = new Float32Array(size * size * C);
      for (const [at, weight] of weights.entries()) values.fill(weight, at * C, (at + 1) * C);
      return tf.tensor4d(values, [size, size, C, 1]);
    });
  });
}
