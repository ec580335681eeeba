/** Pictures enlarged to any size with soft edges, for those who do not want to see cells. */
import sharp from 'sharp';
import type { RgbaImage } from './pixels.ts';

/** Straight RGBA; transparency is weighed with the colours. */
export async function resizeSmoothly(
  { pixels, width, height }: RgbaImage,
  size: { readonly width: number; readonly height: number },
): Promise<RgbaImage> {
  if (width === size.width && height === size.height) return { pixels, width, height };
  const resized = await sharp(pixels, { raw: { width, height, channels: 4 } })
    .resize({ ...size, fit: 'fill', kernel: 'mitchell' })
    .raw()
    .toBuffer();
  return { pixels: resized, ...size };
}
