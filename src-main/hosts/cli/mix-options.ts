/** The options by which styles are mixed on the command line, and the mix that they ask for. */
import { AppError } from '#domain/errors.ts';
import { checkMix, evenTurns, MOST_STYLES, type AreaMap, type Mix } from '#domain/mix.ts';
import { decodeFile } from '#media/decode.ts';
import { black, overColour, type Colour } from '#media/pixels.ts';
import type { OptionValues } from './command.ts';
import { UsageError } from './usage-error.ts';

export const mixOptions = {
  mode: {
    type: 'string',
    choices: ['turns', 'random', 'weights', 'latent', 'areas'],
    default: 'turns',
    help: 'one rule a step; each cell draws one; values averaged; latents averaged; painted areas',
  },
  ratio: { type: 'string', placeholder: 'N:N', help: 'turns of each, e.g. 2:1 is AAB; 1:1 if left out' },
  weights: {
    type: 'string',
    placeholder: 'X,X',
    help: 'share of each for random, weights and latent; equal if left out',
  },
  path: {
    type: 'string',
    choices: ['linear', 'spherical'],
    default: 'spherical',
    help: 'from latent to latent straight, or around on a sphere',
  },
  map: {
    type: 'string',
    placeholder: 'PNG',
    help: 'the areas: black is for A, white for B, red for C, blue for D; stretched over the grid',
  },
  softness: {
    type: 'integer',
    min: 0,
    max: 64,
    default: 0,
    help: 'cells over which areas pass into each other',
  },
} as const;

export type MixOptionValues = OptionValues<typeof mixOptions>;

/** What stands for A, B, C and D. */
const markers: readonly Colour[] = [black, [255, 255, 255], [255, 0, 0], [0, 0, 255]];
/** Cells a side of a map. */
const MOST_SIDE = 256;

/**
 * Refuses what no style could make right, before anything is opened.
 * @throws UsageError
 */
export function checkMixOptions(options: MixOptionValues, styles: number): void {
  const { mode, ratio, weights, map } = options;
  if (styles > MOST_STYLES) throw new UsageError(`fuse mixes 2 to ${MOST_STYLES} styles, and got ${styles}`);
  if (mode === 'areas' && map === undefined) throw new UsageError('--mode areas needs --map PNG');
  if (mode !== 'areas' && map !== undefined) throw new UsageError('--map is for --mode areas');
  if (mode !== 'turns' && ratio !== undefined)
    throw new UsageError('--ratio is for --mode turns; use --weights');
  if (weights !== undefined && (mode === 'turns' || mode === 'areas')) {
    throw new UsageError('--weights is for --mode random, weights and latent; use --ratio for turns');
  }
  if (mode === 'areas') return;
  try {
    checkMix(sharedMix(options, styles), styles);
  } catch (failure) {
    if (!(failure instanceof AppError)) throw failure;
    throw new UsageError(failure.message);
  }
}

/** @throws AppError bad-image, not-found for the map, bad-argument */
export async function readMix(
  options: MixOptionValues,
  styles: number,
  path: (given: string) => string,
): Promise<Mix> {
  if (options.mode !== 'areas' || options.map === undefined) return sharedMix(options, styles);
  const map = await readMap(path(options.map), styles, options.softness);
  return { kind: 'areas', map };
}

function sharedMix({ mode, ratio, weights, path }: MixOptionValues, styles: number): Mix {
  const shares =
    weights === undefined ? new Array<number>(styles).fill(1) : numbers('--weights', weights, ',');
  switch (mode) {
    case 'random':
    case 'weights':
      return { kind: mode, weights: shares };
    case 'latent':
      return { kind: mode, weights: shares, path };
    default:
      return ratio === undefined
        ? evenTurns(styles)
        : { kind: 'turns', ratio: numbers('--ratio', ratio, ':') };
  }
}

function numbers(option: string, text: string, separator: string): number[] {
  return text.split(separator).map((part) => {
    const value = part.trim() === '' ? NaN : Number(part);
    if (Number.isFinite(value) && value >= 0) return value;
    throw new UsageError(
      `${option} must be numbers with ${separator === ':' ? 'colons' : 'commas'} between them, and got "${text}"`,
    );
  });
}

/** Each pixel is of the style whose colour is the nearest; what is transparent is black. */
async function readMap(path: string, styles: number, softness: number): Promise<AreaMap> {
  const decoded = await decodeFile(path);
  const { pixels, width, height } = overColour(decoded, black);
  if (Math.max(width, height) > MOST_SIDE) {
    throw new AppError(
      'bad-argument',
      `A map of areas has at most ${MOST_SIDE} pixels a side, and ${path} has ${width}×${height}: make it smaller.`,
    );
  }
  let cells = '';
  for (let at = 0; at < pixels.length; at += 4) {
    const distances = markers
      .slice(0, styles)
      .map((marker) => marker.reduce((sum, value, c) => sum + (value - pixels[at + c]) ** 2, 0));
    cells += String(distances.indexOf(Math.min(...distances)));
  }
  return { height, width, cells, softness };
}
