/**
 * One run of training: images → encoder → latent → rule → rollout → loss → Adam, an iteration at a time. Everything
 * random is drawn from (seed, iteration), so a snapshot holds only weights, moments and a few integers, and a run that
 * was stopped and continued equals one that was not. The trainer knows neither files nor clocks.
 */
import { AppError } from '#domain/errors.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { createRandom } from '#domain/random.ts';
import { seedState } from '#domain/seed-state.ts';
import { gradientsOf } from '#engine/gradients-of.ts';
import { withLessMemory } from '#engine/less-memory.ts';
import { decode, heldDecoderOf } from '#engine/network/decoders.ts';
import { encode, encoderInput } from '#engine/network/encoder.ts';
import { createWeights, disposeWeights, networkOf, weightShapes } from '#engine/network/weights.ts';
import type { TrainableWeights, Weights } from '#engine/network/weights.ts';
import { rolloutLoss } from '#engine/rollout/rollout.ts';
import type { RolloutImplementation, RolloutLossOptions } from '#engine/rollout/rollout.ts';
import { tf } from '#engine/tf.ts';
import { createAdam } from '#engine/training/adam.ts';
import { createDataOrder, derivedSeed } from '#engine/training/data-order.ts';
import type { DataOrderState } from '#engine/training/data-order.ts';
import { damagedBatch } from '#engine/training/damaged-batch.ts';
import { balanceSamples } from '#engine/training/gradients.ts';
import { latentPenalty, sampleLatent } from '#engine/training/loss.ts';
import type { TrainingOptions } from '#engine/training/options.ts';
import { readRunTensors, writeRunTensors } from '#engine/training/run-tensors.ts';
import type { RunSnapshot } from '#engine/training/run-tensors.ts';
import { learningRateAt } from '#engine/training/schedule.ts';
import { updateWeights } from '#engine/training/update.ts';

/** Where the images come from: premultiplied RGBA of the spec's grid, values 0…1. */
export interface TrainingData {
  readonly count: number;
  /** [n, H, W, 4] */
  batch(indices: readonly number[]): Float32Array | Promise<Float32Array>;
}

export interface TrainerSetup {
  readonly spec: ModelSpec;
  readonly data: TrainingData;
  readonly options: TrainingOptions;
  /** uint32: of the first weights, the order of the data and everything drawn. */
  readonly seed: number;
  /** To start from; they become the trainer's. Fresh ones from the seed if left out. */
  readonly weights?: TrainableWeights;
  readonly implementation?: RolloutImplementation;
}

export interface StepResult {
  /** Iterations made, this one included. */
  readonly iteration: number;
  /** All of it: reconstruction + klWeight·penalty. */
  readonly loss: number;
  /** Mean of the samples' losses against their targets. */
  readonly reconstruction: number;
  /** KL divergence, or Σz². */
  readonly penalty: number;
  readonly learningRate: number;
  /** T of this iteration. */
  readonly steps: number;
  /** Of all weights' gradients before scaling; null if the options do not ask for it. */
  readonly gradientNorm: number | null;
}

export interface TrainerSnapshot extends RunSnapshot {
  readonly order: DataOrderState;
}

export interface Trainer {
  readonly spec: ModelSpec;
  /** Iterations made. */
  readonly iteration: number;
  readonly weights: TrainableWeights;
  /** To evaluate and to publish: the moving average if one is kept, else the weights. */
  readonly bestWeights: Weights;
  /** One iteration. AppError `not-finite`, with the weights as they were, if the loss or its gradient is not finite. */
  step(): Promise<StepResult>;
  /** With `shared`, values may be the tensors' own arrays, valid until the next step. */
  snapshot(options?: { shared?: boolean }): Promise<TrainerSnapshot>;
  restore(snapshot: TrainerSnapshot): void;
  dispose(): void;
}

export function createTrainer({
  spec,
  data,
  options,
  seed,
  weights: given,
  implementation,
}: TrainerSetup): Trainer {
  const { height: H, width: W } = spec.grid;
  const { planes, latent: E } = networkOf(spec);
  const B = options.batchSize;
  if (data.count < 1)
    throw new AppError('no-images', 'Training needs at least one image, and there is none.');

  const weights = given ?? createWeights(spec, seed);
  const names = [...weights.keys()];
  const variables = [...weights.values()];
  const ruleBiases = weightShapes(spec)
    .filter(({ name, role }) => role === 'rule' && name.endsWith('.bias'))
    .map(({ name }) => name);
  const adam = createAdam(weights, options.adam, rateFactors(spec, options));
  const order = createDataOrder(data.count, seed);
  const start = tiledSeed(spec, B);
  let iteration = 0;

  /** What the encoder sees, what is to grow, and of held cells what there is to say. */
  function batchTensors(rgba: Float32Array): BatchTensors {
    const random = createRandom(derivedSeed(seed, 'damage', iteration));
    const { pictures, input, held } = spec.damage
      ? damagedBatch(spec, spec.damage, rgba, random)
      : { pictures: rgba, input: encoderInput(spec, rgba), held: null };
    const images = tf.tensor4d(input, [B, H, W, planes]);
    const target = tf.tensor4d(pictures, [B, H, W, 4]);
    if (held === null) return { images, target, held };
    const n = held.count;
    return {
      ...{ images, target },
      held: {
        steps: spec.damage?.held?.steps ?? spec.steps,
        start: tf.tensor4d(held.start, [n, H, W, spec.automaton.channels]),
        mask: tf.tensor3d(held.mask, [n, H, W]),
        weight: tf.tensor3d(held.weight, [n, H, W]),
      },
    };
  }

  /** The losses [B] of what grows from z [B, E]: of samples with held cells, by themselves. */
  function grownLoss(
    z: tf.Tensor2D,
    { target, held }: BatchTensors,
    settings: RolloutLossOptions,
  ): tf.Tensor1D {
    const lossOf = (...given: Parameters<typeof rolloutLoss>): tf.Tensor1D => {
      const { loss, state } = rolloutLoss(...given);
      state.dispose();
      return loss;
    };
    if (held === null) return lossOf(start, decode(weights, spec, z), target, spec.automaton, settings);
    const n = held.start.shape[0];
    const heldTarget = tf.slice(target, B - n, n);
    const heldRule = decode(weights, spec, tf.slice(z, B - n, n), heldDecoderOf(spec));
    const heldLoss = lossOf(held.start, heldRule, heldTarget, spec.automaton, {
      ...settings,
      steps: held.steps,
      draw: { ...settings.draw, firstSample: B - n },
      pixelWeight: held.weight,
      hold: { mask: held.mask, values: heldTarget },
    });
    if (n === B) return heldLoss;
    const free = <T extends tf.Tensor>(tensor: T): T => tf.slice(tensor, 0, B - n);
    const freeRule = decode(weights, spec, free(z));
    const freeLoss = lossOf(free(start), freeRule, free(target), spec.automaton, settings);
    return tf.concat([freeLoss, heldLoss]);
  }

  function noiseTensor(): tf.Tensor2D {
    const random = createRandom(derivedSeed(seed, 'latent', iteration));
    return tf.tensor2d(
      Float32Array.from({ length: B * E }, () => random.normal()),
      [B, E],
    );
  }

  /** Loss, its two parts and the weights' gradients. */
  function forwardBackward(
    rgba: Float32Array,
    steps: number,
  ): { value: tf.Tensor; parts: tf.Tensor[]; grads: ReadonlyMap<string, tf.Tensor> } {
    const parts: tf.Tensor[] = [];
    const batch = batchTensors(rgba);
    const { images, target, held } = batch;
    const noise = noiseTensor();
    const draw = { seed: derivedSeed(seed, 'rollout', iteration), firstStep: 0, firstSample: 0 };
    const balance = balanceSamples(options.sampleGradient, options.sampleLimit);
    const settings = {
      steps,
      draw,
      loss: spec.loss,
      ...(implementation && { implementation }),
      ...(balance && { balance }),
    };
    try {
      const { value, grads } = gradientsOf(() => {
        const latent = encode(weights, spec, images);
        const reconstruction = tf.mean(grownLoss(sampleLatent(latent, noise), batch, settings));
        const penalty = latentPenalty(latent);
        parts.push(tf.keep(reconstruction), tf.keep(penalty));
        return tf.add<tf.Scalar>(reconstruction, tf.mul(penalty, spec.klWeight));
      }, variables);
      return { value, parts, grads: gradientsByName(names, grads) };
    } catch (failure) {
      tf.dispose(parts);
      throw failure;
    } finally {
      // Also where memory ran out: whoever asks for less next time needs it.
      tf.dispose([images, noise, target]);
      if (held) tf.dispose([held.start, held.mask, held.weight]);
    }
  }

  return {
    spec,
    weights,
    bestWeights: adam.average ?? weights,
    get iteration() {
      return iteration;
    },
    async step() {
      const rgba = await data.batch(order.next(B));
      if (rgba.length !== B * H * W * 4) {
        throw new AppError(
          'mismatch',
          `A batch holds ${rgba.length} values; ${B} images of ${W}×${H} RGBA are ${B * H * W * 4}.`,
        );
      }
      const steps = stepsAt(spec, options, seed, iteration);
      const learningRate = learningRateAt(options.schedule, iteration);
      return withLessMemory(async () => {
        const { value, parts, grads } = forwardBackward(rgba, steps);
        try {
          const [loss, reconstruction, penalty] = await Promise.all([value, ...parts].map(scalarOf));
          const gradientNorm = await updateWeights(adam, {
            loss,
            gradients: grads,
            learningRate,
            weightGradient: options.weightGradient,
            clipNorm: options.clipNorm,
            watched: ruleBiases,
            iteration: iteration + 1,
          });
          iteration++;
          return { iteration, loss, reconstruction, penalty, learningRate, steps, gradientNorm };
        } finally {
          tf.dispose([value, ...parts, ...grads.values()]);
        }
      });
    },
    async snapshot({ shared = false } = {}) {
      const tensors = await readRunTensors(weights, adam, shared);
      return { iteration, updates: adam.updates, seed, order: order.state(), tensors };
    },
    restore(snapshot) {
      writeRunTensors(weights, adam, seed, snapshot);
      order.restore(snapshot.order);
      iteration = snapshot.iteration;
    },
    dispose() {
      start.dispose();
      adam.dispose();
      disposeWeights(weights);
    },
  };
}

interface BatchTensors {
  readonly images: tf.Tensor4D;
  readonly target: tf.Tensor4D;
  /** Of the last samples. */
  readonly held: HeldTensors | null;
}

interface HeldTensors {
  readonly steps: number;
  readonly start: tf.Tensor4D;
  readonly mask: tf.Tensor3D;
  readonly weight: tf.Tensor3D;
}

/** Those of decoders that no sample of the batch needed are not there. */
function gradientsByName(
  names: readonly string[],
  gradients: readonly (tf.Tensor | undefined)[],
): ReadonlyMap<string, tf.Tensor> {
  const byName = new Map<string, tf.Tensor>();
  for (const [i, gradient] of gradients.entries()) if (gradient !== undefined) byName.set(names[i], gradient);
  return byName;
}

/** Each weight's factor on the learning rate. */
function rateFactors(spec: ModelSpec, { rates }: TrainingOptions): Map<string, number> {
  const isBias = (name: string): boolean => name.endsWith('.bias');
  return new Map(
    weightShapes(spec).map(({ name, role }) => {
      if (role === 'rule') return [name, isBias(name) ? rates.rule : rates.output];
      return [name, /^(heldD|d)ecoder/.test(name) ? rates.decoder : rates.encoder];
    }),
  );
}

/** The seed state, once for every sample: [count, H, W, C]. */
export function tiledSeed(spec: ModelSpec, count: number): tf.Tensor4D {
  const one = seedState(spec);
  const all = new Float32Array(count * one.length);
  for (let b = 0; b < count; b++) all.set(one, b * one.length);
  return tf.tensor4d(all, [count, spec.grid.height, spec.grid.width, spec.automaton.channels]);
}

/** T of an iteration, counted from 0. */
export function stepsAt(
  spec: ModelSpec,
  options: Pick<TrainingOptions, 'steps' | 'stepCurriculum'>,
  seed: number,
  iteration: number,
): number {
  const { steps: range, stepCurriculum: curriculum } = options;
  let steps = spec.steps;
  if (range) {
    steps = range.min + createRandom(derivedSeed(seed, 'steps', iteration)).int(range.max - range.min + 1);
  }
  if (!curriculum || iteration >= curriculum.iterations) return steps;
  const progress = iteration / curriculum.iterations;
  return Math.min(steps, Math.round(curriculum.from + (steps - curriculum.from) * progress));
}

async function scalarOf(tensor: tf.Tensor): Promise<number> {
  return (await tensor.data())[0];
}
