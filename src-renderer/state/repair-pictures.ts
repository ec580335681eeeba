/** Between files, pictures and masks, with the browser's own decoder and encoder. */
import { AppError } from '#domain/errors.ts';
import { fitsPhoto, greyPicture, maskFromPicture, psnrInside } from '../canvas/mask-picture.ts';
import type { Mask } from '../canvas/mask.ts';
import type { Size } from '../canvas/view.ts';

export function decodePreview(bytes: Uint8Array<ArrayBuffer>): Promise<ImageBitmap> {
  return createImageBitmap(new Blob([bytes]));
}

/** @returns a grey PNG of the mask's size. */
export async function maskPng(mask: Mask): Promise<Blob> {
  const { canvas, context } = createCanvas(mask);
  context.putImageData(new ImageData(greyPicture(mask), mask.width, mask.height), 0, 0);
  return await canvas.convertToBlob({ type: 'image/png' });
}

/**
 * Of any size, brought to the mask's.
 * @returns [height, width] @throws AppError bad-image for a file that is no picture, or of another shape than the photo
 */
export async function readMask(file: Blob, name: string, size: Size): Promise<Uint8Array> {
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file);
  } catch (cause) {
    throw new AppError('bad-image', `“${name}” is no picture that can be read: choose a mask saved as PNG.`, {
      cause,
    });
  }
  try {
    if (!fitsPhoto(picture, size)) {
      throw new AppError(
        'bad-image',
        `The mask “${name}” is ${String(picture.width)} × ${String(picture.height)}, another shape than this photo’s: choose one made for it.`,
      );
    }
    const { context } = createCanvas(size);
    context.imageSmoothingQuality = 'high';
    context.drawImage(picture, 0, 0, size.width, size.height);
    return maskFromPicture(context.getImageData(0, 0, size.width, size.height).data);
  } finally {
    picture.close();
  }
}

/** dB inside the mask; null for pictures of another size than the mask, or where nothing is painted. */
export function repairScore(truth: ImageBitmap, picture: ImageBitmap, mask: Mask): number | null {
  const [known, made] = [truth, picture].map((image) => {
    if (image.width !== mask.width || image.height !== mask.height) return null;
    const { context } = createCanvas(mask);
    context.drawImage(image, 0, 0);
    return context.getImageData(0, 0, mask.width, mask.height).data;
  });
  return known === null || made === null ? null : psnrInside(known, made, mask.values);
}

/** Hands a file to the browser's downloads. */
export function download(href: string, fileName: string): void {
  const link = document.createElement('a');
  link.href = href;
  link.download = fileName;
  link.click();
}

export function downloadBlob(blob: Blob, fileName: string): void {
  const url = URL.createObjectURL(blob);
  download(url, fileName);
  // The browser has begun by then; it keeps what it reads.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

interface OwnCanvas {
  readonly canvas: OffscreenCanvas;
  readonly context: OffscreenCanvasRenderingContext2D;
}

function createCanvas({ width, height }: Size): OwnCanvas {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (context === null) throw new Error('this browser draws on no canvas');
  return { canvas, context };
}
