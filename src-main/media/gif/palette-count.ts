/**
 * One palette for a whole animation. Few enough colours are kept exactly; more are counted in bins and quantised. Frames
 * that are to be resized smoothly are looked at small, and of many of them some: their colours are means of others.
 */
import type { RgbaImage } from '../pixels.ts';
import { Smoother } from '../smooth.ts';
import { ColourBins } from './colour-bins.ts';
import { quantise } from './quantise.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

const MOST_COLOURS = 255;
const MOST_SIDE = 128;
/** Frames that are looked at before only every second is, then every fourth, and so on. */
const FEW_FRAMES = 64;
/** By how often a colour is there: a little less than so, or what is rare has none. */
const POWER = 0.8;

export class PaletteCount {
  readonly #smoother: Smoother | null;
  readonly #row: Int32Array;
  readonly #shown: Int32Array | null;
  readonly #bins = new ColourBins();
  readonly #distinct = new Set<number>();
  readonly #isQuantised: boolean;
  #frames = 0;
  #every = 1;

  /** @param isQuantised Whether a palette is wanted where there are many colours. */
  constructor(size: Size, smoothTo: Size | null, isQuantised: boolean) {
    this.#isQuantised = isQuantised;
    const small = smoothTo && smallOf(smoothTo);
    this.#smoother = small && new Smoother(size, small);
    this.#shown = small && new Int32Array(small.width * small.height);
    this.#row = new Int32Array(size.width * size.height);
  }

  add(image: RgbaImage): void {
    if (!this.#isQuantised && this.#distinct.size > MOST_COLOURS) return;
    const smoother = this.#smoother;
    if (smoother === null) {
      this.#count(packed(image, this.#row), 1);
      return;
    }
    const frame = this.#frames++;
    if (frame % this.#every !== 0) return;
    if (frame / this.#every >= FEW_FRAMES * 2) this.#every *= 2;
    const shown = this.#shown!;
    const area = smoother.show(image);
    if (area !== null) {
      for (let y = area.y; y < area.y + area.height; y++) {
        smoother.packedRow(y, area.x, area.x + area.width, shown, y * smoother.to.width + area.x);
      }
    }
    this.#count(shown, this.#every);
  }

  /** All that there are, where they are at most so many. */
  few(most: number): number[] | null {
    return this.#distinct.size <= most ? [...this.#distinct].sort((a, b) => a - b) : null;
  }

  /** @param exact 0xRRGGBB that is in it as it is: a background that is off by a shade shows. */
  quantised(most: number, exact: number | null): number[] {
    const kept = exact === null ? [] : [exact];
    const { weight, ...means } = this.#bins.take();
    const weighed = { ...means, weight: weight.map((count) => count ** POWER) };
    const colours = quantise(weighed, most - kept.length).filter((colour) => colour !== exact);
    return [...colours, ...kept];
  }

  #count(colours: Int32Array, weight: number): void {
    const distinct = this.#distinct;
    const bins = this.#bins;
    let last = -1;
    let times = 0;
    for (const colour of colours) {
      if (colour < 0) continue;
      if (colour === last) {
        times++;
        continue;
      }
      if (times > 0) bins.add(last, times * weight);
      if (distinct.size <= MOST_COLOURS) distinct.add(colour);
      last = colour;
      times = 1;
    }
    if (times > 0) bins.add(last, times * weight);
  }
}

function packed({ pixels }: RgbaImage, out: Int32Array): Int32Array {
  for (let i = 0, at = 0; i < out.length; i++, at += 4) {
    out[i] = pixels[at + 3] < 128 ? -1 : (pixels[at] << 16) | (pixels[at + 1] << 8) | pixels[at + 2];
  }
  return out;
}

function smallOf({ width, height }: Size): Size {
  const part = Math.min(1, MOST_SIDE / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * part)), height: Math.max(1, Math.round(height * part)) };
}
