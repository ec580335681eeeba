/** A grown picture as it is seen: at its size, on its background. */
import { enlarge, overColour, type Colour, type RgbaImage } from '#media/pixels.ts';
import { resizeSmoothly } from '#media/smooth.ts';
import type { Quality } from './export-plan.ts';

export function shownFrame(image: RgbaImage, quality: Quality, background: Colour | null): RgbaImage {
  // Soft edges come of colours as they are on the background, not of clear ones.
  const flat = background === null ? image : overColour(image, background);
  return quality.scale === null ? resizeSmoothly(flat, quality) : enlarge(flat, quality.scale);
}
