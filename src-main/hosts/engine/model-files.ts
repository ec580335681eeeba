/** Model files, opened: checked as a whole, with the hash by which styles name the model that made them. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { ModelSpec } from '#domain/model-spec.ts';
import { readModelFile, type ModelCard, type ModelFile } from '#engine/files/model-file.ts';
import type { Source } from '#engine/files/style-file.ts';
import { disposeWeights, networkOf, weightShapes, type Weights } from '#engine/network/weights.ts';
import { tensorsOf } from '#engine/training/tensor-values.ts';
import { readFileBytes } from '#storage/atomic-file.ts';

export interface OpenModel {
  readonly spec: ModelSpec;
  readonly card: ModelCard;
  /** As tensors; those of a model of one image are w0, b0, w1. */
  readonly weights: Weights;
  /** The file's name and hash, for the styles made with it. */
  readonly source: Source;
  dispose(): void;
}

/** A model as plain values. @throws AppError not-found, bad-file, bad-spec or mismatch */
export async function readModel(path: string): Promise<ModelFile & { readonly source: Source }> {
  const bytes = await readFileBytes(path);
  const name = basename(path);
  return { ...readModelFile(bytes, { name, expected: weightShapes }), source: sourceOf(name, bytes) };
}

/** @throws AppError not-found, bad-file, bad-spec or mismatch, with nothing loaded */
export async function openModel(path: string): Promise<OpenModel> {
  const { weights: values, ...model } = await readModel(path);
  const weights = tensorsOf(values);
  return { ...model, weights, dispose: () => disposeWeights(weights) };
}

/** A model with an encoder. @throws AppError mismatch for a model of one image, which has none */
export async function openEncoderModel(path: string): Promise<OpenModel> {
  const model = await openModel(path);
  try {
    networkOf(model.spec);
    return model;
  } catch (failure) {
    model.dispose();
    throw failure;
  }
}

/** A file by its name and a hash of its bytes. */
export function sourceOf(name: string, bytes: Uint8Array): Source {
  return { name: basename(name), hash: createHash('sha256').update(bytes).digest('hex') };
}
