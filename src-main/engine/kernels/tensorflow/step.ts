/**
 * One step of the automaton in TensorFlow's operations, and its gradient. On processors only the chosen cells pass
 * through the rule (see chosen-cells.ts): their features are gathered, what they add is scattered. On graphics
 * processors every cell does, and what does not fire is masked, for to read the state back would cost more there.
 *
 * A column of ones is appended to the features, and b0 to w0 as its row, so that the bias and its gradient are part of
 * the matrix products; gain is folded into w1.
 */
import { featureCount, type Automaton, type Draw } from '#domain/automaton.ts';
import { firingCells } from '#engine/kernels/reference/rollout.ts';
import { filterTensors } from '#engine/rollout/composed.ts';
import { tf } from '#engine/tf.ts';
import { aboveThreshold, chooseCells, maximumPlaces, withNeighbours, type CellGrid } from './chosen-cells.ts';
import type { NativeOps } from './native.ts';

export interface RolloutTask {
  readonly ops: NativeOps;
  readonly automaton: Automaton;
  readonly draw: Draw;
  readonly grid: CellGrid;
  /** Whether only the chosen cells are computed. */
  readonly chooses: boolean;
  /** R: B, or 1. */
  readonly rules: number;
  /** [R, K + 1, d]: w0 and, as its last row, b0. */
  readonly w0: tf.Tensor3D;
  /** [R, K, d] */
  readonly w0Features: tf.Tensor3D;
  /** [R, d, C], times the gain. */
  readonly w1: tf.Tensor3D;
  /** For each Sobel size the horizontal and the vertical one, [size, size, C, 1]. */
  readonly filters: readonly tf.Tensor4D[];
}

/** What the gradient of a step needs of the way forward. Tensors, or what is needed to compute them again. */
export type StepRecord = {
  /** The state before it, [B, H, W, C]. */
  readonly x: tf.Tensor4D;
  /** 1 where a cell lives before and after, [N, 1]. */
  readonly kept: tf.Tensor2D;
  /** 1 where a cell fires, [N, 1]; undefined where cells are chosen. */
  readonly firing: tf.Tensor2D | undefined;
  readonly cells: CellTensors | undefined;
  /** [R, rows, K + 1] and [R, rows, d]; undefined where they are computed again. */
  readonly inner: CellValues | undefined;
};

/** [R, rows, K + 1] and [R, rows, d]. */
export type CellValues = {
  readonly features: tf.Tensor3D;
  readonly hidden: tf.Tensor3D;
};

/** The chosen cells as tensors (see ChosenCells). */
export type CellTensors = {
  /** [B·R] */
  readonly cells: tf.Tensor1D;
  /** [B·R, 1] */
  readonly filled: tf.Tensor2D;
  /** [N] */
  readonly placeOf: tf.Tensor1D;
  /** [B·R·C]: where the maximum of each is; undefined when no gradient is wanted. */
  readonly maxima: tf.Tensor1D | undefined;
};

/** Sums over the steps: [B, K + 1, d] and [B, d, C], a sample's own also where the rule is shared. */
export interface RuleGradient {
  readonly dw0: tf.Tensor3D;
  readonly dw1: tf.Tensor3D;
}

/** Tensors of the task are the caller's to free: call it in a tidy. */
export function rolloutTask(
  ops: NativeOps,
  automaton: Automaton,
  draw: Draw,
  shape: readonly number[],
  rule: { readonly w0: tf.Tensor3D; readonly b0: tf.Tensor2D; readonly w1: tf.Tensor3D },
  chooses: boolean,
): RolloutTask {
  const [batch, height, width] = shape;
  return {
    ...{ ops, automaton, draw, chooses, grid: { batch, height, width } },
    rules: rule.w0.shape[0],
    w0: tf.concat([rule.w0, tf.expandDims(rule.b0, 1)], 1),
    w0Features: rule.w0,
    w1: automaton.gain === 1 ? rule.w1 : tf.mul(rule.w1, automaton.gain),
    filters: filterTensors(automaton),
  };
}

export interface StepResult {
  readonly next: tf.Tensor4D;
  /** Whether each cell's own living value is above the threshold afterwards; null where cells are not chosen. */
  readonly alive: Uint8Array | null;
  /** Undefined unless it was asked for. */
  readonly record: StepRecord | undefined;
}

/** What a step is to leave for its gradient: nothing, what cannot be computed again, or all of it. */
export type Keep = 'nothing' | 'little' | 'all';

/** @param alive As of StepResult, of the state x; null where cells are not chosen. */
export function stepForward(
  task: RolloutTask,
  x: tf.Tensor4D,
  alive: Uint8Array | null,
  t: number,
  keep: Keep,
): StepResult {
  const { automaton, grid, ops } = task;
  let aliveAfter: Uint8Array | null = null;
  const { next, record } = tf.tidy(() => {
    const C = automaton.channels;
    const N = x.size / C;
    const flat = tf.reshape<tf.Rank.R2>(x, [N, C]);
    const highest = maximum(x);
    let updated: tf.Tensor2D;
    let kept: tf.Tensor2D;
    let cells: CellTensors | undefined;
    let firing: tf.Tensor2D | undefined;
    let inner: CellValues;
    if (alive === null) {
      inner = ruleOf(task, maps(task, x, highest), undefined);
      firing = firingColumn(task, t);
      updated = tf.add(flat, tf.mul(deltaOf(task, inner.hidden), firing));
      kept = keptColumn(task, highest, updated);
    } else {
      const lived = withNeighbours(grid, alive);
      const chosen = chooseCells(grid, automaton, task.draw, t, lived);
      const maxima =
        keep === 'nothing'
          ? undefined
          : maximumPlaces(grid, C, x.dataSync<'float32'>(), highest.dataSync<'float32'>(), chosen);
      cells = {
        cells: tf.tensor1d(chosen.cells, 'int32'),
        filled: tf.tensor2d(chosen.filled, [chosen.filled.length, 1]),
        placeOf: tf.tensor1d(chosen.placeOf, 'int32'),
        maxima: maxima ? tf.tensor1d(maxima, 'int32') : undefined,
      };
      inner = ruleOf(task, maps(task, x, highest), cells);
      const delta = tf.mul<tf.Tensor2D>(deltaOf(task, inner.hidden), cells.filled);
      updated = tf.add(flat, ops.gather(delta, cells.placeOf));
      const living = tf.slice(updated, [0, automaton.aliveChannel], [N, 1]);
      const above = aboveThreshold(living.dataSync<'float32'>(), automaton);
      const lives = withNeighbours(grid, above);
      const mask = new Float32Array(N);
      for (let at = 0; at < N; at++) {
        mask[at] = lived[at] & lives[at];
        above[at] &= mask[at];
      }
      aliveAfter = above;
      kept = tf.tensor2d(mask, [N, 1]);
    }
    const masked = tf.reshape<tf.Rank.R4>(tf.mul(updated, kept), x.shape);
    return {
      next: masked,
      record:
        keep === 'nothing'
          ? undefined
          : { x, kept, firing, cells, inner: keep === 'all' ? inner : undefined },
    };
  });
  return { next, alive: aliveAfter, record };
}

/** The gradient before the step from that after it, both [N, C]; adds to the rule's, whose old tensors it frees. */
export function stepBackward(
  task: RolloutTask,
  record: StepRecord,
  after: tf.Tensor2D,
  sums: RuleGradient,
): { readonly dx: tf.Tensor2D; readonly sums: RuleGradient } {
  const { automaton, grid, ops, filters, rules } = task;
  const C = automaton.channels;
  const K = featureCount(automaton);
  const B = grid.batch;
  const result = tf.tidy(() => {
    const { x, cells } = record;
    const highest = record.inner === undefined || cells === undefined ? maximum(x) : null;
    const inner = record.inner ?? ruleOf(task, maps(task, x, highest!), cells);
    const dUpdated = tf.mul<tf.Tensor2D>(after, record.kept);
    const dRows =
      cells === undefined
        ? tf.mul<tf.Tensor2D>(dUpdated, record.firing!)
        : tf.mul<tf.Tensor2D>(ops.gather(dUpdated, cells.cells), cells.filled);
    const dDelta = tf.reshape<tf.Rank.R3>(dRows, [rules, -1, C]);
    const dHidden = ops.reluGradient(tf.matMul<tf.Tensor3D>(dDelta, task.w1, false, true), inner.hidden);
    const dw0 = tf.add<tf.Tensor3D>(sums.dw0, tf.matMul(apart(inner.features, B), apart(dHidden, B), true));
    const dw1 = tf.add<tf.Tensor3D>(sums.dw1, tf.matMul(apart(inner.hidden, B), apart(dDelta, B), true));
    const dFeatures = tf.reshape<tf.Rank.R2>(tf.matMul(dHidden, task.w0Features, false, true), [-1, K]);
    const parts = tf.split<tf.Tensor2D>(dFeatures, K / C, 1);
    // A place without a cell has no gradient, so cells that were not chosen get none.
    const toGrid = (part: tf.Tensor2D): tf.Tensor2D =>
      cells === undefined ? part : ops.gather(part, cells.placeOf);
    const [dIdentity, dHighest, ...dFiltered] = parts;
    const throughMaximum =
      cells === undefined
        ? maximumGradient(dHighest, x, highest!)
        : tf.reshape<tf.Rank.R2>(
            ops.segmentSum(tf.reshape(dHighest, [-1]), cells.maxima!, x.size),
            dUpdated.shape,
          );
    let dx = tf.add<tf.Tensor2D>(tf.add(dUpdated, toGrid(dIdentity)), throughMaximum);
    for (const [i, part] of dFiltered.entries()) {
      const map = tf.reshape<tf.Rank.R4>(toGrid(part), x.shape);
      // The filters are antisymmetric: the adjoint of one is its negative.
      const back = tf.depthwiseConv2d(map, filters[i], 1, 'same');
      dx = tf.sub(dx, tf.reshape(back, dx.shape));
    }
    return { dx, dw0, dw1 };
  });
  tf.dispose([sums.dw0, sums.dw1]);
  return { dx: result.dx, sums: { dw0: result.dw0, dw1: result.dw1 } };
}

/** The features as maps over the grid, [B, H, W, C] each. */
function maps({ filters }: RolloutTask, x: tf.Tensor4D, highest: tf.Tensor4D): tf.Tensor4D[] {
  return [x, highest, ...filters.map((filter) => tf.depthwiseConv2d(x, filter, 1, 'same'))];
}

/** Features and hidden values of the chosen cells, or of all. */
function ruleOf(
  { ops, rules, w0 }: RolloutTask,
  all: readonly tf.Tensor4D[],
  cells: CellTensors | undefined,
): CellValues {
  const rows = all.map((map) => {
    const flat = tf.reshape<tf.Rank.R2>(map, [-1, map.shape[3]]);
    return cells === undefined ? flat : ops.gather(flat, cells.cells);
  });
  const joined = tf.concat([...rows, tf.ones<tf.Rank.R2>([rows[0].shape[0], 1])], 1);
  const features = tf.reshape<tf.Rank.R3>(joined, [rules, -1, joined.shape[1]]);
  return { features, hidden: tf.relu(tf.matMul(features, w0)) };
}

/** What each row adds, [rows, C]. */
function deltaOf({ w1, automaton }: RolloutTask, hidden: tf.Tensor3D): tf.Tensor2D {
  return tf.reshape(tf.matMul(hidden, w1), [-1, automaton.channels]);
}

/** [R, rows, n] → [B, rows of a sample, n]. */
function apart(values: tf.Tensor3D, B: number): tf.Tensor3D {
  return values.shape[0] === B ? values : tf.reshape(values, [B, -1, values.shape[2]]);
}

/** The 3×3 maximum; first along rows, then along columns, which costs half. */
function maximum(x: tf.Tensor4D): tf.Tensor4D {
  return tf.maxPool(tf.maxPool(x, [1, 3], 1, 'same'), [3, 1], 1, 'same');
}

/** Gradient [N, C] of the maximum, to one cell of each. */
function maximumGradient(dRows: tf.Tensor2D, input: tf.Tensor4D, output: tf.Tensor4D): tf.Tensor2D {
  const dy = tf.reshape(dRows, input.shape);
  const attributes = { filterSize: 3, strides: 1, pad: 'same' };
  const dx: tf.Tensor = tf.engine().runKernel(tf.MaxPoolGrad, { dy, input, output }, attributes);
  return tf.reshape(dx, dRows.shape);
}

function firingColumn({ automaton, draw, grid }: RolloutTask, t: number): tf.Tensor2D {
  const size = grid.height * grid.width;
  const firing = new Float32Array(grid.batch * size);
  for (let b = 0; b < grid.batch; b++) {
    firing.set(firingCells(size, automaton, draw.firstStep + t, draw.firstSample + b, draw.seed), b * size);
  }
  return tf.tensor2d(firing, [firing.length, 1]);
}

/** 1 where a cell lives before and after, [N, 1]. */
function keptColumn(
  { automaton, grid }: RolloutTask,
  highest: tf.Tensor4D,
  updated: tf.Tensor2D,
): tf.Tensor2D {
  const { aliveChannel: channel, aliveThreshold: threshold } = automaton;
  const lived = tf.greater(tf.slice(highest, [0, 0, 0, channel], [-1, -1, -1, 1]), threshold);
  const alive = tf.slice(updated, [0, channel], [-1, 1]);
  const around = maximum(tf.reshape(alive, [grid.batch, grid.height, grid.width, 1]));
  const both = tf.logicalAnd(lived, tf.greater(around, threshold));
  return tf.reshape(tf.cast(both, 'float32'), [-1, 1]);
}
