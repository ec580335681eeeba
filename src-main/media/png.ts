/**
 * Pictures out: PNG bytes of straight RGBA, nothing but pixels in them, and series of frames as numbered files.
 */
import { join } from 'node:path';
import sharp from 'sharp';
import { writeFileAtomic } from '#storage/atomic-file.ts';
import { enlarge, overColour, type Colour, type RgbaImage } from './pixels.ts';

export interface PngOptions {
  /** Each pixel becomes a square of this many; the default is 1. */
  readonly scale?: number;
  /** Laid under the picture; without it transparency stays. */
  readonly background?: Colour | null;
}

export async function encodePng(image: RgbaImage, options: PngOptions = {}): Promise<Uint8Array> {
  const flat = options.background ? overColour(image, options.background) : image;
  const { pixels, width, height } = enlarge(flat, options.scale ?? 1);
  return sharp(pixels, { raw: { width, height, channels: 4 } })
    .png({ compressionLevel: 9 })
    .toBuffer();
}

/** @throws AppError `io`; an older file stays as it was. */
export async function writePng(path: string, image: RgbaImage, options: PngOptions = {}): Promise<void> {
  await writeFileAtomic(path, await encodePng(image, options), { makeFolder: true });
}

/**
 * frame-0000.png, frame-0001.png, … in `folder`; names are wide enough to sort.
 * @returns how many were written.
 */
export async function writeFrames(
  folder: string,
  frames: Iterable<RgbaImage> | AsyncIterable<RgbaImage>,
  options: PngOptions = {},
): Promise<number> {
  let count = 0;
  for await (const frame of frames) {
    await writePng(join(folder, `frame-${String(count).padStart(4, '0')}.png`), frame, options);
    count++;
  }
  return count;
}
