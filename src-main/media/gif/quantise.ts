/**
 * Few colours for many: weighted colours are parted again and again where that takes away most of the squared error
 * (after X. Wu, “Efficient statistical computations for optimal color quantization”, 1991, on lists instead of a cube),
 * then each part's mean moves to where its nearest are (Lloyd). Deterministic, and some milliseconds for ten thousand.
 */
import { createSearch } from './nearest-colour.ts';

/** Of bytes, or means of them; as many of each as there are colours. */
export interface WeightedColours {
  readonly red: Float32Array;
  readonly green: Float32Array;
  readonly blue: Float32Array;
  readonly weight: Float32Array;
}

/** Colours as 0xRRGGBB, at most so many, none twice. */
export function quantise(given: WeightedColours, most: number, refinements = 3): number[] {
  const colours = partition(given, most);
  return refine(given, colours, refinements);
}

interface Part {
  /** In the list of places. */
  readonly start: number;
  readonly end: number;
  /** Squared error that is gone when it is parted at `value` of `channel`. */
  readonly gain: number;
  readonly channel: Float32Array;
  readonly value: number;
}

function partition(given: WeightedColours, most: number): number[] {
  const { red, green, blue, weight } = given;
  const channels = [red, green, blue];
  const places = Int32Array.from(red, (_, i) => i);
  const scratch = new Int32Array(places.length);
  const weights = new Float64Array(256);
  const sums = [new Float64Array(256), new Float64Array(256), new Float64Array(256)];

  const judge = (start: number, end: number): Part => {
    let best: Part = { start, end, gain: 0, channel: red, value: 0 };
    if (end - start < 2) return best;
    for (const channel of channels) {
      weights.fill(0);
      for (const sum of sums) sum.fill(0);
      const [reds, greens, blues] = sums;
      let low = 255;
      let high = 0;
      let total = 0;
      let totalRed = 0;
      let totalGreen = 0;
      let totalBlue = 0;
      for (let at = start; at < end; at++) {
        const i = places[at];
        const w = weight[i];
        const bin = Math.floor(channel[i]);
        if (bin < low) low = bin;
        if (bin > high) high = bin;
        weights[bin] += w;
        reds[bin] += w * red[i];
        greens[bin] += w * green[i];
        blues[bin] += w * blue[i];
        total += w;
        totalRed += w * red[i];
        totalGreen += w * green[i];
        totalBlue += w * blue[i];
      }
      const whole = (totalRed ** 2 + totalGreen ** 2 + totalBlue ** 2) / total;
      let w = 0;
      let r = 0;
      let g = 0;
      let b = 0;
      for (let value = low; value < high; value++) {
        w += weights[value];
        r += reds[value];
        g += greens[value];
        b += blues[value];
        const others = (totalRed - r) ** 2 + (totalGreen - g) ** 2 + (totalBlue - b) ** 2;
        const gain = (r * r + g * g + b * b) / w + others / (total - w) - whole;
        if (gain > best.gain) best = { start, end, gain, channel, value };
      }
    }
    return best;
  };

  const parts: Part[] = [judge(0, places.length)];
  while (parts.length < most) {
    let widest = 0;
    for (let i = 1; i < parts.length; i++) if (parts[i].gain > parts[widest].gain) widest = i;
    const { start, end, gain, channel, value } = parts[widest];
    if (!(gain > 1e-6)) break;
    let low = start;
    let high = 0;
    for (let at = start; at < end; at++) {
      if (Math.floor(channel[places[at]]) <= value) places[low++] = places[at];
      else scratch[high++] = places[at];
    }
    places.set(scratch.subarray(0, high), low);
    parts[widest] = judge(start, low);
    parts.push(judge(low, end));
  }
  return parts.map(({ start, end }) => meanOf(given, places.subarray(start, end)));
}

function meanOf({ red, green, blue, weight }: WeightedColours, places: Int32Array): number {
  let [w, r, g, b] = [0, 0, 0, 0];
  for (const i of places) {
    w += weight[i];
    r += weight[i] * red[i];
    g += weight[i] * green[i];
    b += weight[i] * blue[i];
  }
  return (Math.round(r / w) << 16) | (Math.round(g / w) << 8) | Math.round(b / w);
}

function refine({ red, green, blue, weight }: WeightedColours, given: number[], rounds: number): number[] {
  let colours = [...new Set(given)];
  for (let round = 0; round < rounds; round++) {
    const search = createSearch(colours);
    const sums = new Float64Array(colours.length * 4);
    for (let i = 0; i < red.length; i++) {
      const to = search(Math.round(red[i]), Math.round(green[i]), Math.round(blue[i])) * 4;
      const w = weight[i];
      sums[to] += w;
      sums[to + 1] += w * red[i];
      sums[to + 2] += w * green[i];
      sums[to + 3] += w * blue[i];
    }
    const moved = colours.map((colour, place) => {
      const w = sums[place * 4];
      if (w === 0) return colour;
      const [r, g, b] = [1, 2, 3].map((c) => Math.round(sums[place * 4 + c] / w));
      return (r << 16) | (g << 8) | b;
    });
    colours = [...new Set(moved)];
  }
  return colours;
}
