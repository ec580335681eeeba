/** A photo as a screen shows it: in sRGB with 8 bits, upright, at most 2048 a side; and the same of what was repaired. */
import sharp, { type Sharp } from 'sharp';
import type { RgbaImage } from '../pixels.ts';
import type { Difference } from './difference-png.ts';
import { damaged, MOST_PIXELS, plainBytes, type Photo, type Rect } from './photo.ts';
import { repairedRegion } from './write-photo.ts';

const MOST_SIDE = 2048;
const QUALITY = 90;

/** @throws AppError bad-image for a file cut short */
export async function previewOf(photo: Photo): Promise<RgbaImage> {
  try {
    const { data, info } = await sharp(photo.bytes, {
      ...{ autoOrient: true, failOn: 'error', limitInputPixels: MOST_PIXELS },
    })
      .resize({ width: MOST_SIDE, height: MOST_SIDE, fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .ensureAlpha()
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    return { pixels: plainBytes(data), width: info.width, height: info.height };
  } catch (error) {
    throw damaged(error);
  }
}

/** JPEG, or PNG where there is transparency to be seen. */
export function previewFile({ pixels, width, height }: RgbaImage, hasAlpha: boolean): Promise<Uint8Array> {
  const image = sharp(pixels, { raw: { width, height, channels: 4 } });
  return hasAlpha
    ? image.png({ compressionLevel: 1 }).toBuffer()
    : image.removeAlpha().jpeg({ quality: QUALITY }).toBuffer();
}

/** The photo's preview with its repaired parts. */
export async function previewWith(
  photo: Photo,
  preview: RgbaImage,
  parts: readonly Difference[],
): Promise<RgbaImage> {
  const pixels = preview.pixels.slice();
  const across = photo.width / preview.width;
  const down = photo.height / preview.height;
  for (const part of parts) {
    const shown = {
      ...{ x: Math.floor(part.x / across), y: Math.floor(part.y / down) },
      right: Math.min(preview.width, Math.ceil((part.x + part.width) / across)),
      bottom: Math.min(preview.height, Math.ceil((part.y + part.height) / down)),
    };
    const [width, height] = [shown.right - shown.x, shown.bottom - shown.y];
    const data = await shrunk(photo, part, rectOf(shown, across, down, photo), { width, height });
    for (let row = 0; row < height; row++) {
      const line = data.subarray(row * width * 4, (row + 1) * width * 4);
      pixels.set(line, ((shown.y + row) * preview.width + shown.x) * 4);
    }
  }
  return { ...preview, pixels };
}

/** Pixels of the photo as a screen shows them, each one of its own, with what was repaired. @throws AppError bad-image */
export async function shownRegion(
  photo: Photo,
  rect: Rect,
  parts: readonly Difference[],
): Promise<RgbaImage> {
  const { x, y, width, height } = rect;
  const pixels = await shownPixels(
    sharp(photo.bytes, { autoOrient: true, failOn: 'error', limitInputPixels: MOST_PIXELS }).extract({
      ...{ left: x, top: y, width, height },
    }),
  );
  for (const part of parts) {
    const shared = {
      ...{ x: Math.max(x, part.x), y: Math.max(y, part.y) },
      right: Math.min(x + width, part.x + part.width),
      bottom: Math.min(y + height, part.y + part.height),
    };
    const own = { ...shared, width: shared.right - shared.x, height: shared.bottom - shared.y };
    if (own.width <= 0 || own.height <= 0) continue;
    const repaired = await shownPixels(
      sharp(await repairedRegion(photo, own, cropped(part, own, photo.bands))),
    );
    for (let row = 0; row < own.height; row++) {
      const line = repaired.subarray(row * own.width * 4, (row + 1) * own.width * 4);
      pixels.set(line, ((own.y - y + row) * width + own.x - x) * 4);
    }
  }
  return { pixels, width, height };
}

/** The part's samples within a region that lies in it. */
function cropped(part: Difference, { x, y, width, height }: Rect, bands: number): Difference {
  const samples = part.samples.slice(0, width * height * bands);
  for (let row = 0; row < height; row++) {
    const from = ((y - part.y + row) * part.width + x - part.x) * bands;
    samples.set(part.samples.subarray(from, from + width * bands), row * width * bands);
  }
  return { x, y, width, height, samples };
}

/** In sRGB, RGBA. */
async function shownPixels(image: Sharp): Promise<Uint8Array> {
  try {
    return plainBytes(await image.toColourspace('srgb').ensureAlpha().raw({ depth: 'uchar' }).toBuffer());
  } catch (error) {
    throw damaged(error);
  }
}

/** The pixels of the photo behind those of its preview. */
function rectOf(
  shown: { readonly x: number; readonly y: number; readonly right: number; readonly bottom: number },
  across: number,
  down: number,
  photo: Photo,
): Rect {
  const [x, y] = [Math.floor(shown.x * across), Math.floor(shown.y * down)];
  return {
    ...{ x, y },
    width: Math.min(photo.width, Math.ceil(shown.right * across)) - x,
    height: Math.min(photo.height, Math.ceil(shown.bottom * down)) - y,
  };
}

async function shrunk(
  photo: Photo,
  part: Difference,
  rect: Rect,
  size: { readonly width: number; readonly height: number },
): Promise<Uint8Array> {
  return sharp(await repairedRegion(photo, rect, part))
    .resize({ ...size, fit: 'fill' })
    .toColourspace('srgb')
    .ensureAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer();
}
