/**
 * One palette for a whole animation. Colours are counted frame by frame in bins of 5, 6 and 5 bits, so that any number
 * of frames takes the same memory; few enough distinct colours are kept exactly, more are merged by pairwise nearest
 * neighbours (gifenc's PNN) over the bins' mean colours.
 */
import gifenc from 'gifenc';

/** Colours as 0xRRGGBB. */
export interface Palette {
  readonly colours: readonly number[];
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
        return toPalette([...distinct].sort((a, b) => a - b));
      const samples = weightedSamples(counts, sums);
      const format = samples.bins > binLimit ? 'rgb444' : 'rgb565';
      const kept = exact === undefined ? [] : [exact];
      const most = maxColours - kept.length;
      const merged = gifenc.quantize(samples.rgba, most, { format, useSqrt: false }).slice(0, most);
      return toPalette([...merged.map(([r, g, b]) => (r << 16) | (g << 8) | b), ...kept]);
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

function toPalette(colours: readonly number[]): Palette {
  const places = new Map(colours.map((colour, place) => [colour, place]));
  return {
    colours,
    indexOf(colour) {
      let place = places.get(colour);
      if (place === undefined) {
        place = nearest(colours, colour);
        places.set(colour, place);
      }
      return place;
    },
  };
}

function nearest(colours: readonly number[], colour: number): number {
  let best = 0;
  let least = Infinity;
  for (let place = 0; place < colours.length; place++) {
    const other = colours[place];
    const r = (other >> 16) - (colour >> 16);
    const g = ((other >> 8) & 255) - ((colour >> 8) & 255);
    const b = (other & 255) - (colour & 255);
    const distance = r * r + g * g + b * b;
    if (distance < least) {
      least = distance;
      best = place;
    }
  }
  return best;
}
