/** Which part of a photo to ask for in its own pixels, as its preview has too few for what is seen. */
import type { Size, View } from './view.ts';

export interface PhotoRegion extends Size {
  readonly x: number;
  readonly y: number;
}

export interface PreviewedPhoto extends Size {
  readonly previewWidth: number;
  readonly previewHeight: number;
}

/** Pixels a side that are asked for at once. */
const mostSide = 4096;
/** So much more than is seen is asked for, of what is seen: a small move needs nothing new. */
const around = 0.15;

/**
 * @param view Of the preview, in CSS pixels a pixel of it.
 * @returns pixels of the photo; null where the preview has enough, or where it would be too many
 */
export function regionToLookAt(
  photo: PreviewedPhoto,
  view: View,
  viewport: Size,
  pixelRatio: number,
): PhotoRegion | null {
  const { width, height, previewWidth, previewHeight } = photo;
  if (previewWidth >= width || view.scale * pixelRatio <= 1) return null;
  const across = width / previewWidth;
  const down = height / previewHeight;
  const [x, right] = part(-view.x, viewport.width, view.scale / across, width);
  const [y, bottom] = part(-view.y, viewport.height, view.scale / down, height);
  const region = { x, y, width: right - x, height: bottom - y };
  if (region.width <= 0 || region.height <= 0) return null;
  return Math.max(region.width, region.height) > mostSide ? null : region;
}

/** @param scale CSS pixels a pixel of the photo. */
function part(from: number, seen: number, scale: number, whole: number): [from: number, to: number] {
  const more = seen * around;
  return [
    Math.max(0, Math.floor((from - more) / scale)),
    Math.min(whole, Math.ceil((from + seen + more) / scale)),
  ];
}
