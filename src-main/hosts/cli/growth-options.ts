/** The options of every command that draws a growth, and what they mean once the spec is known. */
import type { Grid } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { black, factorFor, parseColour, white, type Colour } from '#media/pixels.ts';
import type { OptionValues } from './command.ts';
import { UsageError } from './usage-error.ts';

export const growthOptions = {
  steps: {
    type: 'integer',
    placeholder: 'N',
    min: 0,
    max: 1_000_000,
    help: 'steps to grow; as many as it was trained for if left out',
  },
  size: {
    type: 'string',
    placeholder: 'HxW',
    help: 'cells of the grid, e.g. 64x96; as it was trained if left out',
  },
  seed: {
    type: 'integer',
    placeholder: 'N',
    min: 0,
    max: 0xffff_ffff,
    default: 1,
    help: 'which cells fire when',
  },
  every: {
    type: 'integer',
    placeholder: 'N',
    min: 1,
    help: 'steps between two frames; if left out, such that there are at most 250',
  },
  fps: { type: 'number', min: 0.1, max: 50, default: 25, help: 'frames a second of a GIF' },
  hold: { type: 'number', min: 0, max: 600, default: 2, help: 'seconds that the last frame of a GIF stays' },
  scale: {
    type: 'integer',
    min: 1,
    max: 64,
    help: 'a cell becomes a square of so many pixels; if left out, as many as fit in 320',
  },
  background: {
    type: 'string',
    placeholder: 'COLOUR',
    help: 'e.g. #ff8800 or transparent; black for digits and white for others if left out',
  },
} as const;

export type GrowthOptionValues = OptionValues<typeof growthOptions>;

/** How a growth is drawn. */
export interface GrowthLook {
  readonly scale: number;
  readonly background: Colour | null;
  readonly framesPerSecond: number;
  readonly holdMs: number;
  readonly every: number;
}

const mostFrames = 250;
const widestPixels = 320;
const mostCells = 4096;
/** Pixels a side of a picture that programs still open. */
const mostPixels = 16_384;

/** @throws AppError bad-argument for a picture that would be too large, or a colour that is none */
export function lookOf(options: GrowthOptionValues, spec: ModelSpec, steps: number): GrowthLook {
  const scale = options.scale ?? factorFor(spec.grid, widestPixels);
  const widest = Math.max(spec.grid.height, spec.grid.width) * scale;
  if (widest > mostPixels) {
    throw new AppError(
      'bad-argument',
      `A picture has at most ${mostPixels} pixels a side, and this one would have ${widest}: choose a smaller --scale.`,
    );
  }
  return {
    scale,
    background: options.background === undefined ? backgroundOf(spec) : parseColour(options.background),
    framesPerSecond: options.fps,
    holdMs: options.hold * 1000,
    every: options.every ?? Math.max(1, Math.ceil(steps / (mostFrames - 1))),
  };
}

/** What pictures of this kind are best seen on: digits are white. */
export function backgroundOf({ image }: Pick<ModelSpec, 'image'>): Colour {
  return image === 'grey-alpha' ? black : white;
}

/** @throws UsageError for anything but HxW with both from 1 to 4,096. */
export function parseSize(text: string): Grid {
  const [, height, width] = /^(\d+)[x×](\d+)$/i.exec(text.trim()) ?? [];
  const grid = { height: Number(height), width: Number(width) };
  const isRight = [grid.height, grid.width].every((side) => side >= 1 && side <= mostCells);
  if (!isRight) {
    throw new UsageError(
      `--size must be rows x columns, such as 64x96, each from 1 to ${mostCells}, and got "${text}"`,
    );
  }
  return grid;
}
