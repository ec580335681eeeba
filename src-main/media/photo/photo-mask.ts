/**
 * A mask over a photo, from a picture of the photo's size or of a smaller copy's: white is repaired, black or transparent
 * is kept, and grey is blended.
 */
import sharp from 'sharp';
import { AppError } from '#domain/errors.ts';
import { damaged, MOST_PIXELS, plainBytes, type Rect } from './photo.ts';

export interface PhotoMask {
  /** [height, width], 0 keeps and 255 repairs. */
  readonly values: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Pixels of the photo to one of the mask, at least 1. */
  readonly scale: number;
  /** Of a part of the photo, a value a pixel of the photo. */
  read(rect: Rect): Uint8Array;
}

/** @throws AppError bad-image; mismatch where it has not the photo's shape */
export async function openMask(
  bytes: Uint8Array,
  photo: { readonly width: number; readonly height: number },
): Promise<PhotoMask> {
  const { data, width, height } = await greyOf(bytes);
  const scale = photo.width / width;
  // A smaller copy's sides are rounded to whole pixels.
  const fits = scale >= 1 && Math.abs(photo.height / scale - height) <= 1;
  if (!fits) {
    throw new AppError(
      'mismatch',
      `The mask has ${width}×${height} pixels where the photo has ${photo.width}×${photo.height}: use one of the photo's size or of a smaller copy's.`,
    );
  }
  const scaleY = photo.height / height;
  return {
    ...{ values: data, width, height, scale: Math.max(scale, scaleY) },
    read(rect) {
      const values = new Uint8Array(rect.width * rect.height);
      const columns = Uint32Array.from({ length: rect.width }, (_, x) =>
        Math.min(width - 1, Math.floor((rect.x + x + 0.5) / scale)),
      );
      for (let y = 0; y < rect.height; y++) {
        const row = Math.min(height - 1, Math.floor((rect.y + y + 0.5) / scaleY)) * width;
        for (let x = 0; x < rect.width; x++) values[y * rect.width + x] = data[row + columns[x]];
      }
      return values;
    },
  };
}

async function greyOf(bytes: Uint8Array): Promise<{ data: Uint8Array; width: number; height: number }> {
  try {
    const { data, info } = await sharp(bytes, { limitInputPixels: MOST_PIXELS, failOn: 'error' })
      .flatten({ background: '#000000' })
      .greyscale()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if ((info.channels as number) !== 1) throw new Error(`${info.channels} channels were read`);
    return { data: plainBytes(data), width: info.width, height: info.height };
  } catch (error) {
    throw damaged(error);
  }
}
