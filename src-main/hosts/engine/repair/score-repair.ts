/** How near a repaired photo comes to the undamaged one, inside the mask. */
import { AppError } from '#domain/errors.ts';
import { scoreInside, type MaskedScore } from '#engine/metrics/masked-score.ts';
import type { Difference } from '#media/photo/difference-png.ts';
import { readRegion, type Photo, type Rect } from '#media/photo/photo.ts';
import type { PhotoMask } from '#media/photo/photo-mask.ts';
import { boundsOf } from './repair-photo.ts';

/** Half a window of SSIM: what is around the mask counts there. */
const MARGIN = 5;

/** @throws AppError mismatch where the original is another kind of picture */
export async function scoreRepair(
  photo: Photo,
  parts: readonly Difference[],
  original: Photo,
  mask: PhotoMask,
): Promise<MaskedScore> {
  const { width, height, bands, bitDepth } = photo;
  if (original.width !== width || original.height !== height || original.bands !== bands) {
    throw new AppError(
      'mismatch',
      `The original has ${original.width}×${original.height} pixels of ${original.bands} values where the photo has ${width}×${height} of ${bands}: score against the photo before it was damaged.`,
    );
  }
  const inner = boundsOf(parts);
  const [x, y] = [Math.max(0, inner.x - MARGIN), Math.max(0, inner.y - MARGIN)];
  const rect: Rect = {
    ...{ x, y },
    width: Math.min(width, inner.x + inner.width + MARGIN) - x,
    height: Math.min(height, inner.y + inner.height + MARGIN) - y,
  };
  const repaired = await readRegion(photo, rect);
  for (const part of parts) {
    for (let row = 0; row < part.height; row++) {
      const to = ((part.y + row - y) * rect.width + part.x - x) * bands;
      const from = row * part.width * bands;
      for (let i = 0; i < part.width * bands; i++) repaired[to + i] ^= part.samples[from + i];
    }
  }
  const unit = (samples: ArrayLike<number>, depth: number): Float32Array =>
    Float32Array.from(samples, (value) => value / (2 ** depth - 1));
  const wanted = await readRegion(original, rect);
  const inside = mask.read(rect).map((value) => (value > 0 ? 1 : 0));
  const shape = { width: rect.width, height: rect.height, channels: bands };
  return scoreInside(unit(repaired, bitDepth), unit(wanted, original.bitDepth), inside, shape);
}
