/**
 * One rollout with everything that decides its result, run by any implementation through the operation that the
 * application uses, or by the reference loops in float32 or float64; and how far two results are apart.
 */
import { featureCount, type Automaton, type Draw, type Grid } from '#domain/automaton.ts';
import type { LossKind } from '#domain/model-spec.ts';
import { createRandom } from '#domain/random.ts';
import {
  referenceGradient,
  referenceLoss,
  referenceRollout,
  type ReferenceTask,
  type Values,
} from '#engine/kernels/reference/rollout.ts';
import { rollout, rolloutLoss, type Hold, type RuleTensors } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';
import type { Implementation } from './implementations.ts';

export interface RolloutCase {
  readonly batch: number;
  readonly grid: Grid;
  readonly automaton: Automaton;
  readonly steps: number;
  readonly draw: Draw;
  readonly ruleCount: number;
  readonly x0: Float32Array;
  readonly w0: Float32Array;
  readonly b0: Float32Array;
  readonly w1: Float32Array;
  /** [B, H, W, 4] */
  readonly target: Float32Array;
  /** [B, H, W] */
  readonly pixelWeight: Float32Array | null;
  readonly loss: LossKind;
  readonly hold: CaseHold | null;
}

/** Cells that show the same after every step. */
export interface CaseHold {
  /** 1 or B */
  readonly samples: number;
  /** V */
  readonly channels: number;
  /** [samples, H, W] */
  readonly mask: Float32Array;
  /** [samples, H, W, V] */
  readonly values: Float32Array;
}

export interface HoldOptions {
  readonly channels: number;
  readonly shared: boolean;
  /** Of the cells, the part that is held, roughly. */
  readonly share: number;
}

/** By name: states, losses and gradients of the sum of the samples' losses times 1, 2, 3, … */
export type Results = ReadonlyMap<string, Values>;

export interface CaseOptions {
  readonly batch?: number;
  readonly grid?: Grid;
  readonly automaton?: Partial<Automaton>;
  readonly steps?: number;
  readonly draw?: Partial<Draw>;
  readonly shared?: boolean;
  /** Standard deviation of a cell's first update, roughly. */
  readonly vigour?: number;
  /** Added to the alive channel of x0: −10 kills every cell, 10 keeps all alive. */
  readonly life?: number;
  readonly loss?: LossKind;
  readonly weighted?: boolean;
  readonly hold?: HoldOptions;
}

/** A random state on the whole grid (so that no maximum is a tie) and random rules. */
export function randomCase(seed: number, options: CaseOptions = {}): RolloutCase {
  const random = createRandom(seed);
  const normals = (count: number, scale: number): Float32Array =>
    Float32Array.from({ length: count }, () => scale * random.normal());
  const automaton: Automaton = {
    channels: 6,
    hidden: 10,
    sobelSizes: [3, 5],
    aliveChannel: 3,
    aliveThreshold: 0.1,
    fireRate: 0.5,
    gain: 1,
    ...options.automaton,
  };
  const { channels: C, hidden: d } = automaton;
  const K = featureCount(automaton);
  const { batch = 2, grid = { height: 7, width: 6 }, steps = 4, vigour = 0.1, life = 0 } = options;
  const cells = batch * grid.height * grid.width;
  const ruleCount = options.shared === true ? 1 : batch;
  const x0 = normals(cells * C, 0.3);
  for (let cell = 0; cell < cells; cell++) x0[cell * C + automaton.aliveChannel] += life;
  return {
    batch,
    grid,
    automaton,
    steps,
    ruleCount,
    draw: { seed: random.int(2 ** 32), firstStep: 0, firstSample: 0, ...options.draw },
    x0,
    w0: normals(ruleCount * K * d, 1 / Math.sqrt(K)),
    b0: normals(ruleCount * d, 0.3),
    w1: normals(ruleCount * d * C, vigour / Math.sqrt(d)),
    target: Float32Array.from({ length: cells * 4 }, () => random.next()),
    pixelWeight: options.weighted === true ? Float32Array.from({ length: cells }, () => random.next()) : null,
    loss: options.loss ?? 'mse',
    hold: options.hold === undefined ? null : randomHold(seed, options.hold, batch, grid),
  };
}

/** From draws of its own: the same case with and without. */
function randomHold(
  seed: number,
  { channels, shared, share }: HoldOptions,
  batch: number,
  grid: Grid,
): CaseHold {
  const random = createRandom(seed);
  const samples = shared ? 1 : batch;
  const cells = samples * grid.height * grid.width;
  return {
    ...{ samples, channels },
    mask: Float32Array.from({ length: cells }, () => Number(random.next() < share)),
    values: Float32Array.from({ length: cells * channels }, () => random.next()),
  };
}

type How = Partial<Pick<Implementation, 'implementation' | 'memory'>>;

/**
 * Everything that the operation can compute, by the active tfjs backend: `state` and the gradients of a random Σ dy·state
 * by rollout, `loss` and its gradients by rolloutLoss.
 */
function caseTensors(spec: RolloutCase, { implementation, memory }: How): Record<string, tf.Tensor> {
  const { automaton, steps, draw, batch: B, grid } = spec;
  const x0 = tf.tensor4d(spec.x0, stateShape(spec));
  const rule = ruleTensors(spec);
  const dy = tf.tensor4d(stateGradientOf(spec), stateShape(spec));
  const target = tf.tensor4d(spec.target, [B, grid.height, grid.width, 4]);
  const common = {
    ...{ steps, draw, hold: holdTensors(spec) },
    ...(implementation && { implementation }),
    ...(memory && { memory }),
  };
  const weight =
    spec.pixelWeight === null
      ? {}
      : { pixelWeight: tf.tensor3d(spec.pixelWeight, [B, grid.height, grid.width]) };
  const inputs = [x0, rule.w0, rule.b0, rule.w1];

  const fromState = tf.grads((x0, w0, b0, w1) =>
    tf.sum(tf.mul(dy, rollout(x0 as tf.Tensor4D, { w0, b0, w1 } as RuleTensors, automaton, common))),
  )(inputs);
  let loss: tf.Tensor | undefined;
  let state: tf.Tensor | undefined;
  const fromLoss = tf.grads((x0, w0, b0, w1) => {
    const result = rolloutLoss(x0 as tf.Tensor4D, { w0, b0, w1 } as RuleTensors, target, automaton, {
      ...common,
      ...weight,
      loss: spec.loss,
      needsStateGradient: true,
    });
    loss = tf.keep(result.loss);
    state = result.state;
    return tf.sum(tf.mul(result.loss, tf.range(1, B + 1)));
  })(inputs);
  return {
    state: rollout(x0, rule, automaton, common),
    ...Object.fromEntries(names.map((name, i) => [`Σ dy·state: ${name}`, fromState[i]])),
    loss: loss!,
    'state of the loss': state!,
    ...Object.fromEntries(names.map((name, i) => [`loss: ${name}`, fromLoss[i]])),
  };
}

export function runCase(spec: RolloutCase, how: How): Results {
  const tensors = tf.tidy(() => caseTensors(spec, how));
  const results = new Map(
    Object.entries(tensors).map(([name, tensor]) => [name, tensor.dataSync<'float32'>()]),
  );
  tf.dispose(tensors);
  return results;
}

/** The same on a backend whose values are read by and by. */
export async function runCaseAsync(spec: RolloutCase, how: How = {}): Promise<Results> {
  const tensors = tf.tidy(() => caseTensors(spec, how));
  const results = new Map<string, Float32Array>();
  for (const [name, tensor] of Object.entries(tensors)) results.set(name, await tensor.data<'float32'>());
  tf.dispose(tensors);
  return results;
}

/** The same by the reference loops, with states and gradients stored as `Storage`. */
export function referenceCase(
  spec: RolloutCase,
  Storage: typeof Float64Array | typeof Float32Array = Float64Array,
): Results {
  const task = referenceTask(spec, Storage);
  const gradient = referenceGradient(task, Storage.from(stateGradientOf(spec)));
  const loss = referenceLoss(task, {
    target: Storage.from(spec.target),
    pixelWeight: spec.pixelWeight === null ? null : Storage.from(spec.pixelWeight),
    loss: spec.loss,
  });
  const state = referenceRollout(task);
  return new Map<string, Values>([
    ['state', state],
    ...names.map((name): [string, Values] => [`Σ dy·state: ${name}`, gradient[name]]),
    ['loss', loss.loss],
    ['state of the loss', loss.state],
    ...names.map((name): [string, Values] => {
      const places = name === 'dx0' ? spec.batch : spec.ruleCount;
      return [`loss: ${name}`, weightedSum(loss[name], spec.batch, places)];
    }),
  ]);
}

export function referenceTask(
  spec: RolloutCase,
  Storage: typeof Float64Array | typeof Float32Array = Float64Array,
): ReferenceTask {
  return {
    ...spec,
    x0: Storage.from(spec.x0),
    w0: Storage.from(spec.w0),
    b0: Storage.from(spec.b0),
    w1: Storage.from(spec.w1),
    hold: spec.hold && {
      ...spec.hold,
      // Held values are float32 wherever they are stored.
      mask: Storage.from(spec.hold.mask),
      values: Storage.from(spec.hold.values),
    },
  };
}

export function holdTensors({ hold, grid }: RolloutCase): Hold | null {
  if (hold === null) return null;
  const { samples, channels } = hold;
  const { height, width } = grid;
  return {
    mask: tf.tensor3d(hold.mask, [samples, height, width]),
    values: tf.tensor4d(hold.values, [samples, height, width, channels]),
  };
}

/** A fixed random dy [B, H, W, C] for the case. */
export function stateGradientOf(spec: RolloutCase): Float32Array {
  const random = createRandom(spec.draw.seed);
  return Float32Array.from(spec.x0, () => random.normal());
}

/** Largest difference, as a share of the largest expected value; infinite where a value is not finite. */
export function distance(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Infinity;
  let largest = 0;
  let difference = 0;
  for (let i = 0; i < expected.length; i++) {
    if (!Number.isFinite(actual[i])) return Infinity;
    largest = Math.max(largest, Math.abs(expected[i]));
    difference = Math.max(difference, Math.abs(actual[i] - expected[i]));
  }
  return largest === 0 ? difference : difference / largest;
}

export function stateShape(spec: RolloutCase): [number, number, number, number] {
  return [spec.batch, spec.grid.height, spec.grid.width, spec.automaton.channels];
}

export function ruleTensors(spec: RolloutCase): RuleTensors {
  const { channels: C, hidden: d } = spec.automaton;
  return {
    w0: tf.tensor3d(spec.w0, [spec.ruleCount, featureCount(spec.automaton), d]),
    b0: tf.tensor2d(spec.b0, [spec.ruleCount, d]),
    w1: tf.tensor3d(spec.w1, [spec.ruleCount, d, C]),
  };
}

const names = ['dx0', 'dw0', 'db0', 'dw1'] as const;

/** Σ (b + 1)·perSample[b] of each place, of which there are B or 1. */
function weightedSum(perSample: Values, batch: number, places: number): Values {
  const size = perSample.length / batch;
  const sum = new Float64Array(places * size);
  for (let b = 0; b < batch; b++) {
    const place = places === 1 ? 0 : b;
    for (let i = 0; i < size; i++) sum[place * size + i] += (b + 1) * perSample[b * size + i];
  }
  return sum;
}
