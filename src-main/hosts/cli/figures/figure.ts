/** What the figures have in common: where they go, what grows them, and how a picture is told of. */
import { join } from 'node:path';
import type { Cancellation, OpenGrowth } from '#app/growing.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { writeGif, type GifOptions } from '#media/gif.ts';
import { stateToImage, type RgbaImage, type StateLayout } from '#media/pixels.ts';
import { writePng } from '#media/png.ts';

export interface FigureContext {
  /** Absolute. */
  readonly folder: string;
  readonly open: OpenGrowth;
  readonly signal: Cancellation;
  /** Tells of a file that was written. */
  readonly tell: (file: string, words: string) => void;
}

/** States [B, H, W, C] as pictures. */
export function picturesOf(states: Float32Array, layout: StateLayout): RgbaImage[] {
  const count = states.length / (layout.height * layout.width * layout.channels);
  return Array.from({ length: count }, (_, sample) => stateToImage(states, layout, { sample }));
}

export function layoutOf({ grid, automaton }: ModelSpec): StateLayout {
  return { ...grid, channels: automaton.channels };
}

/** A strip's label: only the first says what it counts. */
export function stepLabel(step: number): string {
  return step === 0 ? 'step 0' : String(step);
}

export async function putPng(
  { folder, tell }: FigureContext,
  file: string,
  picture: RgbaImage,
  words: string,
): Promise<void> {
  await writePng(join(folder, file), picture);
  tell(file, words);
}

export async function putGif(
  { folder, tell }: FigureContext,
  file: string,
  frames: readonly RgbaImage[],
  options: GifOptions,
  words: string,
): Promise<void> {
  const { bytes } = await writeGif(join(folder, file), () => frames, options);
  tell(file, `${words}; ${Math.ceil(bytes / 1000)} kB`);
}
