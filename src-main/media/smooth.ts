/**
 * Pictures resized with soft edges, one after another: by Mitchell's cubic, first along rows, then along columns, in
 * premultiplied values. Of each picture only what differs from the one before is computed again, and rows are given out
 * one at a time, so that whoever wants something else than pixels needs no picture between.
 */
import { changedArea, type Area } from './changed-area.ts';
import type { RgbaImage } from './pixels.ts';

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Of each new cell the first old one that counts, and the weights of those from there on, `taps` each. */
interface Axis {
  readonly first: Int32Array;
  readonly weights: Float32Array;
  readonly taps: number;
}

export class Smoother {
  readonly #from: Size;
  readonly to: Size;
  readonly #columns: Axis;
  readonly #rows: Axis;
  /** The picture shown last, and its rows at their new width; premultiplied, 4 values a pixel. */
  #shown: RgbaImage | null = null;
  readonly #wide: Float32Array[];
  readonly #line: Float32Array;
  #isOpaque = true;

  constructor(from: Size, to: Size) {
    this.#from = from;
    this.to = to;
    this.#columns = axisOf(from.width, to.width);
    this.#rows = axisOf(from.height, to.height);
    this.#line = new Float32Array(to.width * 4);
    this.#wide = Array.from({ length: from.height }, () => new Float32Array(to.width * 4));
  }

  /**
   * Takes the next picture.
   * @returns where it differs from the one before, at the new size; all of it for the first, null for an equal one
   */
  show(image: RgbaImage): Area | null {
    const { width, height } = this.#from;
    if (image.width !== width || image.height !== height) throw new RangeError('a picture of another size');
    const whole = { x: 0, y: 0, width, height };
    const area = this.#shown === null ? whole : changedArea(this.#shown, image);
    this.#shown = image;
    if (area === null) return null;
    this.#isOpaque = isOpaque(image);
    const [left, right] = reached(this.#columns, area.x, area.x + area.width);
    const [top, bottom] = reached(this.#rows, area.y, area.y + area.height);
    for (let y = area.y; y < area.y + area.height; y++) this.#widen(y, left, right);
    return { x: left, y: top, width: right - left, height: bottom - top };
  }

  /** Straight RGBA of a part of a row; alpha below is written as it is, colours of nothing as 0. */
  row(y: number, left: number, right: number, out: Uint8Array, at: number): void {
    const count = (right - left) * 4;
    const mixed = this.#mixed(y, left * 4, count);
    for (let i = 0; i < count; i += 4) {
      const alpha = mixed[i + 3];
      const part = this.#isOpaque ? 1 : alpha > 0.5 ? 255 / alpha : 0;
      out[at + i] = byte(mixed[i] * part);
      out[at + i + 1] = byte(mixed[i + 1] * part);
      out[at + i + 2] = byte(mixed[i + 2] * part);
      out[at + i + 3] = this.#isOpaque ? 255 : byte(alpha);
    }
  }

  /** 0xRRGGBB of a part of a row, and −1 where alpha is below one half. */
  packedRow(y: number, left: number, right: number, out: Int32Array, at: number): void {
    if (!this.#isOpaque || this.#rows.taps !== 4) {
      this.#packMixed(this.#mixed(y, left * 4, (right - left) * 4), right - left, out, at);
      return;
    }
    const { first, weights } = this.#rows;
    const [a, b, c, d] = this.#wide.slice(first[y], first[y] + 4);
    const [wa, wb, wc, wd] = weights.subarray(y * 4, y * 4 + 4);
    // What most pictures go through: nothing is kept between, and no alpha is looked at.
    for (let i = at, j = left * 4; j < right * 4; i++, j += 4) {
      const red = (wa * a[j] + wb * b[j] + wc * c[j] + wd * d[j] + 0.5) | 0;
      const green = (wa * a[j + 1] + wb * b[j + 1] + wc * c[j + 1] + wd * d[j + 1] + 0.5) | 0;
      const blue = (wa * a[j + 2] + wb * b[j + 2] + wc * c[j + 2] + wd * d[j + 2] + 0.5) | 0;
      out[i] = (clamped(red) << 16) | (clamped(green) << 8) | clamped(blue);
    }
  }

  #packMixed(mixed: Float32Array, count: number, out: Int32Array, at: number): void {
    for (let i = 0, j = 0; i < count; i++, j += 4) {
      const alpha = mixed[j + 3];
      const part = this.#isOpaque ? 1 : 255 / alpha;
      const colour =
        (byte(mixed[j] * part) << 16) | (byte(mixed[j + 1] * part) << 8) | byte(mixed[j + 2] * part);
      out[at + i] = alpha < 127.5 ? -1 : colour;
    }
  }

  #mixed(y: number, from: number, count: number): Float32Array {
    const { first, weights, taps } = this.#rows;
    const out = this.#line;
    const wide = this.#wide;
    const start = first[y];
    const w = y * taps;
    if (taps === 4) {
      const [a, b, c, d] = [wide[start], wide[start + 1], wide[start + 2], wide[start + 3]];
      const [wa, wb, wc, wd] = [weights[w], weights[w + 1], weights[w + 2], weights[w + 3]];
      for (let i = 0, j = from; i < count; i++, j++) out[i] = wa * a[j] + wb * b[j] + wc * c[j] + wd * d[j];
      return out;
    }
    out.fill(0, 0, count);
    for (let tap = 0; tap < taps; tap++) {
      const weight = weights[w + tap];
      const row = wide[start + tap];
      for (let i = 0, j = from; i < count; i++, j++) out[i] += weight * row[j];
    }
    return out;
  }

  #widen(y: number, left: number, right: number): void {
    const { first, weights, taps } = this.#columns;
    const { pixels, width } = this.#shown!;
    const premultiplied = new Float32Array(width * 4);
    for (let x = 0, at = y * width * 4; x < width * 4; x += 4, at += 4) {
      const alpha = pixels[at + 3];
      const part = alpha / 255;
      premultiplied[x] = pixels[at] * part;
      premultiplied[x + 1] = pixels[at + 1] * part;
      premultiplied[x + 2] = pixels[at + 2] * part;
      premultiplied[x + 3] = alpha;
    }
    const out = this.#wide[y];
    for (let x = left; x < right; x++) {
      let [r, g, b, a] = [0, 0, 0, 0];
      for (let tap = 0, at = first[x] * 4; tap < taps; tap++, at += 4) {
        const weight = weights[x * taps + tap];
        r += weight * premultiplied[at];
        g += weight * premultiplied[at + 1];
        b += weight * premultiplied[at + 2];
        a += weight * premultiplied[at + 3];
      }
      out[x * 4] = r;
      out[x * 4 + 1] = g;
      out[x * 4 + 2] = b;
      out[x * 4 + 3] = a;
    }
  }
}

/** One picture, straight RGBA. */
export function resizeSmoothly(image: RgbaImage, { width, height }: Size): RgbaImage {
  if (image.width === width && image.height === height) return image;
  const smoother = new Smoother(image, { width, height });
  const pixels = new Uint8Array(width * height * 4);
  smoother.show(image);
  for (let y = 0; y < height; y++) smoother.row(y, 0, width, pixels, y * width * 4);
  return { pixels, width, height };
}

/** A whole number as one of 0 to 255. */
function clamped(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

function byte(value: number): number {
  return value <= 0 ? 0 : value >= 255 ? 255 : (value + 0.5) | 0;
}

function isOpaque({ pixels }: RgbaImage): boolean {
  for (let at = 3; at < pixels.length; at += 4) if (pixels[at] !== 255) return false;
  return true;
}

/** Mitchell and Netravali's, with B = C = 1/3. */
function mitchell(distance: number): number {
  const x = Math.abs(distance);
  if (x < 1) return (7 * x ** 3 - 12 * x ** 2 + 16 / 3) / 6;
  if (x < 2) return ((-7 / 3) * x ** 3 + 12 * x ** 2 - 20 * x + 32 / 3) / 6;
  return 0;
}

function axisOf(from: number, to: number): Axis {
  // Made smaller, each new cell is a mean of as many old ones as it covers.
  const step = from / to;
  const reach = Math.max(1, step);
  const taps = Math.min(from, Math.ceil(4 * reach));
  const first = new Int32Array(to);
  const weights = new Float32Array(to * taps);
  for (let cell = 0; cell < to; cell++) {
    const centre = (cell + 0.5) * step - 0.5;
    const start = Math.ceil(centre - 2 * reach);
    first[cell] = Math.min(Math.max(0, start), from - taps);
    let sum = 0;
    for (let old = start; old < start + Math.ceil(4 * reach); old++) {
      // Beyond the edge the last cell goes on.
      const tap = Math.min(Math.max(0, old), from - 1) - first[cell];
      if (tap < 0 || tap >= taps) continue;
      const weight = mitchell((old - centre) / reach);
      weights[cell * taps + tap] += weight;
      sum += weight;
    }
    for (let tap = 0; tap < taps; tap++) weights[cell * taps + tap] /= sum;
  }
  return { first, weights, taps };
}

/** The new cells that old ones from `start` to `end` take part in. */
function reached({ first, taps }: Axis, start: number, end: number): [number, number] {
  let low = 0;
  while (low < first.length && first[low] + taps <= start) low++;
  let high = first.length;
  while (high > low && first[high - 1] >= end) high--;
  return [low, high];
}
