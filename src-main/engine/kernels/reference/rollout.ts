/**
 * The rollout as plain loops: the oracle that every faster kernel is held against, and the tfjs kernels of the `cpu`
 * backend. One step is written as in Mordvintsev et al. 2020 with the perception of Chen & Wang; see `Automaton` for
 * the layouts. Sums are always float64; states and gradients are stored as float32 or float64, as x0 is, so that
 * finite differences can be taken where float32 would drown them. Thresholds are rounded to float32 in both, for a
 * value must fall on the same side in every kernel.
 */
import { featureCount, type Automaton, type Draw, type Grid } from '#domain/automaton.ts';
import { chosenStyles } from '#domain/mix-choice.ts';
import type { LossKind } from '#domain/model-spec.ts';
import { uniform } from '#domain/random.ts';

export type Values = Float32Array | Float64Array;

export interface ReferenceTask {
  /** B */
  readonly batch: number;
  readonly grid: Grid;
  readonly automaton: Automaton;
  /** T */
  readonly steps: number;
  readonly draw: Draw;
  /** [B, H, W, C] */
  readonly x0: Values;
  /** R: B, or 1 for one rule shared by the batch. */
  readonly ruleCount: number;
  /** [R, K, d] */
  readonly w0: Values;
  /** [R, d] */
  readonly b0: Values;
  /** [R, d, C] */
  readonly w1: Values;
  /** Cells that show the same after every step. */
  readonly hold?: ReferenceHold | null;
}

/** As kernel-names.ts tells of held cells. */
export interface ReferenceHold {
  /** 1 or B */
  readonly samples: number;
  /** V */
  readonly channels: number;
  /** [samples, H, W] */
  readonly mask: Values;
  /** [samples, H, W, V] */
  readonly values: Values;
}

/** Forward only: several rules on one state, as kernel-names.ts tells of ROLLOUT_MIX. */
export interface ReferenceMix {
  /** M; ruleCount, w0, b0 and w1 of the task are of R = ruleCount/M samples each. */
  readonly rules: number;
  readonly pattern: readonly number[];
  /** [M − 1, H, W] */
  readonly limits: Values | null;
}

/** Shapes of x0 and of the rule, or with `count` = B where every sample's gradient is kept apart. */
export interface ReferenceGradients {
  readonly dx0: Values;
  readonly dw0: Values;
  readonly db0: Values;
  readonly dw1: Values;
}

export interface ReferenceTarget {
  /** [B, H, W, 4] */
  readonly target: Values;
  /** [B, H, W], or null for 1 everywhere. */
  readonly pixelWeight: Values | null;
  readonly loss: LossKind;
}

/** The state [B, H, W, C] after the task's steps; without `mix`, of one rule. */
export function referenceRollout(task: ReferenceTask, mix: ReferenceMix | null = null): Values {
  const result = zerosLike(task.x0, task.x0.length);
  const size = task.x0.length / task.batch;
  for (let b = 0; b < task.batch; b++) {
    const state = task.x0.slice(b * size, (b + 1) * size);
    for (let t = 0; t < task.steps; t++) state.set(stepOf(task, b, t, mix).forward(state));
    result.set(state, b * size);
  }
  return result;
}

/** Gradients of Σ dy·state, dy [B, H, W, C]; those of a shared rule are summed over the batch. */
export function referenceGradient(task: ReferenceTask, dy: Values): ReferenceGradients {
  const gradients = zeroGradients(task, task.ruleCount);
  const size = task.x0.length / task.batch;
  for (let b = 0; b < task.batch; b++) {
    const dState = dy.slice(b * size, (b + 1) * size);
    backwardSample(task, b, trajectoryOf(task, b), dState, gradients, task.ruleCount === 1 ? 0 : b);
  }
  return gradients;
}

/** Loss of each sample [B], final state, and the gradients of each sample's own loss: [B, …] also of a shared rule. */
export function referenceLoss(
  task: ReferenceTask,
  goal: ReferenceTarget,
): ReferenceGradients & { readonly loss: Values; readonly state: Values } {
  const { height: H, width: W } = task.grid;
  const C = task.automaton.channels;
  const gradients = zeroGradients(task, task.batch);
  const loss = zerosLike(task.x0, task.batch);
  const state = zerosLike(task.x0, task.x0.length);
  for (let b = 0; b < task.batch; b++) {
    const trajectory = trajectoryOf(task, b);
    const final = trajectory[task.steps];
    const dFinal = zerosLike(task.x0, H * W * C);
    let sum = 0;
    for (let cell = 0; cell < H * W; cell++) {
      const weight = (goal.pixelWeight?.[b * H * W + cell] ?? 1) / (H * W * 4);
      for (let c = 0; c < 4; c++) {
        const [value, slope] = pixelLoss(
          goal.loss,
          final[cell * C + c],
          goal.target[(b * H * W + cell) * 4 + c],
        );
        sum += weight * value;
        dFinal[cell * C + c] = weight * slope;
      }
    }
    loss[b] = sum;
    state.set(final, b * H * W * C);
    backwardSample(task, b, trajectory, dFinal, gradients, b);
  }
  return { loss, state, ...gradients };
}

/** Value and slope of one value's loss; bce is continued linearly outside 0.001…0.999, bounds in float32. */
export function pixelLoss(kind: LossKind, x: number, target: number): [value: number, slope: number] {
  if (kind === 'mse') return [(x - target) ** 2, 2 * (x - target)];
  const p = Math.min(Math.max(x, Math.fround(0.001)), Math.fround(0.999));
  const slope = -target / p + (1 - target) / (1 - p);
  return [-(target * Math.log(p) + (1 - target) * Math.log(1 - p)) + slope * (x - p), slope];
}

/**
 * Horizontal and vertical gradient filters of one Sobel size, each [size, size] with rows j and columns i:
 * g = i/(i²+j²) and j/(i²+j²), divided by Σ|g|.
 */
export function gradientFilters(size: number): { horizontal: Float64Array; vertical: Float64Array } {
  const radius = (size - 1) / 2;
  const horizontal = new Float64Array(size * size);
  const vertical = new Float64Array(size * size);
  let norm = 0;
  for (let j = -radius; j <= radius; j++) {
    for (let i = -radius; i <= radius; i++) {
      if (i === 0 && j === 0) continue;
      const at = (j + radius) * size + i + radius;
      horizontal[at] = i / (i * i + j * j);
      vertical[at] = j / (i * i + j * j);
      norm += Math.abs(horizontal[at]);
    }
  }
  return { horizontal: horizontal.map((g) => g / norm), vertical: vertical.map((g) => g / norm) };
}

/** Whether each cell [H·W] fires in one step of one sample; both indices absolute. */
export function firingCells(cells: number, automaton: Automaton, step: number, sample: number, seed: number) {
  const fireRate = Math.fround(automaton.fireRate);
  const fires = new Uint8Array(cells);
  for (let cell = 0; cell < cells; cell++) fires[cell] = uniform(cell, step, sample, seed) < fireRate ? 1 : 0;
  return fires;
}

/** States of one sample, before the first step and after every step: T + 1 of [H, W, C]. */
function trajectoryOf(task: ReferenceTask, b: number): Values[] {
  const size = task.x0.length / task.batch;
  const states: Values[] = [task.x0.slice(b * size, (b + 1) * size)];
  for (let t = 0; t < task.steps; t++) states.push(stepOf(task, b, t).forward(states[t]));
  return states;
}

/** Adds one sample's gradients into place `r` of the rule's, and writes its dx0. */
function backwardSample(
  task: ReferenceTask,
  b: number,
  trajectory: readonly Values[],
  dFinal: Values,
  gradients: ReferenceGradients,
  r: number,
): void {
  let dState = dFinal;
  for (let t = task.steps - 1; t >= 0; t--) {
    dState = stepOf(task, b, t).backward(trajectory[t], dState, gradients, r);
  }
  gradients.dx0.set(dState, b * dState.length);
}

/** Step t of sample b, forward and backward over one state [H, W, C]. */
function stepOf(task: ReferenceTask, b: number, t: number, mix: ReferenceMix | null = null) {
  const { height: H, width: W } = task.grid;
  const { channels: C, hidden: d, sobelSizes, gain } = task.automaton;
  const K = featureCount(task.automaton);
  const M = mix?.rules ?? 1;
  const R = task.ruleCount / M;
  const rules = Array.from({ length: M }, (_, m) => {
    const r = m * R + (R === 1 ? 0 : b);
    return {
      w0: task.w0.subarray(r * K * d, (r + 1) * K * d),
      b0: task.b0.subarray(r * d, (r + 1) * d),
      w1: task.w1.subarray(r * d * C, (r + 1) * d * C),
    };
  });
  let { w0, b0, w1 } = rules[0];
  const filters = sobelSizes.map((size) => ({ radius: (size - 1) / 2, size, ...gradientFilters(size) }));
  const fires = firingCells(
    H * W,
    task.automaton,
    task.draw.firstStep + t,
    task.draw.firstSample + b,
    task.draw.seed,
  );
  const chosen = mix === null ? null : chosenRules(mix);
  const features = new Float64Array(K);
  const hidden = new Float64Array(d);

  /** The rule of every cell [H·W]. */
  function chosenRules({ limits, pattern }: ReferenceMix): Uint8Array {
    const step = task.draw.firstStep + t;
    if (limits === null) return new Uint8Array(H * W).fill(pattern[step % pattern.length]);
    return chosenStyles(limits, H * W, step, task.draw.firstSample + b, task.draw.seed);
  }

  /** The neighbour of (y, x) within the grid that holds the 3×3 maximum of channel c: its index into the state. */
  function maximumAt(state: Values, y: number, x: number, c: number): number {
    let best = (y * W + x) * C + c;
    for (let ny = Math.max(y - 1, 0); ny <= Math.min(y + 1, H - 1); ny++) {
      for (let nx = Math.max(x - 1, 0); nx <= Math.min(x + 1, W - 1); nx++) {
        const at = (ny * W + nx) * C + c;
        if (state[at] > state[best]) best = at;
      }
    }
    return best;
  }

  function livingCells(state: Values): Uint8Array {
    const threshold = Math.fround(task.automaton.aliveThreshold);
    const alive = new Uint8Array(H * W);
    for (let y = 0; y < H; y++) {
      for (let x = 0; x < W; x++) {
        const highest = state[maximumAt(state, y, x, task.automaton.aliveChannel)];
        alive[y * W + x] = highest > threshold ? 1 : 0;
      }
    }
    return alive;
  }

  /** Visits the neighbours of (y, x) under each Sobel filter: k of the horizontal feature of channel 0, cell, weights. */
  function eachNeighbour(
    y: number,
    x: number,
    visit: (k: number, cell: number, horizontal: number, vertical: number) => void,
  ): void {
    for (const [s, { radius, size, horizontal, vertical }] of filters.entries()) {
      for (let j = -radius; j <= radius; j++) {
        for (let i = -radius; i <= radius; i++) {
          if (y + j < 0 || y + j >= H || x + i < 0 || x + i >= W) continue;
          const at = (j + radius) * size + i + radius;
          visit((2 + 2 * s) * C, (y + j) * W + x + i, horizontal[at], vertical[at]);
        }
      }
    }
  }

  /** Fills `features` [K] and `hidden` [d] of one cell. */
  function perceive(state: Values, y: number, x: number): void {
    features.fill(0);
    for (let c = 0; c < C; c++) {
      features[c] = state[(y * W + x) * C + c];
      features[C + c] = state[maximumAt(state, y, x, c)];
    }
    eachNeighbour(y, x, (k, cell, horizontal, vertical) => {
      for (let c = 0; c < C; c++) {
        features[k + c] += horizontal * state[cell * C + c];
        features[k + C + c] += vertical * state[cell * C + c];
      }
    });
    hidden.set(b0);
    for (let k = 0; k < K; k++) {
      const feature = features[k];
      if (feature === 0) continue;
      for (let n = 0; n < d; n++) hidden[n] += feature * w0[k * d + n];
    }
    for (let n = 0; n < d; n++) hidden[n] = Math.max(hidden[n], 0);
  }

  /** The state after every cell that fires has added its update, before the living mask. */
  function updated(state: Values): Values {
    const next = state.slice();
    const delta = new Float64Array(C);
    for (let cell = 0; cell < H * W; cell++) {
      if (fires[cell] === 0) continue;
      if (chosen !== null) ({ w0, b0, w1 } = rules[chosen[cell]]);
      perceive(state, Math.floor(cell / W), cell % W);
      delta.fill(0);
      for (let n = 0; n < d; n++) {
        if (hidden[n] === 0) continue;
        for (let c = 0; c < C; c++) delta[c] += hidden[n] * w1[n * C + c];
      }
      for (let c = 0; c < C; c++) next[cell * C + c] = state[cell * C + c] + gain * delta[c];
    }
    return next;
  }

  /** Whether each cell lived before and lives after. */
  function keptCells(before: Values, after: Values): Uint8Array {
    const aliveAfter = livingCells(after);
    return livingCells(before).map((alive, cell) => alive & aliveAfter[cell]);
  }

  function forward(state: Values): Values {
    const next = updated(state);
    const kept = keptCells(state, next);
    for (let cell = 0; cell < H * W; cell++) {
      if (kept[cell] === 0) next.fill(0, cell * C, (cell + 1) * C);
    }
    eachHeld(({ channels: V, values }, from, cell) => {
      next.set(values.subarray(from * V, (from + 1) * V), cell * C);
    });
    return next;
  }

  /** Visits the held cells: the place among those of the hold, and the cell. */
  function eachHeld(visit: (hold: ReferenceHold, from: number, cell: number) => void): void {
    const { hold } = task;
    if (!hold) return;
    const first = (hold.samples === 1 ? 0 : b) * H * W;
    for (let cell = 0; cell < H * W; cell++) {
      if (hold.mask[first + cell] !== 0) visit(hold, first + cell, cell);
    }
  }

  /** dAfter [H, W, C] → the gradient of `state`; adds the rule's gradients into place `place`. */
  function backward(state: Values, dAfter: Values, gradients: ReferenceGradients, place: number): Values {
    const dNext = dAfter.slice();
    // What a held cell shows does not hang on the step.
    eachHeld(({ channels: V }, _, cell) => dNext.fill(0, cell * C, cell * C + V));
    const dw0 = gradients.dw0.subarray(place * K * d, (place + 1) * K * d);
    const db0 = gradients.db0.subarray(place * d, (place + 1) * d);
    const dw1 = gradients.dw1.subarray(place * d * C, (place + 1) * d * C);
    const kept = keptCells(state, updated(state));
    const dState = zerosLike(state, state.length);
    const dFeatures = new Float64Array(K);
    const dHidden = new Float64Array(d);
    for (let cell = 0; cell < H * W; cell++) {
      if (kept[cell] === 0) continue;
      for (let c = 0; c < C; c++) dState[cell * C + c] += dNext[cell * C + c];
      if (fires[cell] === 0) continue;
      const y = Math.floor(cell / W);
      const x = cell % W;
      perceive(state, y, x);
      for (let n = 0; n < d; n++) {
        dHidden[n] = 0;
        if (hidden[n] === 0) continue;
        for (let c = 0; c < C; c++) {
          const dDelta = gain * dNext[cell * C + c];
          dHidden[n] += dDelta * w1[n * C + c];
          dw1[n * C + c] += hidden[n] * dDelta;
        }
        db0[n] += dHidden[n];
      }
      for (let k = 0; k < K; k++) {
        let sum = 0;
        for (let n = 0; n < d; n++) {
          sum += dHidden[n] * w0[k * d + n];
          dw0[k * d + n] += features[k] * dHidden[n];
        }
        dFeatures[k] = sum;
      }
      for (let c = 0; c < C; c++) {
        dState[cell * C + c] += dFeatures[c];
        dState[maximumAt(state, y, x, c)] += dFeatures[C + c];
      }
      eachNeighbour(y, x, (k, neighbour, horizontal, vertical) => {
        for (let c = 0; c < C; c++) {
          dState[neighbour * C + c] += horizontal * dFeatures[k + c] + vertical * dFeatures[k + C + c];
        }
      });
    }
    return dState;
  }

  return { forward, backward };
}

function zeroGradients(task: ReferenceTask, count: number): ReferenceGradients {
  const { channels: C, hidden: d } = task.automaton;
  const K = featureCount(task.automaton);
  return {
    dx0: zerosLike(task.x0, task.x0.length),
    dw0: zerosLike(task.x0, count * K * d),
    db0: zerosLike(task.x0, count * d),
    dw1: zerosLike(task.x0, count * d * C),
  };
}

function zerosLike(values: Values, length: number): Values {
  return values instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
}
