/** The nearest colours of a palette, remembered. Of large pictures colours are told apart by six bits a channel. */
import { createSearch } from './nearest-colour.ts';

const COARSE_PIXELS = 1 << 16;
const SLOTS = 1 << 14;

export class ColourLookup {
  #search = createSearch([0]);
  /** By six bits a channel: the place, or −1. */
  readonly #table: Int16Array | null;
  readonly #cached: Int32Array;
  readonly #places: Uint8Array;

  /** @param pixels Of the pictures that it is for. */
  constructor(pixels: number) {
    this.#table = pixels > COARSE_PIXELS ? new Int16Array(1 << 18) : null;
    this.#cached = new Int32Array(this.#table === null ? SLOTS : 0);
    this.#places = new Uint8Array(this.#cached.length);
  }

  /** From now on. @param palette 0xRRGGBB, at least one */
  use(palette: readonly number[]): void {
    this.#search = createSearch(palette.length > 0 ? palette : [0]);
    this.#table?.fill(-1);
    this.#cached.fill(-1);
  }

  placeOf(colour: number): number {
    const table = this.#table;
    if (table !== null) {
      const key = ((colour >> 6) & 0x3f000) | ((colour >> 4) & 0xfc0) | ((colour >> 2) & 0x3f);
      const known = table[key];
      if (known >= 0) return known;
      const near = (colour & 0xfcfcfc) | 0x020202;
      const place = this.#search(near >> 16, (near >> 8) & 255, near & 255);
      table[key] = place;
      return place;
    }
    const slot = Math.imul(colour, 0x9e3779b1) >>> 18;
    if (this.#cached[slot] === colour) return this.#places[slot];
    const place = this.#search(colour >> 16, (colour >> 8) & 255, colour & 255);
    this.#cached[slot] = colour;
    this.#places[slot] = place;
    return place;
  }
}
