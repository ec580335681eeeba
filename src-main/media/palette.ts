/**
 * One palette for a whole animation. Colours are counted frame by frame in bins of 5, 6 and 5 bits, so that any number
 * of frames takes the same memory; few enough distinct colours are kept exactly, more are merged by pairwise nearest
 * neighbours (gifenc's PNN) over the bins' mean colours.
 */
import gifenc from 'gifenc';

/** Colours as 0xRRGGBB. */
export interface Palette {
  readonly colours: readonly number[];
  /** Whether it has every colour that was counted. */
  readonly isExact: boolean;
  /** The colour's place; exact when the palette has it, else the nearest by squared distance. */
  indexOf(colour: number): number;
}

export interface ColourCount {
  /** Straight RGBA; pixels of less than half alpha do not count. */
  add(pixels: Uint8Array): void;
  /** `exact`, 0xRRGGBB, is in it as it is, whatever else must be merged: a background that is off by a shade shows. */
  palette(maxColours: number, exact?: number): Palette;
}

const exactLimit = 256;
/** PNN takes time in the square of the bins: beyond this, bins are joined first. */
const binLimit = 4096;
/** A bin stands in the list of samples at most so often; its weight is the root of its count. */
const weightLimit = 64;

export function createColourCount(): ColourCount {
  const counts = new Float64Array(65536);
  const sums = new Float64Array(65536 * 3);
  const distinct = new Set<number>();
  return {
    add(pixels) {
      for (let i = 0; i < pixels.length; i += 4) {
        if (pixels[i + 3] < 128) continue;
        const r = pixels[i];
        const g = pixels[i + 1];
        const b = pixels[i + 2];
        if (distinct.size <= exactLimit) distinct.add((r << 16) | (g << 8) | b);
        const bin = ((r >> 3) << 11) | ((g >> 2) << 5) | (b >> 3);
        counts[bin]++;
        sums[bin * 3] += r;
        sums[bin * 3 + 1] += g;
        sums[bin * 3 + 2] += b;
      }
    },
    palette(maxColours, exact) {
      if (distinct.size <= Math.min(maxColours, exactLimit))
        return toPalette(
          [...distinct].sort((a, b) => a - b),
          true,
        );
      const samples = weightedSamples(counts, sums);
      const format = samples.bins > binLimit ? 'rgb444' : 'rgb565';
      const kept = exact === undefined ? [] : [exact];
      const most = maxColours - kept.length;
      const merged = gifenc.quantize(samples.rgba, most, { format, useSqrt: false }).slice(0, most);
      return toPalette([...merged.map(([r, g, b]) => (r << 16) | (g << 8) | b), ...kept], false);
    },
  };
}

/** Each bin's mean colour, as often as the root of its count: gifenc takes pixels, not counts. */
function weightedSamples(counts: Float64Array, sums: Float64Array): { rgba: Uint8Array; bins: number } {
  let most = 0;
  for (const count of counts) most = Math.max(most, count);
  const unit = Math.max(1, Math.sqrt(most) / weightLimit);
  const rgba: number[] = [];
  let bins = 0;
  for (let bin = 0; bin < counts.length; bin++) {
    const count = counts[bin];
    if (count === 0) continue;
    bins++;
    const weight = Math.max(1, Math.round(Math.sqrt(count) / unit));
    const mean = [0, 1, 2].map((c) => Math.round(sums[bin * 3 + c] / count));
    for (let i = 0; i < weight; i++) rgba.push(mean[0], mean[1], mean[2], 255);
  }
  return { rgba: Uint8Array.from(rgba), bins };
}

/** Colours whose places are remembered; more take the place of others, so that any number takes the same memory. */
const CACHED = 1 << 16;

function toPalette(colours: readonly number[], isExact: boolean): Palette {
  const places = new Map(colours.map((colour, place) => [colour, place]));
  const search = createSearch(colours);
  const cachedColours = new Int32Array(CACHED).fill(-1);
  const cachedPlaces = new Uint16Array(CACHED);
  return {
    colours,
    isExact,
    indexOf(colour) {
      const slot = Math.imul(colour, 0x9e3779b1) >>> 16;
      if (cachedColours[slot] === colour) return cachedPlaces[slot];
      const place = places.get(colour) ?? search(colour);
      cachedColours[slot] = colour;
      cachedPlaces[slot] = place;
      return place;
    },
  };
}

/**
 * The first of the nearest. They are looked at from the one with the same green outwards, until green alone is farther
 * than the nearest: a tenth of them.
 */
function createSearch(colours: readonly number[]): (colour: number) => number {
  const order = colours.map((_, place) => place).sort((a, b) => greenOf(colours[a]) - greenOf(colours[b]));
  const red = Int32Array.from(order, (place) => colours[place] >> 16);
  const green = Int32Array.from(order, (place) => greenOf(colours[place]));
  const blue = Int32Array.from(order, (place) => colours[place] & 255);
  const firstOf = new Uint16Array(256);
  for (let value = 0, at = 0; value < 256; value++) {
    while (at < green.length && green[at] < value) at++;
    firstOf[value] = at;
  }
  return (colour) => {
    const r = colour >> 16;
    const g = greenOf(colour);
    const b = colour & 255;
    let best = 0;
    let least = Infinity;
    const look = (at: number): boolean => {
      const dg = green[at] - g;
      if (dg * dg > least) return false;
      const dr = red[at] - r;
      const db = blue[at] - b;
      const distance = dr * dr + dg * dg + db * db;
      if (distance < least || (distance === least && order[at] < best)) {
        least = distance;
        best = order[at];
      }
      return true;
    };
    let up = firstOf[g];
    let down = up - 1;
    let goesUp = up < green.length;
    let goesDown = down >= 0;
    while (goesUp || goesDown) {
      if (goesUp) goesUp = look(up) && ++up < green.length;
      if (goesDown) goesDown = look(down) && --down >= 0;
    }
    return best;
  };
}

function greenOf(colour: number): number {
  return (colour >> 8) & 255;
}
