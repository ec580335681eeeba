/**
 * What an export's options mean for one growth: the steps that are looked at, how large and in which order their pictures
 * are shown, and the ways to make the file smaller, each a little worse than the one before.
 */
import type { ExportOptions } from '#contract/shapes/export.ts';
import type { Grid } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import type { ImageKind } from '#domain/model-spec.ts';
import { black, factorFor, parseColour, white, type Colour } from '#media/pixels.ts';

/** Frames of an animation, and pictures of a sheet, if nobody says how many. */
const USUAL_FRAMES = 250;
const USUAL_PICTURES = 24;
const USUAL_SIZE = 320;
const MOST_FRAMES = 10_000;
const MOST_SIDE = 1024;
const USUAL_GIF_QUALITY = 75;

/** What a budget can make smaller. */
export type MovingFormat = 'gif' | 'apng' | 'webp';

/** How good a file is: what gives way to a budget. */
export interface Quality {
  readonly width: number;
  readonly height: number;
  /** Of crisp cells; null of smooth ones. */
  readonly scale: number | null;
  readonly colours: number;
  /** 1 to 100: how near pixels come to what they should be; 100 of a WebP is to the last bit. */
  readonly fidelity: number;
  /** Every so many of the frames. */
  readonly stride: number;
}

/** Steps since the seed, ascending. @throws AppError bad-argument */
export function momentsOf(options: ExportOptions, lastStep: number): number[] {
  const { format, firstStep } = options;
  if (format === 'png' || format === 'still-webp' || format === 'safetensors') return [lastStep];
  if (firstStep > lastStep) {
    throw new AppError(
      'bad-argument',
      `The export would begin at step ${firstStep} and end at ${lastStep}: let it end later.`,
    );
  }
  const most = format === 'sheet' ? USUAL_PICTURES : USUAL_FRAMES;
  const every = options.every ?? Math.max(1, Math.ceil((lastStep - firstStep) / (most - 1)));
  const count = Math.ceil((lastStep - firstStep) / every) + 1;
  if (count > MOST_FRAMES) {
    throw new AppError(
      'bad-argument',
      `An export has at most ${MOST_FRAMES.toLocaleString('en')} frames, and this would have ${count.toLocaleString('en')}: take every ${every * Math.ceil(count / MOST_FRAMES)}th step.`,
    );
  }
  return Array.from({ length: count }, (_, i) => Math.min(lastStep, firstStep + i * every));
}

/** As the options want it. @throws AppError bad-argument for a grid that is larger than an export */
export function bestQuality(options: ExportOptions, grid: Grid): Quality {
  const { size, isSmooth, colours, format, quality } = options;
  const side = Math.max(grid.height, grid.width);
  if (side > MOST_SIDE) {
    throw new AppError(
      'bad-argument',
      `An export has at most ${MOST_SIDE} pixels a side: grow a smaller grid.`,
    );
  }
  const wanted = size ?? USUAL_SIZE;
  const fidelity = quality ?? (format === 'gif' ? USUAL_GIF_QUALITY : 100);
  const rest = { colours, fidelity, stride: 1 };
  return isSmooth ? smooth(grid, wanted, rest) : crisp(grid, factorFor(grid, wanted), rest);
}

/**
 * From the best to the worst: fidelity goes first, then colours, then pixels, then every second frame; and so on until
 * there is not much left. Each makes a smaller file than the one before, or nearly always.
 */
export function qualityLadder(best: Quality, format: MovingFormat, grid: Grid, frames: number): Quality[] {
  const ladder: Quality[] = [];
  const side = Math.max(best.width, best.height);
  const worst = format === 'webp' ? 50 : 45;
  const make = (part: number, colours: number, stride: number, fidelity = worst): void => {
    const rest = {
      colours: format === 'gif' ? Math.min(best.colours, colours) : best.colours,
      fidelity: format === 'apng' ? best.fidelity : Math.min(best.fidelity, fidelity),
      stride,
    };
    const next =
      best.scale === null
        ? smooth(grid, Math.max(8, Math.round(side * part)), rest)
        : crisp(grid, Math.max(1, Math.round(best.scale * part)), rest);
    const last = ladder.at(-1);
    const isSame =
      last?.width === next.width &&
      last.colours === next.colours &&
      last.stride === stride &&
      last.fidelity === next.fidelity;
    if (!isSame && stride <= Math.max(1, frames / 4)) ladder.push(next);
  };
  for (const fidelity of [100, 90, 75, 60]) make(1, 255, 1, fidelity);
  make(1, 127, 1);
  make(1, 63, 1);
  for (const part of [0.88, 0.75, 0.62, 0.5]) make(part, 63, 1);
  for (const part of [0.5, 0.4]) make(part, 31, 2);
  for (const part of [0.4, 0.3]) make(part, 31, 3);
  for (const part of [0.3, 0.2]) make(part, 15, 4);
  for (const part of [0.2, 0.12]) make(part, 7, 8);
  for (const part of [0.1, 0]) make(part, 3, 16);
  return ladder;
}

/** Places of the frames that are shown, and which of them is held. */
export function playOrder(
  frames: number,
  { isBoomerang }: Pick<ExportOptions, 'isBoomerang'>,
  stride: number,
): { readonly order: readonly number[]; readonly heldFrame: number } {
  const forwards: number[] = [];
  for (let frame = 0; frame < frames - 1; frame += stride) forwards.push(frame);
  forwards.push(frames - 1);
  const heldFrame = forwards.length - 1;
  return { order: isBoomerang ? [...forwards, ...forwards.slice(1, -1).reverse()] : forwards, heldFrame };
}

/** null is transparent. */
export function backgroundOf(
  { background }: Pick<ExportOptions, 'background'>,
  image: ImageKind,
): Colour | null {
  if (background === 'auto') return image === 'grey-alpha' ? black : white;
  return parseColour(background);
}

type Rest = Pick<Quality, 'colours' | 'fidelity' | 'stride'>;

function crisp({ height, width }: Grid, scale: number, rest: Rest): Quality {
  return { width: width * scale, height: height * scale, scale, ...rest };
}

function smooth({ height, width }: Grid, side: number, rest: Rest): Quality {
  const part = side / Math.max(height, width);
  const pixels = (cells: number): number => Math.max(1, Math.round(cells * part));
  return { width: pixels(width), height: pixels(height), scale: null, ...rest };
}
