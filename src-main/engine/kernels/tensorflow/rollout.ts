/**
 * The rollout's kernels for the backend `tensorflow`: all steps in its operations, the gradient step by step. As much
 * of the way forward is kept as a budget of bytes allows; a step whose hidden values do not fit keeps its state and
 * computes them again, and where not even the states fit, only some are kept, and each stretch between two is gone
 * twice.
 */
import { featureCount } from '#domain/automaton.ts';
import type { LossKind } from '#domain/model-spec.ts';
import {
  ROLLOUT,
  ROLLOUT_GRADIENT,
  ROLLOUT_LOSS,
  ROLLOUT_MIX,
  type RolloutAttributes,
  type RolloutLossAttributes,
  type RolloutMixAttributes,
} from '#engine/rollout/kernel-names.ts';
import { composedMixedRollout, ruleOf } from '#engine/rollout/composed-mixed.ts';
import { holdTensors, withHeld } from '#engine/rollout/composed.ts';
import type { RuleTensors } from '#engine/rollout/rollout.ts';
import { BCE_HIGH, BCE_LOW, sampleLoss } from '#engine/rollout/sample-loss.ts';
import { tf } from '#engine/tf.ts';
import { aboveThreshold } from './chosen-cells.ts';
import { inputOf, nativeBackend, nativeOps, type KernelCall } from './native.ts';
import {
  rolloutTask,
  stepBackward,
  stepForward,
  type Keep,
  type RolloutTask,
  type RuleGradient,
  type StepRecord,
} from './step.ts';

export interface RolloutSettings {
  /** Whether only cells that matter are computed; on a processor they are, on a graphics processor they are not. */
  readonly chooses: boolean;
  /** For what the gradient needs of the way forward. */
  readonly keepBytes: number;
}

const settingsOf = new WeakMap<object, RolloutSettings>();

/** As `backend` has them from now on. */
export function setRolloutSettings(backend: object, settings: RolloutSettings): void {
  settingsOf.set(backend, settings);
}

export const rolloutKernels: Readonly<Record<string, tf.KernelFunc>> = {
  [ROLLOUT]: (call) =>
    tf.tidy(() => {
      const { task, x0, steps } = taskOf(call);
      return goForward(task, x0, 0, steps);
    }),

  [ROLLOUT_MIX]: (call) => tf.tidy(() => mixed(call)),

  [ROLLOUT_GRADIENT]: (call) =>
    tf.tidy(() => {
      const { task, x0, steps, keepBytes } = taskOf(call);
      const dy = call.inputs.dy as tf.Tensor4D;
      const { gradients } = bothWays(task, x0, steps, keepBytes, () => dy);
      const { dx, dw0, db0, dw1 } = gradients;
      const summed = (perSample: tf.Tensor, name: string): tf.Tensor =>
        inputOf(call, name).shape[0] === perSample.shape[0] ? perSample : tf.sum(perSample, 0, true);
      return [dx, summed(dw0, 'w0'), summed(db0, 'b0'), summed(dw1, 'w1')];
    }),

  [ROLLOUT_LOSS]: (call) =>
    tf.tidy(() => {
      const { task, x0, steps, keepBytes } = taskOf(call);
      const { loss: kind, needsStateGradient } = call.attrs as unknown as RolloutLossAttributes;
      const target = inputOf(call, 'target') as tf.Tensor4D;
      const weight = call.inputs['pixelWeight'] as tf.Tensor3D | undefined;
      const { state, gradients } = bothWays(task, x0, steps, keepBytes, (final) =>
        lossGradient(final, target, kind, weight),
      );
      const loss = sampleLoss(state, target, kind, weight);
      const { dx, dw0, db0, dw1 } = gradients;
      return [loss, state, needsStateGradient ? dx : tf.zeros([0]), dw0, db0, dw1];
    }),
};

function taskOf(call: KernelCall): { task: RolloutTask; x0: tf.Tensor4D; steps: number; keepBytes: number } {
  const { automaton, draw, steps } = call.attrs as unknown as RolloutAttributes;
  const backend = nativeBackend(call.backend);
  const { chooses, keepBytes } = settingsOf.get(backend)!;
  const x0 = inputOf(call, 'x0') as tf.Tensor4D;
  const task = rolloutTask(nativeOps(backend), automaton, draw, x0.shape, rulesOf(call), chooses);
  return { task, x0, steps, keepBytes };
}

function rulesOf(call: KernelCall): RuleTensors {
  return {
    w0: inputOf(call, 'w0') as tf.Tensor3D,
    b0: inputOf(call, 'b0') as tf.Tensor2D,
    w1: inputOf(call, 'w1') as tf.Tensor3D,
  };
}

/** Several rules in turns, and held cells; a rule a cell is left to the operations of tfjs. */
function mixed(call: KernelCall): tf.Tensor4D {
  const { automaton, draw, steps, rules: count, pattern } = call.attrs as unknown as RolloutMixAttributes;
  const x0 = inputOf(call, 'x0') as tf.Tensor4D;
  const rules = rulesOf(call);
  const hold = call.inputs['holdMask'] && {
    mask: inputOf(call, 'holdMask') as tf.Tensor3D,
    values: inputOf(call, 'holdValues') as tf.Tensor4D,
  };
  if (call.inputs['limits'] !== undefined) {
    const limits = inputOf(call, 'limits') as tf.Tensor3D;
    return composedMixedRollout(x0, { count, rules, pattern, limits }, hold ?? null, automaton, {
      steps,
      draw,
    });
  }
  const ops = nativeOps(nativeBackend(call.backend));
  const { chooses } = settingsOf.get(call.backend)!;
  const tasks = Array.from({ length: count }, (_, m) =>
    rolloutTask(ops, automaton, draw, x0.shape, ruleOf(rules, m, count), chooses),
  );
  const holding = hold ? holdTensors(hold, x0.shape) : null;
  let state = x0;
  for (let t = 0; t < steps; t++) {
    const task = tasks[pattern[(draw.firstStep + t) % pattern.length]];
    const { next } = stepForward(task, state, aliveIn(task, state), t, 'nothing');
    if (state !== x0) state.dispose();
    state = withHeld(next, holding);
    if (state !== next) next.dispose();
  }
  return state === x0 ? tf.clone(x0) : state;
}

/** Which cells' own values are above the threshold; null where it is not asked. */
function aliveIn({ automaton, chooses }: RolloutTask, x: tf.Tensor4D): Uint8Array | null {
  if (!chooses) return null;
  const living = tf.tidy(() => tf.slice(x, [0, 0, 0, automaton.aliveChannel], [-1, -1, -1, 1]));
  const above = aboveThreshold(living.dataSync<'float32'>(), automaton);
  living.dispose();
  return above;
}

/** The state after steps from…to − 1; x stays the caller's. */
function goForward(task: RolloutTask, x: tf.Tensor4D, from: number, to: number): tf.Tensor4D {
  let state = x;
  let alive = aliveIn(task, x);
  for (let t = from; t < to; t++) {
    const step = stepForward(task, state, alive, t, 'nothing');
    if (state !== x) state.dispose();
    ({ next: state, alive } = step);
  }
  return state === x ? tf.clone(x) : state;
}

/** As goForward, with what the gradient needs; records' states but the first are freed with them. */
function goRecording(
  task: RolloutTask,
  x: tf.Tensor4D,
  from: number,
  to: number,
  keepBytes: number,
): { state: tf.Tensor4D; records: StepRecord[] } {
  const records: StepRecord[] = [];
  let state = x;
  let alive = aliveIn(task, x);
  let left = keepBytes;
  for (let t = from; t < to; t++) {
    const keep: Keep = left > 0 ? 'all' : 'little';
    const step = stepForward(task, state, alive, t, keep);
    records.push(step.record!);
    left -= bytesOf(step.record!);
    ({ next: state, alive } = step);
  }
  return { state: state === x ? tf.clone(x) : state, records };
}

function bytesOf({ x, cells, inner }: StepRecord): number {
  const tensors = [x, cells?.maxima, inner?.features, inner?.hidden];
  return tensors.reduce((sum, tensor) => sum + (tensor?.size ?? 0) * 4, 0);
}

interface Gradients {
  readonly dx: tf.Tensor4D;
  readonly dw0: tf.Tensor3D;
  readonly db0: tf.Tensor2D;
  readonly dw1: tf.Tensor3D;
}

/** Forward, and with the gradient of the final state that `wanted` gives, back. */
function bothWays(
  task: RolloutTask,
  x0: tf.Tensor4D,
  steps: number,
  keepBytes: number,
  wanted: (final: tf.Tensor4D) => tf.Tensor4D,
): { state: tf.Tensor4D; gradients: Gradients } {
  const { automaton, grid } = task;
  const { channels: C, hidden: d } = automaton;
  const K = featureCount(automaton);
  const length = segmentLength(steps, x0.size * 4, keepBytes);
  const isWhole = length >= steps;
  const starts: tf.Tensor4D[] = [];
  let state = x0;
  let last: StepRecord[] | null = null;
  for (let from = 0; from < steps; from += length) {
    starts.push(state);
    if (isWhole) ({ state, records: last } = goRecording(task, state, 0, steps, keepBytes));
    else state = goForward(task, state, from, Math.min(from + length, steps));
  }
  if (state === x0) state = tf.clone(x0);

  let dx = tf.reshape<tf.Rank.R2>(wanted(state), [-1, C]);
  let sums: RuleGradient = {
    dw0: tf.zeros([grid.batch, K + 1, d]),
    dw1: tf.zeros([grid.batch, d, C]),
  };
  for (let s = starts.length - 1; s >= 0; s--) {
    const from = s * length;
    const to = Math.min(from + length, steps);
    let records = last;
    if (records === null) {
      const again = goRecording(task, starts[s], from, to, keepBytes / 2);
      again.state.dispose();
      ({ records } = again);
    }
    for (let i = records.length - 1; i >= 0; i--) {
      const record = records[i];
      const before = stepBackward(task, record, dx, sums);
      dx.dispose();
      ({ dx, sums } = before);
      release(record, i > 0 || s > 0);
    }
  }
  const db0 = tf.reshape<tf.Rank.R2>(tf.slice(sums.dw0, [0, K, 0], [-1, 1, -1]), [-1, d]);
  return {
    state,
    gradients: {
      dx: tf.reshape(dx, x0.shape),
      dw0: tf.slice(sums.dw0, [0, 0, 0], [-1, K, -1]),
      db0,
      dw1: automaton.gain === 1 ? sums.dw1 : tf.mul(sums.dw1, automaton.gain),
    },
  };
}

function release({ x, kept, firing, cells, inner }: StepRecord, withState: boolean): void {
  const held = [kept, firing, cells?.cells, cells?.filled, cells?.placeOf, cells?.maxima];
  tf.dispose([...held, inner?.features, inner?.hidden].filter((tensor) => tensor !== undefined));
  if (withState) x.dispose();
}

/** Steps between two states that are kept: all, if half of the budget holds their states; else about √T. */
function segmentLength(steps: number, stateBytes: number, keepBytes: number): number {
  return steps * stateBytes <= keepBytes / 2 ? Math.max(1, steps) : Math.ceil(Math.sqrt(steps));
}

/** The gradient of each sample's loss (see sample-loss.ts) by the final state, [B, H, W, C]. */
function lossGradient(
  state: tf.Tensor4D,
  target: tf.Tensor4D,
  kind: LossKind,
  pixelWeight: tf.Tensor3D | undefined,
): tf.Tensor4D {
  return tf.tidy(() => {
    const [, H, W, C] = state.shape;
    const rgba = tf.slice(state, [0, 0, 0, 0], [-1, -1, -1, 4]);
    let slope: tf.Tensor4D;
    if (kind === 'mse') slope = tf.mul(tf.sub(rgba, target), 2);
    else {
      const p = tf.clipByValue(rgba, BCE_LOW, BCE_HIGH);
      slope = tf.sub(tf.div(tf.sub(1, target), tf.sub(1, p)), tf.div(target, p));
    }
    const share = tf.mul<tf.Tensor4D>(slope, 1 / (H * W * 4));
    const weighted = pixelWeight ? tf.mul<tf.Tensor4D>(share, tf.expandDims(pixelWeight, 3)) : share;
    return tf.pad(weighted, [
      [0, 0],
      [0, 0],
      [0, 0],
      [0, C - 4],
    ]);
  });
}
