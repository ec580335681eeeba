/**
 * Pixels between the model's numbers and bytes. A state is [H, W, C] with premultiplied RGBA in 0…1 in its first four
 * channels, and may overshoot; pictures are straight (not premultiplied) RGBA bytes, row-major.
 */
import { AppError } from '#domain/errors.ts';

/** Straight RGBA bytes, [height, width, 4]. */
export interface RgbaImage {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** sRGB bytes. */
export type Colour = readonly [red: number, green: number, blue: number];

export const white: Colour = [255, 255, 255];
export const black: Colour = [0, 0, 0];

export interface StateLayout {
  readonly height: number;
  readonly width: number;
  /** C ≥ 4: values a cell. */
  readonly channels: number;
}

/**
 * The picture that a state shows: clamped, un-premultiplied; over `background` when one is given, else with alpha.
 * @param sample Which state of a batch [B, H, W, C].
 */
export function stateToImage(
  state: Float32Array,
  layout: StateLayout,
  options: { readonly background?: Colour | null; readonly sample?: number } = {},
): RgbaImage {
  const { height, width, channels: C } = layout;
  const cells = height * width;
  const pixels = new Uint8Array(cells * 4);
  const start = (options.sample ?? 0) * cells * C;
  if (start + cells * C > state.length)
    throw new Error(`state of ${state.length} values is too short for ${height}×${width}×${C}`);
  const background = options.background ?? null;
  for (let cell = 0; cell < cells; cell++) {
    const from = start + cell * C;
    const to = cell * 4;
    const alpha = unit(state[from + 3]);
    for (let c = 0; c < 3; c++) {
      const value = unit(state[from + c]);
      if (background) pixels[to + c] = toByte(value + (1 - alpha) * (background[c] / 255));
      else pixels[to + c] = alpha > 0 ? toByte(value / alpha) : 0;
    }
    pixels[to + 3] = background ? 255 : toByte(alpha);
  }
  return { pixels, width, height };
}

/** Straight RGBA bytes from premultiplied ones, e.g. a dataset's. */
export function straightFromPremultiplied(pixels: Uint8Array, width: number, height: number): RgbaImage {
  const straight = new Uint8Array(width * height * 4);
  for (let i = 0; i < straight.length; i += 4) {
    const alpha = pixels[i + 3];
    straight[i + 3] = alpha;
    if (alpha === 0) continue;
    for (let c = 0; c < 3; c++) straight[i + c] = Math.min(255, Math.round((pixels[i + c] * 255) / alpha));
  }
  return { pixels: straight, width, height };
}

/** The picture over one colour; alpha becomes 255. */
export function overColour(image: RgbaImage, background: Colour): RgbaImage {
  const pixels = new Uint8Array(image.pixels.length);
  for (let i = 0; i < pixels.length; i += 4) {
    const alpha = image.pixels[i + 3];
    for (let c = 0; c < 3; c++)
      pixels[i + c] = Math.round((image.pixels[i + c] * alpha + background[c] * (255 - alpha)) / 255);
    pixels[i + 3] = 255;
  }
  return { pixels, width: image.width, height: image.height };
}

/** Every pixel becomes `factor`×`factor` equal ones. */
export function enlarge(image: RgbaImage, factor: number): RgbaImage {
  checkFactor(factor);
  if (factor === 1) return image;
  const { width, height } = image;
  const source = new Uint32Array(image.pixels.slice().buffer);
  const target = new Uint32Array(width * height * factor * factor);
  const row = width * factor;
  for (let y = 0; y < height; y++) {
    const start = y * factor * row;
    for (let x = 0; x < width; x++)
      target.fill(source[y * width + x], start + x * factor, start + (x + 1) * factor);
    for (let copy = 1; copy < factor; copy++) target.copyWithin(start + copy * row, start, start + row);
  }
  return { pixels: new Uint8Array(target.buffer), width: row, height: height * factor };
}

/** The largest whole factor ≥ 1 that keeps the longer side within `pixels`. */
export function factorFor(
  image: { readonly width: number; readonly height: number },
  pixels: number,
): number {
  return Math.max(1, Math.floor(pixels / Math.max(image.width, image.height)));
}

/** `#rgb`, `#rrggbb`, `white` or `black`; `transparent` and `none` give null. */
export function parseColour(text: string): Colour | null {
  const word = text.trim().toLowerCase();
  if (word === 'transparent' || word === 'none') return null;
  if (word === 'white') return white;
  if (word === 'black') return black;
  const hex = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/.exec(word)?.[1];
  if (hex === undefined)
    throw new AppError(
      'bad-argument',
      `A colour is written like #ff8800, white, black or transparent, not “${text}”.`,
    );
  const digits = hex.length === 3 ? [...hex].map((digit) => digit + digit).join('') : hex;
  const value = Number.parseInt(digits, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

export function checkFactor(factor: number): void {
  if (!Number.isInteger(factor) || factor < 1 || factor > 64)
    throw new AppError('bad-argument', `The scale is a whole number from 1 to 64, not ${factor}.`);
}

/** Not a number counts as 0: a broken state is still drawn. */
function unit(value: number): number {
  return value > 0 ? Math.min(value, 1) : 0;
}

function toByte(value: number): number {
  return Math.min(255, Math.round(value * 255));
}
