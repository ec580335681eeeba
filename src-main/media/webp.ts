/**
 * Pictures and animations as lossless WebP (https://developers.google.com/speed/webp/docs/riff_container). Each frame is
 * encoded alone, by sharp, and only the rectangle that changed; the container around them is written here, as sharp's
 * takes all frames as one picture, which of a long animation fits no memory. Its length stands at the beginning: the
 * frames, which are small, are kept until the end.
 */
import sharp from 'sharp';
import { AppError } from '#domain/errors.ts';
import { riffChunk, webpCarrier } from './carried.ts';
import { cutArea, type Area } from './changed-area.ts';
import { movingFrames, type MovingOptions } from './moving-frames.ts';
import type { RgbaImage } from './pixels.ts';

const ALPHA = 0x10;
const ANIMATION = 0x02;
/** Kept at most; the format itself ends at 4 GiB. */
const MOST_BYTES = 2 ** 30;

/** One picture. */
export async function encodeWebp(image: RgbaImage, carried: Uint8Array | null = null): Promise<Uint8Array> {
  const frame = await bitstream(image);
  return riff([extended(image, ALPHA), frame, ...(carried === null ? [] : [webpCarrier(carried)])]);
}

/**
 * Writes an animation to `sink` when all of it is encoded.
 * @throws AppError bad-argument without a frame, for frames of different sizes, or more than 1 GiB
 */
export async function encodeMovingWebp(
  frames: Iterable<RgbaImage> | AsyncIterable<RgbaImage>,
  options: MovingOptions,
  sink: (bytes: Uint8Array) => void | Promise<void>,
): Promise<{ readonly written: number }> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let size: RgbaImage | null = null;
  for await (const { image, area, delayMs } of movingFrames(frames, options)) {
    size ??= image;
    const even = evenArea(area);
    const chunk = riffChunk(
      'ANMF',
      Buffer.concat([placement(even, delayMs), await bitstream(cutArea(image, even))]),
    );
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MOST_BYTES) {
      throw new AppError(
        'bad-argument',
        'This WebP would be larger than 1 GB: make it smaller, or of fewer frames.',
      );
    }
  }
  if (size === null) throw new RangeError('no frame');
  // Of the canvas, clear; read by hardly any program.
  const animation = Buffer.alloc(6);
  animation.writeUInt16LE(options.loop, 4);
  const { carried = null } = options;
  const parts = [extended(size, ALPHA | ANIMATION), riffChunk('ANIM', animation), ...chunks];
  if (carried !== null) parts.push(webpCarrier(carried));
  for (const part of riffParts(parts)) await sink(part);
  return { written: chunks.length };
}

/** Frames lie at even places. */
function evenArea({ x, y, width, height }: Area): Area {
  const [left, top] = [x & ~1, y & ~1];
  return { x: left, y: top, width: width + x - left, height: height + y - top };
}

/** Its pixels take the place of those below, and stay. */
function placement({ x, y, width, height }: Area, delayMs: number): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntLE(x / 2, 0, 3);
  bytes.writeUIntLE(y / 2, 3, 3);
  bytes.writeUIntLE(width - 1, 6, 3);
  bytes.writeUIntLE(height - 1, 9, 3);
  bytes.writeUIntLE(Math.min(0xff_ffff, delayMs), 12, 3);
  bytes[15] = 2;
  return bytes;
}

/** The chunk of the picture itself, of the file that sharp makes. */
async function bitstream({ pixels, width, height }: RgbaImage): Promise<Uint8Array> {
  const file = await sharp(pixels, { raw: { width, height, channels: 4 } })
    .webp({ lossless: true, exact: true })
    .toBuffer();
  for (let at = 12; at + 8 <= file.length;) {
    const length = file.readUInt32LE(at + 4);
    const end = at + 8 + length + (length & 1);
    if (file.toString('latin1', at, at + 4) === 'VP8L') return file.subarray(at, end);
    at = end;
  }
  throw new Error('a lossless WebP without its picture');
}

function extended({ width, height }: RgbaImage, flags: number): Uint8Array {
  const bytes = Buffer.alloc(10);
  bytes[0] = flags;
  bytes.writeUIntLE(width - 1, 4, 3);
  bytes.writeUIntLE(height - 1, 7, 3);
  return riffChunk('VP8X', bytes);
}

function riffParts(chunks: readonly Uint8Array[]): Uint8Array[] {
  const head = Buffer.alloc(12);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(4 + chunks.reduce((sum, { length }) => sum + length, 0), 4);
  head.write('WEBP', 8, 'latin1');
  return [head, ...chunks];
}

function riff(chunks: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(riffParts(chunks));
}
