/** How near a repaired picture comes to the one that was damaged: inside the mask only, where anything was to be done. */
import { psnrOfError } from './psnr.ts';
import { ssim, type PictureShape } from './ssim.ts';

export interface MaskedScore {
  readonly mse: number;
  /** dB */
  readonly psnr: number;
  /** Over the windows whose middle is in the mask; NaN where none is. */
  readonly ssim: number;
}

/**
 * @param a, b [H, W, channels], values 0…1
 * @param mask [H, W], 1 inside; at least one pixel
 */
export function scoreInside(
  a: Float32Array,
  b: Float32Array,
  mask: Uint8Array,
  shape: PictureShape,
): MaskedScore {
  const { channels } = shape;
  let [sum, count] = [0, 0];
  for (let pixel = 0; pixel < mask.length; pixel++) {
    if (mask[pixel] !== 1) continue;
    for (let i = pixel * channels; i < (pixel + 1) * channels; i++) sum += (a[i] - b[i]) ** 2;
    count += channels;
  }
  if (count === 0) throw new RangeError('the mask is empty');
  const mse = sum / count;
  return { mse, psnr: psnrOfError(mse), ssim: ssim(a, b, shape, mask) };
}
