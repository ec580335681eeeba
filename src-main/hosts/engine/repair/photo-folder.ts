/**
 * A photo under repair on the disk, each file written as a whole, so that any process can go on from there:
 * `photo`, the file as it came; `preview`, its pixels on a screen; `about`, its name and what it is; `mask`; `repaired`, what
 * differs from it; `answer`, what was told of that; `result.EXT`; and `lesson` (lesson-file.ts).
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeMessage, encodeMessage } from '#contract/wire.ts';
import { AppError } from '#domain/errors.ts';
import { readImageFile } from '#media/image-file.ts';
import type { Difference } from '#media/photo/difference-png.ts';
import { openMask, type PhotoMask } from '#media/photo/photo-mask.ts';
import { openPhoto, type Photo } from '#media/photo/photo.ts';
import type { RgbaImage } from '#media/pixels.ts';
import { readFileBytes, writeFileAtomic, type FileSystem } from '#storage/atomic-file.ts';

/** Opens a photo that a person named. @throws AppError with the path in its sentence */
export function openPhotoFile(path: string): Promise<Photo> {
  return naming(path, async () => openPhoto(await readImageFile(path, { followLink: true })));
}

/** @throws AppError with the path in its sentence */
export function openMaskFile(path: string, photo: Photo): Promise<PhotoMask> {
  return naming(path, async () => openMask(await readImageFile(path, { followLink: true }), photo));
}

async function naming<T>(path: string, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'mismatch') throw error;
    throw new AppError(error.code, `${path}: ${error.message}.`, { cause: error });
  }
}

/** @throws AppError io, disk-full */
export async function keepPhoto(folder: string, photo: Photo, preview: RgbaImage): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFileAtomic(join(folder, 'photo'), photo.bytes);
  const { pixels, width, height } = preview;
  await writeFileAtomic(join(folder, 'preview'), encodeMessage({ pixels, width, height }));
}

/** @throws AppError not-found */
export async function keptPhoto(folder: string): Promise<Photo> {
  return openPhoto(await readFileBytes(join(folder, 'photo')));
}

export async function keptPreview(folder: string): Promise<RgbaImage> {
  // Written by keepPhoto, as a whole.
  return decodeMessage(await readFileBytes(join(folder, 'preview'))) as RgbaImage;
}

/** What was kept before stays where this cannot be written. @throws AppError io, disk-full */
export async function keepParts(
  folder: string,
  parts: readonly Difference[],
  fs?: FileSystem,
): Promise<void> {
  const kept = parts.map(({ x, y, width, height, samples }) => ({
    ...{ x, y, width, height },
    samples: new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength),
  }));
  await writeFileAtomic(join(folder, 'repaired'), encodeMessage({ parts: kept }), fs && { fs });
}

/** None where nothing was repaired yet. */
export async function keptParts(
  folder: string,
  { bitDepth }: Pick<Photo, 'bitDepth'>,
): Promise<Difference[]> {
  const message = await readIfThere(join(folder, 'repaired'));
  if (message === null) return [];
  const { parts } = decodeMessage(message) as { parts: (Difference & { samples: Uint8Array })[] };
  if (bitDepth === 8) return parts;
  return parts.map((part) => ({ ...part, samples: new Uint16Array(part.samples.slice().buffer) }));
}

/** What was told of the photo when it was opened, and of its repair. */
export async function keepNote(folder: string, name: 'about' | 'answer', note: unknown): Promise<void> {
  await writeFileAtomic(join(folder, name), encodeMessage(note));
}

/** Null where there is none. */
export async function keptNote(folder: string, name: 'about' | 'answer'): Promise<unknown> {
  const bytes = await readIfThere(join(folder, name));
  return bytes && decodeMessage(bytes);
}

export async function keepMask(folder: string, mask: Uint8Array): Promise<void> {
  await writeFileAtomic(join(folder, 'mask'), mask);
}

/** Null where nothing was painted yet. */
export function keptMask(folder: string): Promise<Uint8Array | null> {
  return readIfThere(join(folder, 'mask'));
}

async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await readFileBytes(path);
  } catch (failure) {
    if (failure instanceof AppError && failure.code === 'not-found') return null;
    throw failure;
  }
}
