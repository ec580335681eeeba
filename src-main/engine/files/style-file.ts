/**
 * A style file: one rule, and what is needed to grow it again without the model that made it: a spec without a
 * network (automaton, grid, steps, seed state). It may carry the latent it was decoded from, and says which image and
 * which model it comes from, by name and by hash.
 */
import { AppError } from '#domain/errors.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import {
  metadataOf,
  readMetadata,
  readSpec,
  recordField,
  ruleShapes,
  takeTensors,
  textField,
} from './morphogen-metadata.ts';
import { parseSafetensors } from './safetensors.ts';
import { safetensorsChunks, type FileChunks, type TensorToWrite } from './safetensors-write.ts';

/** A file that took part, by its base name (never its path) and a hash of its bytes or pixels. */
export interface Source {
  readonly name: string;
  readonly hash: string;
}

export interface StyleFile {
  /** Its network is null. */
  readonly spec: ModelSpec;
  readonly image: Source | null;
  readonly model: Source | null;
  /** [E] */
  readonly latent: Float32Array | null;
  /** [K, d] */
  readonly w0: Float32Array;
  /** [d] */
  readonly b0: Float32Array;
  /** [d, C] */
  readonly w1: Float32Array;
}

/** Longest latent that a file may have. */
const MAX_LATENT = 65_536;

/** @throws AppError bad-file, bad-spec or mismatch */
export function readStyleFile(bytes: Uint8Array, options: { readonly name: string }): StyleFile {
  const { name } = options;
  const file = parseSafetensors(bytes, { name, maxTensors: 100 });
  const fields = readMetadata(file, 'style', name);
  const spec = readSpec(fields['spec'], name);
  if (spec.network !== null) {
    throw new AppError(
      'bad-spec',
      `${name} cannot be opened: the spec of a style has no network; encode it again.`,
    );
  }
  const E = file.tensors.get('latent')?.shape[0];
  const latentShape = E === undefined ? [] : [{ name: 'latent', shape: [Math.min(E, MAX_LATENT)] }];
  const tensors = takeTensors(file.tensors, [...ruleShapes(spec.automaton), ...latentShape], name);
  const rule = (part: 'w0' | 'b0' | 'w1'): Float32Array => {
    const values = tensors.get(part)?.data;
    if (values === undefined) throw new Error(`takeTensors gave no ${part}`);
    return values;
  };
  return {
    spec,
    image: readSource(fields['image'], 'image', name),
    model: readSource(fields['model'], 'model', name),
    latent: tensors.get('latent')?.data ?? null,
    w0: rule('w0'),
    b0: rule('b0'),
    w1: rule('w1'),
  };
}

/** @throws AppError not-finite */
export function styleFileChunks(style: StyleFile): FileChunks {
  const tensors = new Map<string, TensorToWrite>();
  for (const { name, shape } of ruleShapes(style.spec.automaton)) {
    tensors.set(name, { shape, data: style[name as 'w0' | 'b0' | 'w1'] });
  }
  if (style.latent !== null) tensors.set('latent', { shape: [style.latent.length], data: style.latent });
  const { image, model } = style;
  return safetensorsChunks(
    tensors,
    metadataOf('style', { spec: { ...style.spec, network: null }, image, model }),
  );
}

function readSource(value: unknown, field: string, name: string): Source | null {
  if (value === null) return null;
  const source = recordField(value, field, name);
  return {
    name: textField(source['name'], `${field}.name`, name),
    hash: textField(source['hash'], `${field}.hash`, name),
  };
}
