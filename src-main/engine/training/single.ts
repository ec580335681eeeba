/**
 * One image and one rule, without an encoder, as Mordvintsev et al. 2020: `grow`, `persist` and `regenerate`; and
 * refining, which is `grow` from a rule that a model decoded. The rule is what is trained: variables w0 [K, d], b0 [d]
 * and w1 [d, C], shared by the batch, whose samples differ by their masks and, with a pool, by where they start.
 */
import { AppError } from '#domain/errors.ts';
import type { RuleValues } from '#domain/automaton.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { createRandom } from '#domain/random.ts';
import { seedState } from '#domain/seed-state.ts';
import { gradientsOf } from '#engine/gradients-of.ts';
import { withLessMemory } from '#engine/less-memory.ts';
import { disposeWeights, rulePartShape, variableOf } from '#engine/network/weights.ts';
import type { RulePart, TrainableWeights, Weights } from '#engine/network/weights.ts';
import { rolloutLoss } from '#engine/rollout/rollout.ts';
import type { RolloutImplementation, RuleTensors } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';
import { createAdam } from '#engine/training/adam.ts';
import { derivedSeed } from '#engine/training/data-order.ts';
import { createStatePool } from '#engine/training/pool.ts';
import { readRunTensors, writeRunTensors } from '#engine/training/run-tensors.ts';
import type { RunSnapshot } from '#engine/training/run-tensors.ts';
import { learningRateAt } from '#engine/training/schedule.ts';
import { POOL_TENSOR } from '#engine/training/single-options.ts';
import type { SingleMode, SingleOptions } from '#engine/training/single-options.ts';
import { readTensors } from '#engine/training/tensor-values.ts';
import { stepsAt, tiledSeed } from '#engine/training/trainer.ts';
import type { StepResult } from '#engine/training/trainer.ts';
import { updateWeights } from '#engine/training/update.ts';

export interface SingleSetup {
  /** Its network is null. */
  readonly spec: ModelSpec;
  /** Premultiplied RGBA, [H, W, 4]. */
  readonly target: Float32Array;
  readonly mode: SingleMode;
  readonly options: SingleOptions;
  readonly seed: number;
  /** One rule to start from; a fresh one if left out. */
  readonly rule?: RuleValues;
  /** [H, W]: factor on each pixel's loss, 0 where nothing is known; the mean stays over H·W·4. Left out, all are 1. */
  readonly lossMask?: Float32Array;
  /** Where the rollouts of an iteration start, and what is held meanwhile; left out, from the seed or the pool. Of mode `grow`. */
  readonly starts?: (iteration: number) => HeldStarts;
  readonly implementation?: RolloutImplementation;
}

export interface HeldStarts {
  /** [B, H, W, C] */
  readonly states: Float32Array;
  /** [B, H, W], 1 where a cell is held at the target at every step. */
  readonly mask: Float32Array;
  /** [B, H, W]: factor on each pixel's loss, in place of lossMask. */
  readonly weight: Float32Array;
}

export interface SingleTrainer {
  readonly spec: ModelSpec;
  readonly iteration: number;
  /** w0, b0 and w1, as a model file of one image has them. */
  readonly weights: TrainableWeights;
  /** The moving average if one is kept, else the weights. */
  readonly bestWeights: Weights;
  /** One iteration. AppError `not-finite`, with rule and pool as they were, if the loss or its gradient is not finite. */
  step(): Promise<StepResult>;
  /** As Trainer's; with a pool its states come along. */
  snapshot(options?: { shared?: boolean }): Promise<RunSnapshot>;
  restore(snapshot: RunSnapshot): void;
  dispose(): void;
}

export function createSingleTrainer(setup: SingleSetup): SingleTrainer {
  const { spec, target, mode, options, seed, implementation } = setup;
  const { height: H, width: W } = spec.grid;
  const C = spec.automaton.channels;
  const B = options.batchSize;
  if (target.length !== H * W * 4) {
    throw new AppError(
      'mismatch',
      `The image has ${target.length} values where ${W}×${H} RGBA are ${H * W * 4}; resize it.`,
    );
  }
  if (mode !== 'grow' && options.poolSize < B) {
    throw new AppError(
      'bad-argument',
      `A pool of ${options.poolSize} states is smaller than a batch of ${B}.`,
    );
  }
  const { lossMask, starts } = setup;
  if (lossMask !== undefined && lossMask.length !== H * W) {
    throw new AppError(
      'mismatch',
      `The mask has ${lossMask.length} values where ${W}×${H} cells are ${H * W}; resize it.`,
    );
  }
  const weights = setup.rule ? ruleWeights(spec, setup.rule) : firstRule(spec, seed);
  const variables = [...weights.values()];
  const adam = createAdam(weights, options.adam);
  const seedValues = seedState(spec);
  const poolSetup = { size: options.poolSize, grid: spec.grid, channels: C, seed: seedValues, target };
  const pool = mode === 'grow' ? null : createStatePool(poolSetup);
  const start = tiledSeed(spec, B);
  const targets = tf.tidy(() => tf.tile(tf.tensor4d(target, [1, H, W, 4]), [B, 1, 1, 1]));
  const pixelWeight = lossMask && tf.tidy(() => tf.tile(tf.tensor3d(lossMask.slice(), [1, H, W]), [B, 1, 1]));
  let iteration = 0;

  function forwardBackward(
    x0: tf.Tensor4D,
    steps: number,
    held: { readonly mask: tf.Tensor3D; readonly weight: tf.Tensor3D } | null,
  ): { value: tf.Tensor; state: tf.Tensor; grads: tf.Tensor[] } {
    const draw = { seed: derivedSeed(seed, 'rollout', iteration), firstStep: 0, firstSample: 0 };
    const settings = {
      ...{ steps, draw, loss: spec.loss },
      ...(implementation && { implementation }),
      ...(pixelWeight && { pixelWeight }),
      ...(held && { pixelWeight: held.weight, hold: { mask: held.mask, values: targets } }),
    };
    const final: tf.Tensor[] = [];
    const { value, grads } = gradientsOf(() => {
      const { loss, state } = rolloutLoss(x0, sharedRule(weights), targets, spec.automaton, settings);
      final.push(state);
      return tf.mean(loss);
    }, variables);
    return { value, state: final[0], grads };
  }

  return {
    spec,
    weights,
    bestWeights: adam.average ?? weights,
    get iteration() {
      return iteration;
    },
    async step() {
      const steps = stepsAt(spec, { steps: options.steps, stepCurriculum: null }, seed, iteration);
      const learningRate = learningRateAt(options.schedule, iteration);
      const damage = mode === 'regenerate' ? options : null;
      const taken = pool?.take(B, damage, createRandom(derivedSeed(seed, 'pool', iteration)));
      const begun = starts?.(iteration) ?? null;
      const states = taken?.states ?? begun?.states;
      const x0 = states ? tf.tensor4d(states, [B, H, W, C]) : start;
      const held = begun && {
        mask: tf.tensor3d(begun.mask, [B, H, W]),
        weight: tf.tensor3d(begun.weight, [B, H, W]),
      };
      const attempt = async (): Promise<StepResult> => {
        const made = forwardBackward(x0, steps, held);
        try {
          const { value, state, grads } = made;
          const loss = (await value.data())[0];
          const gradientNorm = await updateWeights(adam, {
            loss,
            gradients: new Map([...weights.keys()].map((name, i) => [name, grads[i]])),
            learningRate,
            weightGradient: options.weightGradient,
            clipNorm: options.clipNorm,
            watched: [...weights.keys()],
            iteration: iteration + 1,
          });
          if (pool && taken) pool.put(taken.places, await state.data<'float32'>());
          iteration++;
          return { iteration, loss, reconstruction: loss, penalty: 0, learningRate, steps, gradientNorm };
        } finally {
          tf.dispose([made.value, made.state, ...made.grads]);
        }
      };
      try {
        return await withLessMemory(attempt);
      } finally {
        if (x0 !== start) x0.dispose();
        if (held) tf.dispose([held.mask, held.weight]);
      }
    },
    async snapshot({ shared = false } = {}) {
      const tensors = await readRunTensors(weights, adam, shared);
      if (pool) {
        const data = shared ? pool.states : pool.states.slice();
        tensors.set(POOL_TENSOR, { shape: [options.poolSize, H, W, C], data });
      }
      return { iteration, updates: adam.updates, seed, tensors };
    },
    restore(snapshot) {
      const states = snapshot.tensors.get(POOL_TENSOR)?.data;
      if (pool && states?.length !== pool.states.length) {
        throw new AppError(
          'mismatch',
          `The checkpoint has no pool of ${options.poolSize} states; start anew.`,
        );
      }
      writeRunTensors(weights, adam, seed, snapshot);
      if (pool && states) pool.states.set(states);
      iteration = snapshot.iteration;
    },
    dispose() {
      tf.dispose([start, targets]);
      pixelWeight?.dispose();
      adam.dispose();
      disposeWeights(weights);
    },
  };
}

/** Weights w0, b0, w1 as one rule for a whole batch; inside tf.tidy or a gradient, for it makes three views. */
export function sharedRule(weights: Weights): RuleTensors {
  const part = (name: RulePart): tf.Tensor => {
    const weight = weights.get(name);
    if (!weight) throw new AppError('mismatch', `The rule lacks ${name}; use a file of one image's rule.`);
    return tf.reshape(weight, [1, ...weight.shape]);
  };
  return { w0: part('w0') as tf.Tensor3D, b0: part('b0') as tf.Tensor2D, w1: part('w1') as tf.Tensor3D };
}

/** The rule's values now, as one rule. */
export async function readRule(weights: Weights): Promise<RuleValues> {
  const tensors = await readTensors(weights);
  const values = (name: RulePart): Float32Array => {
    const tensor = tensors.get(name);
    if (!tensor) throw new AppError('mismatch', `The rule lacks ${name}; use a file of one image's rule.`);
    return tensor.data;
  };
  return { count: 1, w0: values('w0'), b0: values('b0'), w1: values('w1') };
}

/** As Distill starts: the hidden layer random, the update 0, so that at first nothing happens. */
function firstRule(spec: ModelSpec, seed: number): Map<string, tf.Variable> {
  const random = createRandom(seed);
  const [K, d] = rulePartShape(spec, 'w0');
  const bound = Math.sqrt(6 / K);
  const w0 = Float32Array.from({ length: K * d }, () => (2 * random.next() - 1) * bound);
  const zeros = (part: RulePart): Float32Array =>
    new Float32Array(rulePartShape(spec, part).reduce((product, size) => product * size, 1));
  return ruleWeights(spec, { count: 1, w0, b0: zeros('b0'), w1: zeros('w1') });
}

function ruleWeights(spec: ModelSpec, rule: RuleValues): Map<string, tf.Variable> {
  const variable = (part: RulePart): [string, tf.Variable] => {
    const shape = rulePartShape(spec, part);
    const values = rule[part];
    if (values.length !== shape.reduce((product, size) => product * size, 1)) {
      throw new AppError(
        'mismatch',
        `The rule's ${part} has ${values.length} values where the spec asks for [${shape.join(', ')}]; use a rule of the same automaton.`,
      );
    }
    return [part, variableOf(values.slice(), shape)];
  };
  return new Map([variable('w0'), variable('b0'), variable('w1')]);
}
