/** Of two pictures one after another: the rectangle in which they differ. */
import type { RgbaImage } from './pixels.ts';

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** null where they are equal. */
export function changedArea(before: RgbaImage, after: RgbaImage): Area | null {
  const { width, height } = after;
  const [a, b] = [wordsOf(before.pixels), wordsOf(after.pixels)];
  let left = width;
  let right = -1;
  let top = height;
  let bottom = -1;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (a[i] === b[i]) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (top === height) top = y;
      bottom = y;
    }
  }
  return right < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** A part of a picture, as a picture. */
export function cutArea({ pixels, width }: RgbaImage, area: Area): RgbaImage {
  const part = new Uint8Array(area.width * area.height * 4);
  for (let y = 0; y < area.height; y++) {
    const from = ((area.y + y) * width + area.x) * 4;
    part.set(pixels.subarray(from, from + area.width * 4), y * area.width * 4);
  }
  return { pixels: part, width: area.width, height: area.height };
}

function wordsOf(pixels: Uint8Array): Uint32Array {
  const aligned = pixels.byteOffset % 4 === 0 ? pixels : pixels.slice();
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
}
