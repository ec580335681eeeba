/**
 * A picture that someone named, as a model sees it: any image file, or one of an IDX file's, written
 * FILE#12 for the thirteenth. Small pictures are enlarged: whoever names one wants it.
 */
import { basename } from 'node:path';
import { AppError } from '#domain/errors.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { decodeFile, toModelInput } from '#media/decode.ts';
import { findIdxFile, readIdxFile } from '#media/idx.ts';
import type { RgbaImage } from '#media/pixels.ts';

export interface OpenPicture {
  /** The file's base name, with #12 for an image of an IDX file. */
  readonly name: string;
  /** Premultiplied, 0…1, [H, W, 4] at the spec's grid. */
  readonly rgba: Float32Array;
}

/** @throws AppError with the file's name in its sentence. */
export async function openPicture(
  path: string,
  { image, grid }: Pick<ModelSpec, 'image' | 'grid'>,
): Promise<OpenPicture> {
  const [, file, number] = /^(.*?)(?:#(\d+))?$/.exec(path) ?? [];
  const idx = await findIdxFile(file ?? path);
  const picture =
    idx === null
      ? await decodeFile(path, { grid, enlarge: true })
      : await readDigit(idx, Number(number ?? 0));
  return { name: basename(path), rgba: await toModelInput(picture, image, grid) };
}

async function readDigit(path: string, index: number): Promise<RgbaImage> {
  const { count, width, height, values } = await readIdxFile(path);
  if (index >= count) {
    throw new AppError(
      'not-found',
      `${path} has ${count} images, so there is no #${index}: the last is #${count - 1}.`,
    );
  }
  const pixels = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    const value = values[index * width * height + i];
    pixels.set([value, value, value, 255], i * 4);
  }
  return { pixels, width, height };
}
