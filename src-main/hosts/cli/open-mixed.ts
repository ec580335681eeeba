/** The styles that a command mixes: files, or pictures for a model to encode; and their latents of that one model. */
import { AppError } from '#domain/errors.ts';
import { openEncoderModel, type OpenModel } from '#hosts/engine/model-files.ts';
import { encodePicture, isSafetensors, openStyleOf, type GrowableStyle } from './open-growable.ts';

/**
 * @param model encodes what is no file of ours
 * @throws AppError not-found, bad-file, bad-image, mismatch
 */
export async function openStyles(
  paths: readonly string[],
  model: string | undefined,
): Promise<GrowableStyle[]> {
  const open = model === undefined ? null : await openEncoderModel(model);
  try {
    const styles: GrowableStyle[] = [];
    for (const path of paths) styles.push(await openStyle(path, open));
    return styles;
  } finally {
    open?.dispose();
  }
}

async function openStyle(path: string, model: OpenModel | null): Promise<GrowableStyle> {
  if (model === null || isSafetensors(path)) return openStyleOf(path);
  const { latent, ...style } = await encodePicture(model, path);
  return { ...style, latent: { values: latent, modelHash: model.source.hash } };
}

/** @throws AppError mismatch for a style without a latent of this model */
export function latentsOfModel(
  styles: readonly GrowableStyle[],
  model: { readonly name: string; readonly hash: string },
): Float32Array[] {
  return styles.map(({ name, latent }) => {
    if (latent?.modelHash === model.hash) return latent.values;
    throw new AppError(
      'mismatch',
      `${name} has no latent of ${model.name}: name the model that made it, or choose another style.`,
    );
  });
}
