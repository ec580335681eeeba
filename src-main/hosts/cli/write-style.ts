/** Styles that a model made of pictures, as files. */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { RuleValues } from '#domain/automaton.ts';
import { styleFileChunks } from '#engine/files/style-file.ts';
import { writeFileAtomic } from '#storage/atomic-file.ts';
import { sourceOf, type OpenModel } from '#hosts/engine/model-files.ts';
import type { EncodedPicture } from './open-growable.ts';

/**
 * The picture's style as the model encoded it or, with another rule than that, without the latent.
 * @throws AppError io
 */
export async function writeStyle(
  path: string,
  { source }: OpenModel,
  picture: EncodedPicture,
  rule: RuleValues = picture.rule,
): Promise<void> {
  const { name, spec, rgba } = picture;
  const { w0, b0, w1 } = rule;
  const pixels = new Uint8Array(rgba.buffer, rgba.byteOffset, rgba.byteLength);
  const image = sourceOf(name, pixels);
  const latent = rule === picture.rule ? picture.latent : null;
  await mkdir(dirname(path), { recursive: true });
  await writeFileAtomic(path, styleFileChunks({ spec, image, model: source, latent, w0, b0, w1 }));
}
