/** The colours of what one frame draws, and a palette for them. */
import type { Area } from '../changed-area.ts';
import { ColourBins } from './colour-bins.ts';
import { quantise } from './quantise.ts';

/** More are counted in bins first. */
const SINGLE_COLOURS = 4096;
const REFINEMENTS = 2;

export interface Drawn {
  readonly area: Area;
  /** Of a row of the picture. */
  readonly width: number;
  /** What a viewer has, which stays where it is near enough; null: all of the area is drawn. */
  readonly canvas: Int32Array | null;
  /** Squared distance. */
  readonly tolerance: number;
  /** 0xRRGGBB: in the palette as it is, if it is drawn. */
  readonly exact: number | null;
}

export class ColourList {
  readonly #list: Int32Array;
  #bins: ColourBins | null = null;

  constructor(pixels: number) {
    this.#list = new Int32Array(pixels);
  }

  /** All that are drawn, as 0xRRGGBB; null where there are more than so many. */
  all(target: Int32Array, drawn: Drawn, most: number): readonly number[] | null {
    const distinct = new Set<number>();
    for (const colour of this.#list.subarray(0, this.#gather(target, drawn))) {
      if (distinct.add(colour).size > most) return null;
    }
    return [...distinct];
  }

  /** At most so many for those that are drawn. */
  choose(target: Int32Array, drawn: Drawn, most: number): readonly number[] {
    const { exact } = drawn;
    const list = this.#list.subarray(0, this.#gather(target, drawn));
    if (exact === null || !list.includes(exact)) return this.#quantised(list, most);
    const others = list.filter((colour) => colour !== exact);
    return [...this.#quantised(others, most - 1).filter((colour) => colour !== exact), exact];
  }

  #quantised(list: Int32Array, most: number): readonly number[] {
    if (list.length <= SINGLE_COLOURS) {
      const colours = {
        red: Float32Array.from(list, (colour) => colour >> 16),
        green: Float32Array.from(list, (colour) => (colour >> 8) & 255),
        blue: Float32Array.from(list, (colour) => colour & 255),
        weight: new Float32Array(list.length).fill(1),
      };
      return quantise(colours, most, REFINEMENTS);
    }
    this.#bins ??= new ColourBins();
    for (const colour of list) this.#bins.add(colour);
    return quantise(this.#bins.take(), most, REFINEMENTS);
  }

  #gather(target: Int32Array, { area, width, canvas, tolerance }: Drawn): number {
    const list = this.#list;
    let count = 0;
    for (let y = area.y; y < area.y + area.height; y++) {
      const end = y * width + area.x + area.width;
      for (let i = end - area.width; i < end; i++) {
        const wanted = target[i];
        if (wanted < 0) continue;
        const has = canvas === null ? -1 : canvas[i];
        if (has >= 0) {
          const red = (has >> 16) - (wanted >> 16);
          const green = ((has >> 8) & 255) - ((wanted >> 8) & 255);
          const blue = (has & 255) - (wanted & 255);
          if (red * red + green * green + blue * blue <= tolerance) continue;
        }
        list[count++] = wanted;
      }
    }
    return count;
  }
}
