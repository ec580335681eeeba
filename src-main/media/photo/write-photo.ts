/**
 * A repaired photo as a file: the photo's own bytes decoded, the repaired parts combined with them by exclusive or, and
 * encoded again with its bit depth, colour profile and EXIF data, upright. What lies outside the parts is never computed.
 */
import sharp, { type Sharp } from 'sharp';
import { differencePng, type Difference } from './difference-png.ts';
import { withoutPlace } from './exif-place.ts';
import { colourSpace, damaged, photoPipeline, type Photo, type Rect } from './photo.ts';

export interface WriteOptions {
  /** `original`: the photo's own format where it can be written; `png` keeps every sample whatever the photo is. */
  readonly format: 'original' | 'png';
  /** Whether GPS data stay in the EXIF data. */
  readonly keepsPlace: boolean;
}

export interface WrittenPhoto {
  readonly bytes: Uint8Array;
  readonly extension: PhotoExtension;
  /** Whether every sample outside the parts is the photo's. */
  readonly isExact: boolean;
}

export type PhotoExtension = 'png' | 'jpg' | 'webp' | 'tif';

const JPEG_QUALITY = 95;

/** @throws AppError bad-image */
export async function writePhoto(
  photo: Photo,
  parts: readonly Difference[],
  { format, keepsPlace }: WriteOptions,
): Promise<WrittenPhoto> {
  const { exif } = await sharp(photo.bytes, { limitInputPixels: false }).metadata();
  const file = keepsPlace ? photo.bytes : withoutPlace(photo.bytes, exif);
  const combined = await withParts(photoPipeline(photo, file ?? photo.bytes), photo, parts);
  const kept = file === null ? combined.keepIccProfile() : combined.keepIccProfile().keepExif();
  const { pipeline, extension, isExact } = encoded(kept, photo, format);
  try {
    return { bytes: await pipeline.toBuffer(), extension, isExact };
  } catch (error) {
    throw damaged(error);
  }
}

/** A region of the repaired photo with the photo's colour profile: a PNG to be converted to what is shown. */
export async function repairedRegion(photo: Photo, rect: Rect, difference: Difference): Promise<Uint8Array> {
  const { x, y, width, height } = rect;
  const inside = { ...difference, x: difference.x - x, y: difference.y - y };
  const pipeline = photoPipeline(photo).extract({ left: x, top: y, width, height });
  const combined = await withParts(pipeline, { ...photo, width, height }, [inside]);
  return combined.keepIccProfile().png({ compressionLevel: 1 }).toBuffer();
}

async function withParts(pipeline: Sharp, photo: Photo, parts: readonly Difference[]): Promise<Sharp> {
  const combined =
    parts.length === 0 ? pipeline : pipeline.boolean(Buffer.from(await differencePng(photo, parts)), 'eor');
  return combined.toColourspace(colourSpace(photo));
}

/** What a photo is saved as in its own format; PNG for those that are not written. */
export function originalExtension({ format }: Pick<Photo, 'format'>): PhotoExtension {
  switch (format) {
    case 'jpeg':
      return 'jpg';
    case 'webp':
      return 'webp';
    case 'tiff':
      return 'tif';
    case 'png':
    case 'gif':
    case 'avif':
      return 'png';
    default:
      return format satisfies never;
  }
}

function encoded(
  pipeline: Sharp,
  photo: Photo,
  format: WriteOptions['format'],
): { readonly pipeline: Sharp; readonly extension: PhotoExtension; readonly isExact: boolean } {
  const { isLossless } = photo;
  const extension = format === 'png' ? 'png' : originalExtension(photo);
  switch (extension) {
    case 'jpg': {
      const isFull = photo.chromaSubsampling.startsWith('4:4:4');
      const options = { quality: JPEG_QUALITY, chromaSubsampling: isFull ? '4:4:4' : '4:2:0' };
      return { pipeline: pipeline.jpeg(options), extension, isExact: false };
    }
    case 'webp': {
      const options = isLossless ? { lossless: true, exact: true } : { quality: JPEG_QUALITY };
      return { pipeline: pipeline.webp(options), extension, isExact: isLossless };
    }
    case 'tif': {
      const options = { compression: 'deflate', predictor: 'horizontal' } as const;
      return { pipeline: pipeline.tiff(options), extension, isExact: true };
    }
    case 'png':
      return { pipeline: pipeline.png(), extension, isExact: true };
    default:
      return extension satisfies never;
  }
}
