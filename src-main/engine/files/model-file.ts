/**
 * A model file: its spec and its card as metadata, its weights by name. For a spec with a network these are the
 * encoder's and the decoders' weights (the names and shapes are handed in, for the network knows them); for a spec
 * of one image they are the rule itself. Whatever does not agree with the spec is refused as a whole.
 */
import type { ModelSpec } from '#domain/model-spec.ts';
import {
  metadataOf,
  numberField,
  readMetadata,
  readSpec,
  recordField,
  ruleShapes,
  takeTensors,
  textField,
  type NamedShape,
  type NamedValues,
} from './morphogen-metadata.ts';
import { parseSafetensors } from './safetensors.ts';
import { safetensorsChunks, type FileChunks, type WriteOptions } from './safetensors-write.ts';

/** Where a model comes from and how good it is, for people. */
export interface ModelCard {
  /** What it learned from, with its licence. */
  readonly data: string;
  readonly iterations: number;
  readonly seconds: number;
  readonly machine: string;
  /** By name, e.g. psnr, ssim, images. */
  readonly scores: Readonly<Record<string, number>>;
  readonly notes: string;
}

export interface ModelFile {
  readonly spec: ModelSpec;
  readonly card: ModelCard;
  readonly weights: ReadonlyMap<string, NamedValues>;
}

export interface ReadModelOptions {
  /** The file's name, for sentences. */
  readonly name: string;
  /** Weights of a spec with a network, e.g. weightShapes of engine/network. */
  readonly expected: (spec: ModelSpec) => readonly NamedShape[];
}

/**
 * The weights are views of `bytes` where the file has them as float32.
 * @throws AppError bad-file, bad-spec or mismatch
 */
export function readModelFile(bytes: Uint8Array, { name, expected }: ReadModelOptions): ModelFile {
  const file = parseSafetensors(bytes, { name });
  const fields = readMetadata(file, 'model', name);
  const spec = readSpec(fields['spec'], name);
  const card = readCard(fields['card'], name);
  return { spec, card, weights: takeTensors(file.tensors, modelShapes(spec, expected), name) };
}

/** @throws AppError not-finite; a weight too many or too few is a bug of the caller's */
export function modelFileChunks(
  model: ModelFile,
  expected: ReadModelOptions['expected'],
  options: WriteOptions = {},
): FileChunks {
  const shapes = modelShapes(model.spec, expected);
  const agree = shapes.every(({ name, shape }) => model.weights.get(name)?.shape.join() === shape.join());
  if (!agree || shapes.length !== model.weights.size)
    throw new RangeError("the weights are not those of the model's spec");
  return safetensorsChunks(
    model.weights,
    metadataOf('model', { spec: model.spec, card: model.card }),
    options,
  );
}

function modelShapes(spec: ModelSpec, expected: ReadModelOptions['expected']): readonly NamedShape[] {
  return spec.network === null ? ruleShapes(spec.automaton) : expected(spec);
}

function readCard(value: unknown, name: string): ModelCard {
  const card = recordField(value, 'card', name);
  const scores = Object.entries(recordField(card['scores'], 'card.scores', name));
  return {
    data: textField(card['data'], 'card.data', name),
    iterations: numberField(card['iterations'], 'card.iterations', name),
    seconds: numberField(card['seconds'], 'card.seconds', name),
    machine: textField(card['machine'], 'card.machine', name),
    scores: Object.fromEntries(
      scores.map(([key, score]) => [key, numberField(score, `card.scores.${key}`, name)]),
    ),
    notes: textField(card['notes'], 'card.notes', name),
  };
}
