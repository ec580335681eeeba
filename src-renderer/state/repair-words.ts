/** Repair in words: what is open, how much is painted, what came of it, and which model suits. */
import type { Model } from '#contract/shapes/library.ts';
import type { OpenedPhoto, RepairFormat, RepairResult, SavedRepair } from '#contract/shapes/repair.ts';
import { byteWords, countWords, dataWords, durationWords } from './words.ts';

const formatNames = {
  jpeg: 'JPEG',
  png: 'PNG',
  webp: 'WebP',
  avif: 'AVIF',
  tiff: 'TIFF',
  gif: 'GIF',
} as const satisfies Record<OpenedPhoto['format'], string>;

type PhotoFacts = Pick<OpenedPhoto, 'width' | 'height' | 'format' | 'bitDepth'>;

/** `4,000 × 3,000 · JPEG`, with `16 bit` where it has them. */
export function photoWords({ width, height, format, bitDepth }: PhotoFacts): string {
  const size = `${countWords(width)} × ${countWords(height)}`;
  return [size, formatNames[format], ...(bitDepth === 16 ? ['16 bit'] : [])].join(' · ');
}

/** How much of the photo is painted. */
export function paintedWords(painted: number, pixels: number): string {
  return painted === 0 ? 'Nothing painted yet' : `${shareWords(painted / pixels)} of the photo painted`;
}

/** `0.4 %`, `12 %`, `under 0.1 %`. */
export function shareWords(share: number): string {
  const percent = share * 100;
  if (percent > 0 && percent < 0.1) return 'under 0.1 %';
  if (percent < 100 && percent > 99.9) return 'over 99.9 %';
  return percent < 10 || percent > 99 ? `${String(Number(percent.toFixed(1)))} %` : `${percent.toFixed(0)} %`;
}

/** What was done, as one sentence for people who do not see it. */
export function resultWords({ repaired, identical, seconds }: RepairResult): string {
  return `Repaired in ${durationWords(seconds)}: ${countWords(repaired)} pixels changed, ${countWords(identical)} left exactly as they were.`;
}

export function formatChoices(photo: PhotoFacts): { readonly value: RepairFormat; readonly label: string }[] {
  if (photo.format === 'png') return [{ value: 'original', label: 'PNG, as the original' }];
  return [
    { value: 'original', label: `${formatNames[photo.format]}, as the original` },
    { value: 'png', label: 'PNG, every pixel exact' },
  ];
}

/** What saving gave. A lossy format changes every pixel a little when it is written again. */
export function savedWords({ path, fileName, bytes, isExact }: SavedRepair): string {
  const where = path === null ? `“${fileName}” (${byteWords(bytes)})` : `${path} (${byteWords(bytes)})`;
  return isExact
    ? `Saved ${where}: every pixel outside the mask is as it was.`
    : `Saved ${where}. Its format is lossy, so writing it again shifts other pixels a little; as PNG they stay exact.`;
}

type ModelFacts = Pick<Model, 'name' | 'preset' | 'grid' | 'data'>;

/** Digits are grey strokes on black: a model of them knows nothing of photos. */
export function suitsPhotos({ preset }: ModelFacts): boolean {
  return preset !== 'digits';
}

/** A line below the choice. */
export function modelHint(model: ModelFacts): string {
  const { width, height } = model.grid;
  const learned = `It learned from ${model.data === '' ? 'pictures of its own' : dataWords(model.data)}, and paints ${String(width)} × ${String(height)} cells at a time.`;
  return suitsPhotos(model)
    ? `${learned} Pictures unlike those are repaired less well.`
    : `${learned} Photos are nothing like those: learning this photo will do better.`;
}

/** `photo.jpg` → `photo mask.png`. */
export function maskFileName(photoName: string): string {
  return `${baseName(photoName)} mask.png`;
}

/** What a repaired photo is called when it is opened again; says it once, however often. */
export function repairedName(photoName: string): string {
  return `${baseName(photoName).replace(/( repaired)+$/, '')} repaired.png`;
}

function baseName(fileName: string): string {
  const base = fileName.replace(/\.[^.]+$/, '');
  return base === '' ? 'photo' : base;
}
