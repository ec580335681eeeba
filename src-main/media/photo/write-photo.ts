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

function encoded(
  pipeline: Sharp,
  photo: Photo,
  format: WriteOptions['format'],
): { readonly pipeline: Sharp; readonly extension: PhotoExtension; readonly isExact: boolean } {
  const { chromaSubsampling, isLossless } = photo;
  if (format === 'original') {
    switch (photo.format) {
      case 'jpeg': {
        const options = {
          quality: JPEG_QUALITY,
          chromaSubsampling: chromaSubsampling.startsWith('4:4:4') ? '4:4:4' : '4:2:0',
        };
        return { pipeline: pipeline.jpeg(options), extension: 'jpg', isExact: false };
      }
      case 'webp':
        return {
          pipeline: pipeline.webp(isLossless ? { lossless: true, exact: true } : { quality: JPEG_QUALITY }),
          ...{ extension: 'webp', isExact: isLossless },
        };
      case 'tiff':
        return {
          pipeline: pipeline.tiff({ compression: 'deflate', predictor: 'horizontal' }),
          ...{ extension: 'tif', isExact: true },
        };
      case 'png':
      case 'gif':
      case 'avif':
        break;
      default:
        photo.format satisfies never;
    }
  }
  return { pipeline: pipeline.png(), extension: 'png', isExact: true };
}
