/**
 * Adam (Kingma & Ba 2015) over named weights, in place and in one pass a weight, for with millions of weights it is
 * bound by memory. The step itself is a tfjs kernel, `AdamUpdate`: plain loops here, threads where a backend brings
 * them, and composed tfjs ops on a backend that has neither. An average of the weights (for evaluation) rides along.
 *
 * AdamUpdate: inputs weight, m, v, gradient and optionally average, all of one size; no output.
 *   g = gradientScale·gradient; m = β1·m + (1−β1)·g; v = β2·v + (1−β2)·g²;
 *   weight −= learningRate·(m/biasCorrection1) / (√(v/biasCorrection2) + ε);
 *   average = averageDecay·average + (1−averageDecay)·weight.
 */
import { hasKernel, registerPlainKernel, valuesOf } from '#engine/network/plain-kernels.ts';
import { variableOf } from '#engine/network/weights.ts';
import type { TrainableWeights } from '#engine/network/weights.ts';
import { MathBackendCPU, tf } from '#engine/tf.ts';

export const ADAM_UPDATE = 'AdamUpdate';

export interface AdamUpdateAttrs {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** 1 − β1^t and 1 − β2^t at update t = 1, 2, … */
  readonly biasCorrection1: number;
  readonly biasCorrection2: number;
  readonly gradientScale: number;
  /** Only with the input `average`. */
  readonly averageDecay: number;
}

export interface AdamOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Of the weights' moving average; null keeps none. Grows from 0.1 to this as (1 + t)/(10 + t) does. */
  readonly averageDecay: number | null;
}

export const defaultAdam: AdamOptions = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, averageDecay: null };

export interface Adam {
  /** Updates made. */
  updates: number;
  readonly m: TrainableWeights;
  readonly v: TrainableWeights;
  /** The weights' moving average, or null. */
  readonly average: TrainableWeights | null;
  /** One update of every weight that has a gradient; gradients stay the caller's. */
  update(
    gradients: ReadonlyMap<string, tf.Tensor>,
    learningRate: number,
    scales?: ReadonlyMap<string, number>,
  ): void;
  dispose(): void;
}

/** @param rates Each weight's factor on the learning rate; 1 for those that it does not name. */
export function createAdam(
  weights: TrainableWeights,
  options: AdamOptions = defaultAdam,
  rates?: ReadonlyMap<string, number>,
): Adam {
  const zeros = (weight: tf.Variable): tf.Variable => variableOf(new Float32Array(weight.size), weight.shape);
  const m = mapWeights(weights, zeros);
  const v = mapWeights(weights, zeros);
  const average = options.averageDecay === null ? null : mapWeights(weights, copyOf);

  const adam: Adam = {
    updates: 0,
    m,
    v,
    average,
    update(gradients, learningRate, scales) {
      const t = ++adam.updates;
      const common = {
        beta1: options.beta1,
        beta2: options.beta2,
        epsilon: options.epsilon,
        biasCorrection1: 1 - options.beta1 ** t,
        biasCorrection2: 1 - options.beta2 ** t,
        averageDecay: Math.min(options.averageDecay ?? 0, (1 + t) / (10 + t)),
      };
      for (const [name, weight] of weights) {
        const [gradient, mOf, vOf] = [gradients.get(name), m.get(name), v.get(name)];
        if (!gradient || !mOf || !vOf) continue;
        const slots = { weight, m: mOf, v: vOf, average: average?.get(name) };
        updateOne(slots, gradient, {
          ...common,
          learningRate: learningRate * (rates?.get(name) ?? 1),
          gradientScale: scales?.get(name) ?? 1,
        });
      }
    },
    dispose() {
      for (const map of [m, v, average]) map?.forEach((variable) => variable.dispose());
    },
  };
  return adam;
}

interface Slots {
  readonly weight: tf.Variable;
  readonly m: tf.Variable;
  readonly v: tf.Variable;
  readonly average: tf.Variable | undefined;
}

function updateOne(slots: Slots, gradient: tf.Tensor, attrs: AdamUpdateAttrs): void {
  if (!hasKernel(ADAM_UPDATE)) {
    composedUpdate(slots, gradient, attrs);
    return;
  }
  const { weight, m, v, average } = slots;
  const inputs = { weight, m, v, gradient, ...(average && { average }) };
  tf.engine().runKernel(ADAM_UPDATE, inputs, { ...attrs });
}

function composedUpdate({ weight, m, v, average }: Slots, gradient: tf.Tensor, attrs: AdamUpdateAttrs): void {
  const { beta1, beta2, averageDecay } = attrs;
  tf.tidy(() => {
    const g = tf.mul(gradient, attrs.gradientScale);
    m.assign(tf.add(tf.mul(m, beta1), tf.mul(g, 1 - beta1)));
    v.assign(tf.add(tf.mul(v, beta2), tf.mul(tf.square(g), 1 - beta2)));
    const root = tf.add(tf.sqrt(tf.div(v, attrs.biasCorrection2)), attrs.epsilon);
    weight.assign(tf.sub(weight, tf.div(tf.mul(m, attrs.learningRate / attrs.biasCorrection1), root)));
    average?.assign(tf.add(tf.mul(average, averageDecay), tf.mul(weight, 1 - averageDecay)));
  });
}

function mapWeights(
  weights: TrainableWeights,
  make: (weight: tf.Variable) => tf.Variable,
): Map<string, tf.Variable> {
  return new Map(Array.from(weights, ([name, weight]) => [name, make(weight)]));
}

/** A Variable with values of its own, on any backend: kernels that update in place must not share them. */
function copyOf(weight: tf.Variable): tf.Variable {
  if (tf.backend() instanceof MathBackendCPU) {
    return variableOf(weight.dataSync<'float32'>().slice(), weight.shape);
  }
  return tf.tidy(() => tf.variable(tf.mul(weight, 1)));
}

registerPlainKernel(ADAM_UPDATE, (call) => {
  const weight = valuesOf(call, 'weight');
  const m = valuesOf(call, 'm');
  const v = valuesOf(call, 'v');
  const gradient = valuesOf(call, 'gradient');
  const average = call.inputs['average'] ? valuesOf(call, 'average') : null;
  const attrs = call.attrs as unknown as AdamUpdateAttrs;
  const { beta1, beta2, epsilon, gradientScale, averageDecay } = attrs;
  const rate = attrs.learningRate / attrs.biasCorrection1;
  const inverse2 = 1 / attrs.biasCorrection2;
  for (let i = 0; i < weight.length; i++) {
    const g = gradient[i] * gradientScale;
    const m1 = beta1 * m[i] + (1 - beta1) * g;
    const v1 = beta2 * v[i] + (1 - beta2) * g * g;
    m[i] = m1;
    v[i] = v1;
    weight[i] = weight[i] - (rate * m1) / (Math.sqrt(v1 * inverse2) + epsilon);
  }
  if (average) {
    for (let i = 0; i < weight.length; i++) {
      average[i] = averageDecay * average[i] + (1 - averageDecay) * weight[i];
    }
  }
  return [];
});
