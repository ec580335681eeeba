/**
 * Animations as APNG (https://www.w3.org/TR/png-3/#apng-frame-based-animation): every colour and every alpha to the last
 * bit. Of a frame only the rectangle that changed is written, in place of what was there. Rows are filtered against the
 * one above, which of enlarged pixels leaves nothing of all rows but the first of each square. The number of frames
 * stands before them, so they are counted beforehand, small. Some frames are deflated at once, on threads of Node's.
 */
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import { pngCarrier, pngChunk } from './carried.ts';
import type { Area } from './changed-area.ts';
import { enlargedFrames } from './enlarged-frames.ts';
import { inOrder } from './in-order.ts';
import { movingFrames, type Enlarging, type MovingFrame, type MovingOptions } from './moving-frames.ts';
import type { RgbaImage } from './pixels.ts';

type Frames = () => Iterable<RgbaImage> | AsyncIterable<RgbaImage>;

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const AT_ONCE = 4;
const deflated = promisify(deflate);

/**
 * Writes an animation piece by piece; the frames are asked for twice.
 * @throws AppError bad-argument without a frame, or for frames of different sizes
 */
export async function encodeApng(
  frames: Frames,
  options: MovingOptions & Enlarging,
  sink: (bytes: Uint8Array) => void | Promise<void>,
): Promise<{ readonly written: number }> {
  let count = 0;
  let isOpaque = true;
  for await (const { image } of movingFrames(frames(), options)) {
    count++;
    isOpaque &&= isWithoutAlpha(image);
  }
  const shown = enlargedFrames(movingFrames(frames(), options), options);
  const packed = inOrder(shown, AT_ONCE, async ({ image, area, delayMs }) => {
    const { width, height } = image;
    return { area, delayMs, size: { width, height }, data: await compress(image, area, isOpaque) };
  });
  let sequence = 0;
  let written = 0;
  for await (const { area, delayMs, size, data } of packed) {
    const first = written++ === 0;
    if (first) await sink(begin(size, isOpaque ? 2 : 6, count, options.loop));
    await sink(frameControl(sequence++, area, delayMs));
    if (first) await sink(pngChunk('IDAT', data));
    else await sink(pngChunk('fdAT', Buffer.concat([uint32(sequence++), data])));
  }
  if (options.carried) await sink(pngCarrier(options.carried));
  await sink(pngChunk('IEND', new Uint8Array()));
  return { written };
}

function isWithoutAlpha({ pixels }: RgbaImage): boolean {
  for (let at = 3; at < pixels.length; at += 4) if (pixels[at] !== 255) return false;
  return true;
}

function begin(
  { width, height }: Pick<RgbaImage, 'width' | 'height'>,
  colourType: number,
  count: number,
  loop: number,
): Uint8Array {
  const header = Buffer.concat([uint32(width), uint32(height), Buffer.from([8, colourType, 0, 0, 0])]);
  return Buffer.concat([
    SIGNATURE,
    pngChunk('IHDR', header),
    pngChunk('acTL', Buffer.concat([uint32(count), uint32(loop)])),
  ]);
}

/** Nothing is cleared after a frame, and its pixels take the place of those below. */
function frameControl(sequence: number, area: Area, delayMs: MovingFrame['delayMs']): Uint8Array {
  const delay = Buffer.alloc(6);
  // In thousandths of a second, of which two bytes hold a minute; longer ones in tenths.
  const isLong = delayMs > 0xffff;
  delay.writeUInt16BE(Math.min(0xffff, Math.round(isLong ? delayMs / 100 : delayMs)), 0);
  delay.writeUInt16BE(isLong ? 10 : 1000, 2);
  return pngChunk('fcTL', Buffer.concat([uint32(sequence), ...placeOf(area), delay]));
}

function placeOf({ x, y, width, height }: Area): Uint8Array[] {
  return [uint32(width), uint32(height), uint32(x), uint32(y)];
}

async function compress({ pixels, width }: RgbaImage, area: Area, isOpaque: boolean): Promise<Uint8Array> {
  const channels = isOpaque ? 3 : 4;
  const filtered = Buffer.alloc(area.height * (area.width * channels + 1));
  let to = 0;
  for (let y = 0; y < area.height; y++) {
    let from = ((area.y + y) * width + area.x) * 4;
    const end = from + area.width * 4;
    // 0 leaves the first row as it is, 2 takes the row above from the others.
    filtered[to++] = y === 0 ? 0 : 2;
    const above = y === 0 ? -1 : width * 4;
    for (; from < end; from += 4) {
      for (let c = 0; c < channels; c++) {
        filtered[to++] = above < 0 ? pixels[from + c] : pixels[from + c] - pixels[from + c - above];
      }
    }
  }
  return deflated(filtered, { level: LEVEL });
}

/** Nine takes several times as long, for a hundredth of the size. */
const LEVEL = 6;

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
