/**
 * What a command line can name to grow as it once grew: an artwork's file, a picture that carries its recipe; or a style,
 * or a model of one image, with the recipe that the window begins with.
 */
import { basename } from 'node:path';
import type { StyleValues } from '#contract/engine-contract.ts';
import { plainMix } from '#contract/shapes/mix.ts';
import { AppError } from '#domain/errors.ts';
import type { ExportedGrowth } from '#hosts/engine/export/grown-frames.ts';
import { readCarriedArtwork, readOwnFile } from '#hosts/engine/own-files.ts';
import { MOST_CARRIED_BYTES } from '#media/carried.ts';
import { readImageFile } from '#media/image-file.ts';
import { readFileBytes } from '#storage/atomic-file.ts';
import { ruleHash } from '#storage/library/rules.ts';
import { isSafetensors } from './open-growable.ts';

/**
 * null for a picture that carries no recipe, and for a model with an encoder.
 * @throws AppError not-found, bad-file, bad-image, bad-spec, mismatch
 */
export async function openArtwork(path: string): Promise<ExportedGrowth | null> {
  const name = basename(path);
  if (!isSafetensors(path)) return readCarriedArtwork(await pictureBytes(path), name);
  const bytes = await readFileBytes(path);
  const file = readOwnFile(bytes, name);
  if (file.kind === 'artwork') return file.artwork;
  if (file.rule === null) return null;
  const spec = file.kind === 'style' ? file.style.spec : file.model.spec;
  const { w0, b0, w1 } = file.rule;
  return styleGrowth(name.replace(/\.safetensors$/i, ''), {
    spec: { ...spec, network: null },
    ...{ w0: Float32Array.from(w0), b0: Float32Array.from(b0), w1: Float32Array.from(w1) },
  });
}

/** Whether a safetensors file is that of an artwork; what is wrong with it, who opens it is told. */
export async function isArtworkFile(path: string): Promise<boolean> {
  try {
    return readOwnFile(await readFileBytes(path), basename(path)).kind === 'artwork';
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

/** The same. @throws AppError unsupported for what has nothing to grow from */
export async function requireArtwork(path: string): Promise<ExportedGrowth> {
  const growth = await openArtwork(path);
  if (growth !== null) return growth;
  const what = isSafetensors(path)
    ? 'is a model with an encoder, which has no rule of its own'
    : 'carries no recipe';
  throw new AppError(
    'unsupported',
    `${basename(path)} ${what}: name a style, an artwork, or a picture that was exported with its recipe.`,
  );
}

function styleGrowth(name: string, rule: Omit<StyleValues, 'name'>): ExportedGrowth {
  const hash = ruleHash(rule);
  const { grid, steps } = rule.spec;
  return {
    ...{ name, digest: null, styles: [{ name, ...rule }] },
    recipe: {
      version: 1,
      styles: [{ styleId: hash.slice(0, 32), name, ruleHash: hash }],
      ...{ mix: plainMix, seed: 1, grid, steps, events: [], backend: '' },
    },
  };
}

async function pictureBytes(path: string): Promise<Uint8Array> {
  try {
    return await readImageFile(path, { followLink: true, maxBytes: 512 * 2 ** 20 + MOST_CARRIED_BYTES });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(error.code, `${path}: ${error.message}.`, { cause: error });
  }
}
