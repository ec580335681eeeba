/** Small models and styles, sound and forged, for the tests of their files. */
import assert from 'node:assert/strict';
import { AppError, type ErrorCode } from '#domain/errors.ts';
import { presets } from '#domain/model-presets.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import type { ModelCard } from '#engine/files/model-file.ts';
import type { NamedShape, NamedValues } from '#engine/files/morphogen-metadata.ts';
import { writeSafetensors, type FileChunks, type TensorToWrite } from '#engine/files/safetensors-write.ts';
import type { StyleFile } from '#engine/files/style-file.ts';

export const name = 'digits.safetensors';
export const card: ModelCard = {
  data: '60,000 digits',
  iterations: 100,
  seconds: 12.5,
  machine: 'a laptop',
  scores: { psnr: 24.5 },
  notes: '',
};
/** Stands in for the network's own list. */
export const expected = (): NamedShape[] => [
  { name: 'encoder.kernel', shape: [3, 2] },
  { name: 'encoder.bias', shape: [2] },
];
export const weights = (): Map<string, NamedValues> => filled(expected());

export function filled(shapes: readonly NamedShape[]): Map<string, NamedValues> {
  const values = ({ shape }: NamedShape): Float32Array =>
    new Float32Array(shape.reduce((product, length) => product * length, 1)).map((_, i) => (i % 7) / 8);
  return new Map(shapes.map((one) => [one.name, { shape: one.shape, data: values(one) }]));
}

export function joined(chunks: FileChunks): Uint8Array {
  return new Uint8Array(Buffer.concat([...chunks]));
}

/** A model file with other metadata or tensors than the writer would allow. */
export function forged(
  metadata: unknown,
  tensors: ReadonlyMap<string, TensorToWrite> = weights(),
): Uint8Array {
  return writeSafetensors(tensors, new Map([['morphogen', JSON.stringify(metadata)]]));
}

export function refusedAs(code: ErrorCode, pattern: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof AppError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, pattern);
    return true;
  };
}

export const styleSpec: ModelSpec = { ...presets.digits, network: null };
export function style(): StyleFile {
  return {
    spec: styleSpec,
    image: { name: 'seven.png', hash: 'ab12' },
    model: null,
    latent: Float32Array.of(0.5, -1),
    w0: new Float32Array(48 * 64).fill(0.25),
    b0: new Float32Array(64),
    w1: new Float32Array(64 * 8).fill(-0.5),
  };
}
