/** Colours counted in bins of 5, 6 and 5 bits: any number of them takes the same memory. */
import type { WeightedColours } from './quantise.ts';

export class ColourBins {
  /** Of each bin: how many, and the sums of their channels. */
  readonly #sums = new Float64Array(65_536 * 4);
  #used: number[] = [];

  /** @param colour 0xRRGGBB */
  add(colour: number, weight = 1): void {
    const bin = ((colour >> 8) & 0xf800) | ((colour >> 5) & 0x7e0) | ((colour >> 3) & 0x1f);
    const sums = this.#sums;
    const at = bin * 4;
    if (sums[at] === 0) this.#used.push(bin);
    sums[at] += weight;
    sums[at + 1] += weight * (colour >> 16);
    sums[at + 2] += weight * ((colour >> 8) & 255);
    sums[at + 3] += weight * (colour & 255);
  }

  /** Their mean colours, each with its weight; none is left. */
  take(): WeightedColours {
    const used = this.#used;
    const sums = this.#sums;
    const meanOf = (channel: number): Float32Array =>
      Float32Array.from(used, (bin) => sums[bin * 4 + channel] / sums[bin * 4]);
    const means = {
      ...{ red: meanOf(1), green: meanOf(2), blue: meanOf(3) },
      weight: Float32Array.from(used, (bin) => sums[bin * 4]),
    };
    for (const bin of used) sums.fill(0, bin * 4, bin * 4 + 4);
    this.#used = [];
    return means;
  }
}
