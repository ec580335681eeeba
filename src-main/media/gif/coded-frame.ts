/** The bytes of a GIF (https://www.w3.org/Graphics/GIF/spec-gif89a.txt) around the pixels of its frames. */
import type { Area } from '../changed-area.ts';
import type { LzwEncoder } from './lzw.ts';

export interface FrameToWrite {
  /** Of the rectangle, row by row; the place after the last colour is transparent. */
  readonly indices: Uint8Array;
  /** In pixels before they are enlarged. */
  readonly rectangle: Area;
  readonly scale: number;
  /** Whether the rectangle is clear again after it. */
  readonly isCleared: boolean;
  /** So many there are. */
  readonly colours: number;
  /** Of the frame alone; null where it has that of the file. */
  readonly palette: readonly number[] | null;
}

/** Bits of a place in a table of so many colours and the transparent one. */
export function depthOf(colours: number): number {
  return Math.max(2, Math.ceil(Math.log2(colours + 1)));
}

/** A frame with a delay of 0. */
export function codedFrame(lzw: LzwEncoder, frame: FrameToWrite): Uint8Array {
  const { indices, rectangle, scale, isCleared, colours, palette } = frame;
  const { x, y, width, height } = rectangle;
  const depth = depthOf(colours);
  const data = lzw.encode({ indices, width, height, scale, depth });
  const table = palette === null ? new Uint8Array(0) : colourTable(palette, depth);
  const bytes = new Uint8Array(18 + table.length + data.length);
  bytes.set([0x21, 0xf9, 4, ((isCleared ? 2 : 1) << 2) | 1, 0, 0, colours, 0, 0x2c]);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of [x, y, width, height].entries()) view.setUint16(9 + 2 * i, value * scale, true);
  bytes[17] = palette === null ? 0 : 0x80 | (depth - 1);
  bytes.set(table, 18);
  bytes.set(data, 18 + table.length);
  return bytes;
}

/** Of a coded frame, in hundredths of a second. */
export function setDelay(frame: Uint8Array, delay: number): void {
  new DataView(frame.buffer, frame.byteOffset).setUint16(4, Math.min(0xffff, delay), true);
}

/** Signature, size, the colours of all frames where there are such, and how often it plays: 0 is for ever. */
export function gifHeader(
  { width, height }: { readonly width: number; readonly height: number },
  palette: readonly number[] | null,
  loop: number,
): Uint8Array {
  const depth = palette === null ? 8 : depthOf(palette.length);
  const table = palette === null ? new Uint8Array(0) : colourTable(palette, depth);
  const head = Buffer.alloc(13);
  head.write('GIF89a', 'latin1');
  head.writeUInt16LE(width, 6);
  head.writeUInt16LE(height, 8);
  head[10] = (palette === null ? 0 : 0x80) | (7 << 4) | (palette === null ? 0 : depth - 1);
  const rounds = Buffer.alloc(2);
  rounds.writeUInt16LE(loop === 0 ? 0 : Math.max(0, loop - 1));
  const loops = [
    Buffer.from([0x21, 0xff, 11]),
    Buffer.from('NETSCAPE2.0'),
    Buffer.from([3, 1]),
    rounds,
    Buffer.from([0]),
  ];
  return Buffer.concat([head, table, ...(loop === 1 ? [] : loops)]);
}

export const GIF_END: Uint8Array = Uint8Array.of(0x3b);

function colourTable(palette: readonly number[], depth: number): Uint8Array {
  const table = new Uint8Array(3 << depth);
  for (const [place, colour] of palette.entries()) {
    table.set([colour >> 16, (colour >> 8) & 255, colour & 255], place * 3);
  }
  return table;
}

/** Around what is drawn in the area; null where nothing is. */
export function rectangleOf(indices: Uint8Array, width: number, area: Area, stays: number): Area | null {
  let left = area.x + area.width;
  let right = -1;
  let top = -1;
  let bottom = -1;
  for (let y = area.y; y < area.y + area.height; y++) {
    const start = y * width + area.x;
    const end = start + area.width;
    let first = start;
    while (first < end && indices[first] === stays) first++;
    if (first === end) continue;
    let last = end - 1;
    while (indices[last] === stays) last--;
    left = Math.min(left, first - y * width);
    right = Math.max(right, last - y * width);
    if (top < 0) top = y;
    bottom = y;
  }
  return right < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** One pixel where there is neither: a frame has at least one. */
export function union(a: Area | null, b: Area | null): Area {
  if (a === null || b === null) return a ?? b ?? { x: 0, y: 0, width: 1, height: 1 };
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  const right = Math.max(a.x + a.width, b.x + b.width);
  const bottom = Math.max(a.y + a.height, b.y + b.height);
  return { x, y, width: right - x, height: bottom - y };
}
