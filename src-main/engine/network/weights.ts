/**
 * The network's weights: their names and shapes, which model files repeat, and how they start. Hidden layers start
 * as He et al. 2015 (uniform: the same variance as a normal, and exact on every platform). The decoders' last layers
 * start near one rule for every image: their biases hold it, their kernels add only a little of z. A held picture's
 * rule starts with no update at all, as what fills its hole smoothly is to be bettered, not begun anew.
 */
import { featureCount } from '#domain/automaton.ts';
import type { ModelSpec, NetworkSpec } from '#domain/model-spec.ts';
import { createRandom } from '#domain/random.ts';
import type { Random } from '#domain/random.ts';
import { AppError } from '#domain/errors.ts';
import { tf } from '#engine/tf.ts';

export type RulePart = 'w0' | 'b0' | 'w1';

export const ruleParts: readonly RulePart[] = ['w0', 'b0', 'w1'];

/** Of the rule by which a picture grows, or grows with its known cells held. */
export type DecoderName = 'decoder' | 'heldDecoder';

/** Weights by name: Variables where they are trained, plain tensors where they were read from a file. */
export type Weights = ReadonlyMap<string, tf.Tensor>;
export type TrainableWeights = ReadonlyMap<string, tf.Variable>;

export interface WeightShape {
  readonly name: string;
  /** Convolutions [size, size, in, out]; dense [in, out]; biases [out]. */
  readonly shape: readonly number[];
  /** Values that one output sums. */
  readonly fanIn: number;
  readonly role: 'hidden' | 'latent' | 'rule';
}

/** Standard deviations and values at the start, to tune how fast the first iterations learn. */
export interface Initialisation {
  /** Of the shared first rule's w0, as a factor of √(2/K). */
  readonly ruleW0: number;
  /** Of the shared first rule's w1, as a factor of √(2/d). */
  readonly ruleW1: number;
  /** Of what the decoders' last layers add for each z, as factors of the same, when z has variance 1. */
  readonly outputW0: number;
  readonly outputB0: number;
  readonly outputW1: number;
  /** Of the mean's kernel, as a factor of √(2/fanIn). */
  readonly mean: number;
  /** Every log-variance's first value: −4 is a noise of 0.135 on z. */
  readonly logVariance: number;
}

export const defaultInitialisation: Initialisation = {
  ruleW0: 1,
  ruleW1: 0.03,
  outputW0: 0.2,
  outputB0: 0.1,
  outputW1: 0.03,
  mean: 1,
  logVariance: -4,
};

/** Every weight of the spec's network, in the order of the model file. */
export function weightShapes(spec: ModelSpec): WeightShape[] {
  const network = networkOf(spec);
  const shapes: WeightShape[] = [];
  const add = (name: string, kernel: number[], role: WeightShape['role']): void => {
    const out = kernel[kernel.length - 1];
    const fanIn = kernel.slice(0, -1).reduce((product, size) => product * size, 1);
    shapes.push({ name: `${name}.kernel`, shape: kernel, fanIn, role });
    shapes.push({ name: `${name}.bias`, shape: [out], fanIn, role });
  };

  let height = spec.grid.height;
  let width = spec.grid.width;
  let planes: number = network.planes;
  let index = 0;
  for (const layer of network.encoder) {
    if (layer.kind === 'pool') {
      height = Math.floor(height / 2);
      width = Math.floor(width / 2);
    } else {
      add(`encoder.${index++}`, [layer.size, layer.size, planes, layer.channels], 'hidden');
      planes = layer.channels;
      const shrink = layer.padding === 'valid' ? layer.size - 1 : 0;
      height = Math.ceil((height - shrink) / layer.stride);
      width = Math.ceil((width - shrink) / layer.stride);
    }
    if (height < 1 || width < 1) {
      throw new AppError(
        'bad-spec',
        'The encoder shrinks the image to nothing; use fewer layers or a larger grid.',
      );
    }
  }
  const flat = height * width * planes;
  add('latent.mean', [flat, network.latent], 'latent');
  if (network.latentKind === 'gaussian') add('latent.logvar', [flat, network.latent], 'latent');

  const addDecoders = (name: DecoderName, hidden: readonly number[]): void => {
    const widths = [network.latent, ...hidden];
    const last = widths.length - 1;
    for (const part of ruleParts) {
      for (let i = 1; i <= last; i++) add(`${name}.${part}.${i - 1}`, [widths[i - 1], widths[i]], 'hidden');
      add(`${name}.${part}.${last}`, [widths[last], rulePartSize(spec, part)], 'rule');
    }
  };
  addDecoders('decoder', network.decoder);
  if (network.heldDecoder !== undefined) addDecoders('heldDecoder', network.heldDecoder);
  return shapes;
}

/** Fresh weights; the caller owns them (disposeWeights). */
export function createWeights(
  spec: ModelSpec,
  seed: number,
  initialisation: Initialisation = defaultInitialisation,
): Map<string, tf.Variable> {
  const random = createRandom(seed);
  const weights = new Map<string, tf.Variable>();
  for (const shape of weightShapes(spec)) {
    const values = initialValues(spec, shape, random, initialisation);
    weights.set(shape.name, variableOf(values, shape.shape));
  }
  return weights;
}

/** A Variable that owns its values; `values` may be used by the tensor, so hand in an array of its own. */
export function variableOf(values: Float32Array, shape: readonly number[]): tf.Variable {
  const tensor = tf.tensor(values, [...shape], 'float32');
  const variable = tf.variable(tensor);
  tensor.dispose();
  return variable;
}

export function disposeWeights(weights: Weights): void {
  for (const tensor of weights.values()) tensor.dispose();
}

/** The spec's network; AppError `mismatch` for a spec without one (`single`). */
export function networkOf(spec: ModelSpec): NetworkSpec {
  if (!spec.network) {
    throw new AppError(
      'mismatch',
      'This model grows one image and has no encoder; use one trained on a folder.',
    );
  }
  return spec.network;
}

export function rulePartShape(spec: ModelSpec, part: RulePart): number[] {
  const { channels: C, hidden: d } = spec.automaton;
  switch (part) {
    case 'w0':
      return [featureCount(spec.automaton), d];
    case 'b0':
      return [d];
    case 'w1':
      return [d, C];
  }
}

export function weightOf(weights: Weights, name: string): tf.Tensor {
  const weight = weights.get(name);
  if (!weight) throw new AppError('mismatch', `The model's weights lack ${name}, which its spec asks for.`);
  return weight;
}

function rulePartSize(spec: ModelSpec, part: RulePart): number {
  return rulePartShape(spec, part).reduce((product, size) => product * size, 1);
}

function initialValues(
  spec: ModelSpec,
  { name, shape, fanIn, role }: WeightShape,
  random: Random,
  start: Initialisation,
): Float32Array {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  const isKernel = name.endsWith('.kernel');
  if (role === 'hidden') return isKernel ? fillUniform(values, Math.sqrt(2 / fanIn), random) : values;
  if (role === 'latent') {
    if (name.startsWith('latent.logvar')) return isKernel ? values : values.fill(start.logVariance);
    return isKernel ? fillUniform(values, start.mean * Math.sqrt(2 / fanIn), random) : values;
  }
  const { hidden: d } = spec.automaton;
  const scaleW0 = Math.sqrt(2 / featureCount(spec.automaton));
  const scaleW1 = Math.sqrt(2 / d);
  const [decoder, part] = name.split('.');
  const factorW1 = decoder === 'heldDecoder' ? 0 : scaleW1;
  const [rule, output] =
    part === 'w0'
      ? [start.ruleW0 * scaleW0, start.outputW0 * scaleW0]
      : part === 'b0'
        ? [0, start.outputB0 * scaleW0]
        : [start.ruleW1 * factorW1, start.outputW1 * factorW1];
  return fillUniform(values, isKernel ? output * Math.sqrt(2 / fanIn) : rule, random);
}

/** Uniform numbers of mean 0 and the given standard deviation. */
function fillUniform(values: Float32Array, deviation: number, random: Random): Float32Array {
  if (deviation === 0) return values;
  const bound = deviation * Math.sqrt(3);
  for (let i = 0; i < values.length; i++) values[i] = (2 * random.next() - 1) * bound;
  return values;
}
