/**
 * What a command line can name to grow from: a style file, a model of one image, or a picture that a model encodes.
 * All become styles (app/growing.ts).
 */
import { basename } from 'node:path';
import { openGrowth } from '#engine/rollout/growth.ts';
import type { OpenGrowth, Style } from '#app/growing.ts';
import { encodeInput, type EncodingModel } from '#hosts/engine/encode-picture.ts';
import type { Engine } from '#hosts/engine/open-engine.ts';
import { openPicture } from '#hosts/engine/open-picture.ts';
import { readOwnFile } from '#hosts/engine/own-files.ts';
import { AppError } from '#domain/errors.ts';
import { readFileBytes } from '#storage/atomic-file.ts';
import { UsageError } from './usage-error.ts';

/** Of a name on the command line: a file of ours, or else a picture. */
export function isSafetensors(path: string): boolean {
  return /\.safetensors$/i.test(path);
}

/** The port of app/growing.ts on this engine. */
export function growthOn(engine: Engine): OpenGrowth {
  return (plan) => openGrowth(plan, engine.implementation);
}

/** What a command line named. */
export interface GrowableStyle extends Style {
  /** [E], with the hash of the model's file; null where it has none. */
  readonly latent: { readonly values: Float32Array; readonly modelHash: string } | null;
}

/**
 * The rule in a style file or in a model of one image; null for a model with an encoder, which has none of its own.
 * @throws AppError not-found, bad-file, bad-spec or mismatch
 */
export async function openRule(path: string): Promise<GrowableStyle | null> {
  const name = basename(path);
  const file = readOwnFile(await readFileBytes(path), name);
  if (file.kind === 'artwork') {
    throw new AppError(
      'unsupported',
      `${name} is an artwork, of ${file.artwork.styles.length} styles: export it, or grow it by its name alone.`,
    );
  }
  if (file.kind === 'style') {
    const { spec, image, latent: values, model } = file.style;
    const latent = values === null || model === null ? null : { values, modelHash: model.hash };
    return { name: image?.name ?? name, spec, rule: file.rule, latent };
  }
  return file.rule && { name, spec: file.model.spec, rule: file.rule, latent: null };
}

/** A name that must have a rule. @throws UsageError for a model with an encoder */
export async function openStyleOf(path: string): Promise<GrowableStyle> {
  const style = await openRule(path);
  if (style !== null) return style;
  throw new UsageError(
    `${basename(path)} is a model with an encoder, which has no rule of its own: name a picture for it to encode, or a style`,
  );
}

/** A picture's style, with what it was made from. */
export interface EncodedPicture extends Style {
  /** [E] */
  readonly latent: Float32Array;
  /** As the model sees it: premultiplied, 0…1, [H, W, 4]. */
  readonly rgba: Float32Array;
}

/** A picture's style by a model that can encode. */
export async function encodePicture(model: EncodingModel, path: string): Promise<EncodedPicture> {
  const { spec } = model;
  const { name, rgba } = await openPicture(path, spec);
  return { name, spec: { ...spec, network: null }, rgba, ...(await encodeInput(model, rgba)) };
}
