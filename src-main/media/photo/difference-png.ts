/**
 * A picture that is zero but for some rectangles, as a PNG made row by row: what a photo is combined with by exclusive
 * or, so that everything outside the rectangles comes through as it was, whatever its depth, and a photo of 100
 * megapixels needs no copy of itself.
 */
import { crc32, createDeflate } from 'node:zlib';
import type { Rect, Samples } from './photo.ts';

export interface Difference extends Rect {
  /** Old samples ⊕ new samples, `bands` a pixel. */
  readonly samples: Samples;
}

export interface DifferenceShape {
  readonly width: number;
  readonly height: number;
  readonly bands: 1 | 2 | 3 | 4;
  readonly bitDepth: 8 | 16;
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const colourTypes = [0, 4, 2, 6] as const;
/** Rows are handed to the compressor in blocks of about this size. */
const BLOCK_BYTES = 1 << 20;

/** @param parts do not overlap */
export async function differencePng(
  shape: DifferenceShape,
  parts: readonly Difference[],
): Promise<Uint8Array> {
  const { width, height, bands, bitDepth } = shape;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bitDepth, colourTypes[bands - 1], 0, 0, 0], 8);
  const data = await compressedRows(shape, parts);
  return Buffer.concat([
    signature,
    ...chunk('IHDR', header),
    ...chunk('IDAT', data),
    ...chunk('IEND', Buffer.alloc(0)),
  ]);
}

async function compressedRows(shape: DifferenceShape, parts: readonly Difference[]): Promise<Buffer> {
  const { width, height, bands, bitDepth } = shape;
  const rowBytes = 1 + width * bands * (bitDepth / 8);
  const rows = Math.max(1, Math.floor(BLOCK_BYTES / rowBytes));
  const deflate = createDeflate({ level: 1 });
  const pieces: Buffer[] = [];
  deflate.on('data', (piece: Buffer) => pieces.push(piece));
  const ended = new Promise<void>((resolve, reject) => {
    deflate.on('end', resolve);
    deflate.on('error', reject);
  });
  for (let top = 0; top < height; top += rows) {
    const count = Math.min(rows, height - top);
    const block = Buffer.alloc(count * rowBytes);
    for (const part of parts) writePart(block, { top, count, rowBytes, shape }, part);
    await new Promise<void>((resolve) => deflate.write(block, () => resolve()));
  }
  deflate.end();
  await ended;
  return Buffer.concat(pieces);
}

interface Block {
  readonly top: number;
  readonly count: number;
  readonly rowBytes: number;
  readonly shape: DifferenceShape;
}

function writePart(block: Buffer, { top, count, rowBytes, shape }: Block, part: Difference): void {
  const { bands, bitDepth } = shape;
  const sampleBytes = bitDepth / 8;
  const from = Math.max(top, part.y);
  const to = Math.min(top + count, part.y + part.height);
  for (let y = from; y < to; y++) {
    let at = (y - top) * rowBytes + 1 + part.x * bands * sampleBytes;
    const first = (y - part.y) * part.width * bands;
    for (let i = first; i < first + part.width * bands; i++, at += sampleBytes) {
      if (bitDepth === 16) block.writeUInt16BE(part.samples[i], at);
      else block[at] = part.samples[i];
    }
  }
}

function chunk(name: string, data: Uint8Array): Uint8Array[] {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(data.length, 0);
  head.write(name, 4, 'latin1');
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(data, crc32(head.subarray(4))), 0);
  return [head, data, check];
}
