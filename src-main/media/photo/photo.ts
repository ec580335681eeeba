/**
 * A photo of any size as its own samples: upright, in its own bit depth and colour space, no profile applied, read a
 * region at a time, so that what is not touched is never converted. Unlike decode.ts, nothing is fitted or narrowed.
 */
import sharp, { type Metadata, type Sharp } from 'sharp';
import { AppError } from '#domain/errors.ts';
import { hasTiffExif } from './tiff-exif.ts';
import { sniffFormat, sniffLength, type ReadableFormat } from '../image-format.ts';

export interface Photo {
  readonly bytes: Uint8Array;
  readonly format: ReadableFormat;
  /** Upright. */
  readonly width: number;
  readonly height: number;
  /** Values of a pixel: grey, grey and alpha, RGB, RGBA. */
  readonly bands: 1 | 2 | 3 | 4;
  readonly bitDepth: 8 | 16;
  /** Whether a file of this format keeps every sample. */
  readonly isLossless: boolean;
  readonly chromaSubsampling: string;
  /** Sentences: what of the file cannot be kept as it is. */
  readonly notices: readonly string[];
}

/** Pixels of the upright photo. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Row by row, `bands` values a pixel. */
export type Samples = Uint8Array | Uint16Array;

export const MOST_PIXELS = 100e6;

/** @throws AppError bad-image, unsupported: the reason alone */
export async function openPhoto(bytes: Uint8Array): Promise<Photo> {
  const sniffed = sniffFormat(bytes.subarray(0, sniffLength));
  if (!sniffed.readable) throw new AppError('bad-image', sniffed.reason);
  const { format } = sniffed;
  let header: Metadata;
  try {
    header = await sharp(bytes, { limitInputPixels: false, limitInputChannels: false }).metadata();
  } catch (error) {
    throw damaged(error);
  }
  const { width, height } = header.autoOrient;
  if (width * height > MOST_PIXELS) {
    throw new AppError(
      'bad-image',
      `${width}×${height} is more than ${MOST_PIXELS / 1e6} million pixels: save a smaller copy`,
    );
  }
  const { space, depth, channels, chromaSubsampling = '4:2:0' } = header;
  if (space === 'cmyk' && depth === 'uchar') return converted(bytes);
  const isKnown = ['srgb', 'rgb', 'rgb16', 'b-w', 'grey16'].includes(space);
  if (!isKnown || channels > 4 || (depth !== 'uchar' && depth !== 'ushort')) {
    throw new AppError(
      'unsupported',
      `its colours are ${channels} × ${depth} in ${space}, and grey or RGB with 8 or 16 bits is repaired: save it as RGB`,
    );
  }
  const bands = channels;
  const bitDepth = depth === 'ushort' ? 16 : 8;
  return {
    ...{ bytes, format, width, height, bands, bitDepth, chromaSubsampling },
    notices: format === 'tiff' && hasTiffExif(bytes) ? [exifIsLost] : [],
    isLossless: format === 'png' || format === 'tiff' || (format === 'webp' && isLosslessWebp(bytes)),
  };
}

const exifIsLost =
  'This TIFF carries EXIF data (when and how it was taken), which are not written into TIFF again: keep the original for them.';
const wasConverted =
  'Its colours were CMYK, for print: they were converted to sRGB, and the photo is saved as PNG.';

/** What is not in RGB, as a PNG that is. @throws AppError bad-image */
async function converted(bytes: Uint8Array): Promise<Photo> {
  try {
    const png = await sharp(bytes, { autoOrient: true, failOn: 'error', limitInputPixels: MOST_PIXELS })
      .toColourspace('srgb')
      .keepExif()
      .png({ compressionLevel: 1 })
      .toBuffer();
    return { ...(await openPhoto(plainBytes(png))), notices: [wasConverted] };
  } catch (error) {
    throw error instanceof AppError ? error : damaged(error);
  }
}

/** The photo as sharp begins with it: upright, its own samples. */
export function photoPipeline(photo: Photo, bytes: Uint8Array = photo.bytes): Sharp {
  return sharp(bytes, { autoOrient: true, ignoreIcc: true, failOn: 'error', limitInputPixels: MOST_PIXELS });
}

/** What sharp calls the photo's own kind of samples. */
export function colourSpace({ bands, bitDepth }: Pick<Photo, 'bands' | 'bitDepth'>): string {
  if (bands < 3) return bitDepth === 16 ? 'grey16' : 'b-w';
  return bitDepth === 16 ? 'rgb16' : 'srgb';
}

/** @throws AppError bad-image for a file cut short */
export async function readRegion(photo: Photo, rect: Rect): Promise<Samples> {
  // Grey loses its alpha on the way to raw samples, so the two are read one after the other.
  if (photo.bands !== 2) return readBands(photo, rect, null);
  const [grey, alpha] = [await readBands(photo, rect, 0), await readBands(photo, rect, 1)];
  const both = photo.bitDepth === 16 ? new Uint16Array(grey.length * 2) : new Uint8Array(grey.length * 2);
  for (let i = 0; i < grey.length; i++) {
    both[2 * i] = grey[i];
    both[2 * i + 1] = alpha[i];
  }
  return both;
}

async function readBands(
  photo: Photo,
  { x, y, width, height }: Rect,
  channel: 0 | 1 | null,
): Promise<Samples> {
  const isWide = photo.bitDepth === 16;
  const whole = photoPipeline(photo).extract({ left: x, top: y, width, height });
  const read = channel === null ? whole : whole.extractChannel(channel);
  try {
    const { data, info } = await read
      .toColourspace(colourSpace(photo))
      .raw({ depth: isWide ? 'ushort' : 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const expected = channel === null ? photo.bands : 1;
    if ((info.channels as number) !== expected) throw new Error(`${info.channels} channels were read`);
    // A copy: a buffer's bytes may begin anywhere, and its slices are views, not copies.
    const copy = new Uint8Array(data);
    return isWide ? new Uint16Array(copy.buffer) : copy;
  } catch (error) {
    throw damaged(error);
  }
}

/** The same bytes, not as a Buffer. */
export function plainBytes({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** What the decoder's library says of it is for its developers: the cause, not the sentence. */
export function damaged(error: unknown): AppError {
  return new AppError('bad-image', 'damaged or cut short', { cause: error });
}

/** By its first chunk that holds pixels (RFC 9649). */
function isLosslessWebp(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 12; at + 8 <= bytes.length;) {
    const name = String.fromCharCode(...bytes.subarray(at, at + 4));
    if (name === 'VP8L') return true;
    if (name === 'VP8 ' || name === 'ANMF') return false;
    const length = view.getUint32(at + 4, true);
    at += 8 + length + (length % 2);
  }
  return false;
}
