/** A mask as pixels: the tint that lies over the photo, and the grey picture that it is saved as and loaded from. */
import type { Box } from './mask-shapes.ts';
import type { Size } from './view.ts';

export interface Tint {
  readonly red: number;
  readonly green: number;
  readonly blue: number;
  /** 0…1 where the mask is full. */
  readonly alpha: number;
}

/** Seen on skin, leaves, sky and paper alike, in both themes. */
export const maskTint: Tint = { red: 226, green: 24, blue: 110, alpha: 0.55 };

interface MaskValues extends Size {
  /** [height, width] */
  readonly values: Uint8Array;
}

/** @returns straight RGBA of a box, [box height, box width, 4]. */
export function tintOf(mask: MaskValues, box: Box, tint: Tint): Uint8ClampedArray<ArrayBuffer> {
  const width = box.right - box.left;
  const rgba = new Uint8ClampedArray(width * (box.bottom - box.top) * 4);
  let at = 0;
  for (let y = box.top; y < box.bottom; y++)
    for (let x = box.left; x < box.right; x++) {
      const value = mask.values[y * mask.width + x];
      if (value > 0) {
        rgba[at] = tint.red;
        rgba[at + 1] = tint.green;
        rgba[at + 2] = tint.blue;
        rgba[at + 3] = value * tint.alpha;
      }
      at += 4;
    }
  return rgba;
}

/** White is repaired, black stays. @returns opaque RGBA, [height, width, 4]. */
export function greyPicture(mask: MaskValues): Uint8ClampedArray<ArrayBuffer> {
  const rgba = new Uint8ClampedArray(mask.values.length * 4);
  for (const [index, value] of mask.values.entries()) {
    rgba.fill(value, index * 4, index * 4 + 3);
    rgba[index * 4 + 3] = 255;
  }
  return rgba;
}

/** @param rgba Straight, [n, 4]; as it looks on black. @returns brightness, [n]. */
export function maskFromPicture(rgba: Uint8ClampedArray): Uint8Array {
  const values = new Uint8Array(rgba.length / 4);
  for (let index = 0; index < values.length; index++) {
    const [red, green, blue, alpha] = rgba.subarray(index * 4, index * 4 + 4);
    values[index] = Math.round(((0.299 * red + 0.587 * green + 0.114 * blue) * alpha) / 255);
  }
  return values;
}

/**
 * How close a repair came to what is known to have been there.
 * @param truth Straight RGBA, [n, 4], as is `repaired`; compared premultiplied. @param mask [n]
 * @returns dB over the pixels that are painted; Infinity where they are the same, null where none is painted
 */
export function psnrInside(
  truth: Uint8ClampedArray,
  repaired: Uint8ClampedArray,
  mask: Uint8Array,
): number | null {
  let squares = 0;
  let count = 0;
  for (const [index, value] of mask.entries()) {
    if (value === 0) continue;
    count += 1;
    const at = index * 4;
    const [alpha, otherAlpha] = [truth[at + 3], repaired[at + 3]];
    squares += (alpha - otherAlpha) ** 2;
    for (let channel = at; channel < at + 3; channel++)
      squares += ((truth[channel] * alpha - repaired[channel] * otherAlpha) / 255) ** 2;
  }
  if (count === 0) return null;
  return 10 * Math.log10((255 * 255 * 4 * count) / squares);
}

/** Whether a picture of this size lies over the photo without being stretched one way: sides rounded by other programs. */
export function fitsPhoto(picture: Size, photo: Size): boolean {
  return Math.abs(Math.log((picture.width * photo.height) / (picture.height * photo.width))) < 0.02;
}
