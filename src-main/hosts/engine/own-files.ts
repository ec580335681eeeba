/** Files that Morphogen wrote, by what is in them and not by their names; checked as a whole. */
import type { RuleValues } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import { readModelFile, type ModelFile } from '#engine/files/model-file.ts';
import { readFields } from '#engine/files/morphogen-metadata.ts';
import { parseSafetensors } from '#engine/files/safetensors.ts';
import { readStyleFile, type StyleFile } from '#engine/files/style-file.ts';
import { weightShapes } from '#engine/network/weights.ts';
import { readCarried } from '#media/carried.ts';
import { readArtworkFile, type ArtworkFile } from './artwork-file.ts';

export type OwnFile =
  | {
      readonly kind: 'model';
      readonly model: ModelFile;
      /** Of a model of one image. */ readonly rule: RuleValues | null;
    }
  | { readonly kind: 'artwork'; readonly artwork: ArtworkFile }
  | { readonly kind: 'style'; readonly style: StyleFile; readonly rule: RuleValues };

/**
 * @param name of the file, for sentences
 * @throws AppError bad-file, bad-spec or mismatch
 */
export function readOwnFile(bytes: Uint8Array, name: string): OwnFile {
  const { kind } = readFields(parseSafetensors(bytes, { name }), name);
  if (kind === 'artwork') return { kind, artwork: readArtworkFile(bytes, name) };
  if (kind !== 'model') {
    const style = readStyleFile(bytes, { name });
    const { w0, b0, w1 } = style;
    return { kind: 'style', style, rule: { count: 1, w0, b0, w1 } };
  }
  const model = readModelFile(bytes, { name, expected: weightShapes });
  if (model.spec.network !== null) return { kind: 'model', model, rule: null };
  const values = (part: string): Float32Array => model.weights.get(part)?.data ?? new Float32Array();
  return { kind: 'model', model, rule: { count: 1, w0: values('w0'), b0: values('b0'), w1: values('w1') } };
}

/**
 * The artwork that a picture's bytes carry; null where they carry none.
 * @throws AppError bad-file, bad-spec or mismatch where they do and it is not sound
 */
export function readCarriedArtwork(bytes: Uint8Array, name: string): ArtworkFile | null {
  try {
    const carried = readCarried(bytes);
    return carried === null ? null : readArtworkFile(carried, name);
  } catch (failure) {
    if (!(failure instanceof AppError) || failure.message.startsWith(name)) throw failure;
    throw new AppError(
      failure.code,
      `${name} cannot be grown again: ${failure.message}; get the file again or choose another one.`,
      { cause: failure },
    );
  }
}
