/** Tensors as plain arrays by name: what checkpoints and model files are made of. */
import { AppError } from '#domain/errors.ts';
import type { NamedValues } from '#engine/files/morphogen-metadata.ts';
import type { TrainableWeights, Weights } from '#engine/network/weights.ts';
import { MathBackendCPU, tf } from '#engine/tf.ts';

export type ValuesByName = ReadonlyMap<string, NamedValues>;

/**
 * Reads every tensor, as `prefix` + its name. Copies, unless `shared` allows the tensors' own arrays, which are valid
 * until the tensors change or go.
 */
export async function readTensors(
  weights: Weights,
  prefix = '',
  shared = false,
): Promise<Map<string, NamedValues>> {
  const result = new Map<string, NamedValues>();
  for (const [name, tensor] of weights) {
    const own = ownValues(tensor);
    const data = own === null ? await tensor.data<'float32'>() : shared ? own : own.slice();
    result.set(prefix + name, { shape: tensor.shape, data });
  }
  return result;
}

/** The array behind a tensor; null on a backend that has none within reach. */
function ownValues(tensor: tf.Tensor): Float32Array | null {
  const backend = tf.backend();
  if (!(backend instanceof MathBackendCPU)) return null;
  const { values } = backend.data.get(tensor.dataId);
  return values instanceof Float32Array ? values : null;
}

/**
 * Overwrites every variable with the values of the same name, all or none.
 * @throws AppError mismatch if one is missing or of another shape
 */
export function writeTensors(variables: TrainableWeights, prefix: string, values: ValuesByName): void {
  const pairs = Array.from(variables, ([name, variable]) => {
    const source = values.get(prefix + name);
    if (source?.shape.join() !== variable.shape.join()) {
      const found = source ? `found [${source.shape.join(', ')}]` : 'found none';
      throw new AppError(
        'mismatch',
        `The tensor ${prefix}${name} is expected as [${variable.shape.join(', ')}], ${found}; use a file of the same spec.`,
      );
    }
    return { variable, data: source.data };
  });
  for (const { variable, data } of pairs) {
    const tensor = tf.tensor(data.slice(), variable.shape, 'float32');
    variable.assign(tensor);
    tensor.dispose();
  }
}

/** Plain tensors by name, for inference; the caller disposes them (disposeWeights). */
export function tensorsOf(values: ValuesByName): Map<string, tf.Tensor> {
  return new Map(
    Array.from(values, ([name, { shape, data }]) => [name, tf.tensor(data.slice(), [...shape], 'float32')]),
  );
}
