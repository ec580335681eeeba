/** What can be chosen for an export, in words; and what one of the window's choices asks of the application. */
import { exportOptions, type ExportFormat, type ExportOptions } from '#contract/shapes/export.ts';
import { byteWords, plural } from './words.ts';

export type ExportChoice = ExportFormat | 'webm' | 'mp4';

export const formatChoices: readonly { readonly value: ExportChoice; readonly label: string }[] = [
  { value: 'gif', label: 'GIF animation' },
  { value: 'webp', label: 'WebP animation' },
  { value: 'apng', label: 'APNG animation' },
  { value: 'webm', label: 'WebM video' },
  { value: 'mp4', label: 'MP4 video' },
  { value: 'png', label: 'PNG picture' },
  { value: 'still-webp', label: 'WebP picture' },
  { value: 'sheet', label: 'Contact sheet (PNG)' },
  { value: 'frames', label: 'Numbered pictures (PNG)' },
  { value: 'safetensors', label: 'Recipe and rules alone' },
];

/** What the dialog holds; in the units that people set. */
export interface ExportSettings {
  readonly format: ExportChoice;
  readonly size: number;
  readonly isSmooth: boolean;
  readonly ground: 'auto' | 'white' | 'black' | 'transparent';
  readonly framesPerSecond: number;
  readonly isEndless: boolean;
  readonly isBoomerang: boolean;
  readonly holdSeconds: number;
  readonly firstStep: number;
  /** Null: to the end. */
  readonly lastStep: number | null;
  readonly every: number | null;
  readonly colours: number;
  readonly isDithered: boolean;
  /** Of a GIF, and of WebP, each its own. */
  readonly gifQuality: number;
  /** 100: to the last bit. */
  readonly webpQuality: number;
  /** Null: as large as it comes. */
  readonly budgetMegabytes: number | null;
  readonly carriesRecipe: boolean;
}

export const usualSettings: ExportSettings = {
  ...{ format: 'gif', size: 320, isSmooth: false, ground: 'auto', framesPerSecond: 25, isEndless: true },
  ...{ isBoomerang: false, holdSeconds: 1, firstStep: 0, lastStep: null, every: null, colours: 255 },
  ...{ isDithered: false, gifQuality: 75, webpQuality: 100, budgetMegabytes: null, carriesRecipe: true },
};

/** Its last picture leads to its first, or back to the one before it. */
export const usualMorphSettings: ExportSettings = { ...usualSettings, holdSeconds: 0, carriesRecipe: false };

export function isVideo(format: ExportChoice): format is 'webm' | 'mp4' {
  return format === 'webm' || format === 'mp4';
}

export function moves(format: ExportChoice): boolean {
  return isVideo(format) || format === 'gif' || format === 'apng' || format === 'webp';
}

/** Whether it has pixels of a size. */
export function isPicture(format: ExportChoice): boolean {
  return format !== 'safetensors';
}

/** Whether it can be coarser than the pixels that grew, to be smaller. */
export function hasQuality(format: ExportChoice): format is 'gif' | 'webp' | 'still-webp' {
  return format === 'gif' || format === 'webp' || format === 'still-webp';
}

export function qualityWords(format: ExportChoice, quality: number): string {
  if (quality === 100)
    return format === 'gif' ? 'Quality 100, as near as can be' : 'Quality 100, to the last bit';
  return `Quality ${String(quality)}`;
}

/** Whether recipe and rules can go with it. */
export function canCarry(format: ExportChoice): boolean {
  return !isVideo(format) && format !== 'safetensors';
}

export function hasBudget(format: ExportChoice): boolean {
  return format === 'gif' || format === 'apng' || format === 'webp';
}

const grounds = { auto: 'auto', white: '#ffffff', black: '#000000', transparent: 'transparent' } as const;

/** A video's frames are asked for as those of a WebP, which loses nothing. */
export function optionsOf(settings: ExportSettings): ExportOptions {
  const { format, ground, budgetMegabytes } = settings;
  const isOpaque = isVideo(format) && ground === 'transparent';
  const { firstStep, lastStep, every, size, isSmooth, framesPerSecond, isBoomerang } = settings;
  return exportOptions.parse({
    ...{ format: isVideo(format) ? 'webp' : format, size, isSmooth, framesPerSecond, isBoomerang },
    ...{ firstStep, lastStep, every, colours: settings.colours, isDithered: settings.isDithered },
    quality: hasQuality(format) ? (format === 'gif' ? settings.gifQuality : settings.webpQuality) : null,
    background: isOpaque ? 'auto' : grounds[ground],
    loop: settings.isEndless ? 0 : 1,
    holdMs: Math.round(settings.holdSeconds * 1000),
    budgetBytes: budgetMegabytes !== null && hasBudget(format) ? Math.round(budgetMegabytes * 1e6) : null,
    carriesRecipe: settings.carriesRecipe && canCarry(format),
  });
}

/** Steps between two frames, and how many frames there are. */
export function framesOf(
  { format, firstStep, lastStep, every }: ExportSettings,
  steps: number,
): { readonly every: number; readonly count: number } {
  const end = lastStep ?? steps;
  const most = format === 'sheet' ? 24 : 250;
  const between = every ?? Math.max(1, Math.ceil((end - firstStep) / (most - 1)));
  return { every: between, count: Math.max(1, Math.ceil((end - firstStep) / between) + 1) };
}

export function summaryWords({
  frames,
  width,
  height,
  bytes,
  isEstimate,
}: {
  readonly frames: number;
  readonly width: number;
  readonly height: number;
  readonly bytes: number;
  readonly isEstimate: boolean;
}): string {
  const size = `${isEstimate ? 'about ' : ''}${byteWords(bytes)}`;
  if (width === 0) return size;
  const pixels = `${String(width)} × ${String(height)} pixels`;
  return frames === 1 ? `${pixels}, ${size}` : `${plural(frames, 'frame')}, ${pixels}, ${size}`;
}
