/**
 * Pictures and animations as WebP (https://developers.google.com/speed/webp/docs/riff_container), to the last bit or at
 * a quality. Each frame is encoded alone, by sharp, and only the rectangle that changed, some frames at once; the
 * container around them is written here, as sharp's takes all frames as one picture, which of a long animation fits no
 * memory. The file's length stands at its beginning, and is written there at the end.
 */
import { availableParallelism } from 'node:os';
import sharp from 'sharp';
import { AppError } from '#domain/errors.ts';
import { riffChunk, webpCarrier } from './carried.ts';
import { cutArea, type Area } from './changed-area.ts';
import { enlargedFrames } from './enlarged-frames.ts';
import { inOrder } from './in-order.ts';
import { movingFrames, type Enlarging, type MovingOptions } from './moving-frames.ts';
import type { RgbaImage } from './pixels.ts';

const ALPHA = 0x10;
const ANIMATION = 0x02;
/** A length has 32 bits. */
const MOST_BYTES = 2 ** 32 - 2 ** 16;
/** What takes longer saves a few hundredths. */
const LOSSLESS_EFFORT = 1;
const LOSSY_EFFORT = 2;

export interface WebpOptions extends MovingOptions, Enlarging {
  /** 1 to 99; 100, the default, keeps every bit. */
  readonly quality?: number;
}

/** Where the file goes. */
export interface WebpSink {
  write(bytes: Uint8Array): void | Promise<void>;
  /** In place of what was written there. */
  rewrite(bytes: Uint8Array, at: number): void | Promise<void>;
}

/** One picture. */
export async function encodeWebp(
  image: RgbaImage,
  carried: Uint8Array | null = null,
  quality = 100,
): Promise<Uint8Array> {
  const frame = await bitstream(image, quality);
  const chunks = [extended(image, ALPHA), frame, ...(carried === null ? [] : [webpCarrier(carried)])];
  return Buffer.concat([riffHead(chunks.reduce((sum, { length }) => sum + length, 0)), ...chunks]);
}

/**
 * Writes an animation piece by piece.
 * @throws AppError bad-argument without a frame, for frames of different sizes, or more than 4 GiB
 */
export async function encodeMovingWebp(
  frames: Iterable<RgbaImage> | AsyncIterable<RgbaImage>,
  options: WebpOptions,
  sink: WebpSink,
): Promise<{ readonly written: number }> {
  const { carried = null, quality = 100 } = options;
  const shown = enlargedFrames(movingFrames(frames, options), options);
  const encoded = inOrder(shown, availableParallelism() + 1, async ({ image, area, delayMs }) => {
    const { width, height } = image;
    const even = evenArea(area);
    const picture = await bitstream(cutArea(image, even), quality);
    return {
      size: { width, height },
      chunk: riffChunk('ANMF', Buffer.concat([placement(even, delayMs), picture])),
    };
  });
  let bytes = 0;
  let written = 0;
  const write = async (chunk: Uint8Array): Promise<void> => {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) {
      throw new AppError(
        'bad-argument',
        'This WebP would be larger than 4 GB: make it smaller, or of fewer frames.',
      );
    }
    await sink.write(chunk);
  };
  for await (const { size, chunk } of encoded) {
    if (written++ === 0) {
      await sink.write(riffHead(0));
      await write(extended(size, ALPHA | ANIMATION));
      // Of the canvas, clear; read by hardly any program.
      const animation = Buffer.alloc(6);
      animation.writeUInt16LE(options.loop, 4);
      await write(riffChunk('ANIM', animation));
    }
    await write(chunk);
  }
  if (carried !== null) await write(webpCarrier(carried));
  await sink.rewrite(riffHead(bytes), 0);
  return { written };
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

/** The chunks of the picture itself, of the file that sharp makes: its alpha, if apart, and its colours. */
async function bitstream({ pixels, width, height }: RgbaImage, quality: number): Promise<Uint8Array> {
  const how =
    quality >= 100
      ? { lossless: true, exact: true, effort: LOSSLESS_EFFORT }
      : { quality, effort: LOSSY_EFFORT };
  const file = await sharp(pixels, { raw: { width, height, channels: 4 } })
    .webp(how)
    .toBuffer();
  const parts: Uint8Array[] = [];
  for (let at = 12; at + 8 <= file.length;) {
    const length = file.readUInt32LE(at + 4);
    const end = at + 8 + length + (length & 1);
    if (['VP8L', 'VP8 ', 'ALPH'].includes(file.toString('latin1', at, at + 4)))
      parts.push(file.subarray(at, end));
    at = end;
  }
  if (parts.length === 0) throw new Error('a WebP without its picture');
  return Buffer.concat(parts);
}

function extended({ width, height }: Pick<RgbaImage, 'width' | 'height'>, flags: number): Uint8Array {
  const bytes = Buffer.alloc(10);
  bytes[0] = flags;
  bytes.writeUIntLE(width - 1, 4, 3);
  bytes.writeUIntLE(height - 1, 7, 3);
  return riffChunk('VP8X', bytes);
}

/** @param bytes Of all that follows. */
function riffHead(bytes: number): Uint8Array {
  const head = Buffer.alloc(12);
  head.write('RIFF', 0, 'latin1');
  head.writeUInt32LE(4 + bytes, 4);
  head.write('WEBP', 8, 'latin1');
  return head;
}
