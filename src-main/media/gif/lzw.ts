/**
 * GIF's LZW, written for pictures of large equal squares and of long runs: pixels are enlarged on the way, a full
 * table is kept for as long as it serves, and its entries lie in a hash table that fits a processor's nearest cache.
 */

const MOST_CODES = 4096;
const SLOTS = 1 << 14;

export interface LzwPixels {
  /** Places in a table of colours, row by row. */
  readonly indices: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** Each becomes a square of so many. */
  readonly scale: number;
  /** All are below 2 to the power of this; 2 to 8. */
  readonly depth: number;
}

/** One picture after another: its memory is used again. */
export class LzwEncoder {
  /** `prefix << 20 | value << 12 | code`; 0 is empty. */
  readonly #table = new Int32Array(SLOTS);
  #out = new Uint8Array(1 << 16);

  /** The least size of codes and the blocks, to their terminator; valid until the next call. */
  encode({ indices, width, height, scale, depth }: LzwPixels): Uint8Array {
    const table = this.#table;
    table.fill(0);
    let out = this.#out;
    const clearCode = 1 << depth;
    let nextCode = clearCode + 2;
    let size = depth + 1;
    out[0] = depth;
    let block = 1;
    let at = 2;
    let bits = clearCode;
    let held = size;
    let prefix = -1;

    for (let row = 0; row < height * scale; row++) {
      const from = Math.floor(row / scale) * width;
      // No code is longer than two bytes, and stands for a pixel at least.
      if (at + width * scale * 2 + 600 > out.length) {
        const more = new Uint8Array(out.length * 2 + width * scale * 2);
        more.set(out);
        out = more;
        this.#out = more;
      }
      for (let x = 0; x < width; x++) {
        const value = indices[from + x];
        for (let square = 0; square < scale; square++) {
          const key = (prefix << 8) | value;
          if (prefix < 0) {
            prefix = value;
            continue;
          }
          let slot = Math.imul(key, 0x9e3779b1) >>> 18;
          let entry = table[slot];
          while (entry !== 0 && entry >>> 12 !== key) {
            slot = (slot + 1) & (SLOTS - 1);
            entry = table[slot];
          }
          if (entry !== 0) {
            prefix = entry & 0xfff;
            continue;
          }
          bits |= prefix << held;
          held += size;
          while (held >= 8) {
            out[at++] = bits;
            bits >>>= 8;
            held -= 8;
            if (at - block === 256) {
              out[block] = 255;
              block = at++;
            }
          }
          prefix = value;
          if (nextCode < MOST_CODES) {
            if (nextCode === 1 << size) size++;
            table[slot] = (key << 12) | nextCode++;
            continue;
          }
          bits |= clearCode << held;
          held += size;
          table.fill(0);
          nextCode = clearCode + 2;
          size = depth + 1;
        }
      }
    }
    for (const code of [prefix, clearCode + 1]) {
      bits |= code << held;
      held += size;
      while (held >= 8) {
        out[at++] = bits;
        bits >>>= 8;
        held -= 8;
        if (at - block === 256) {
          out[block] = 255;
          block = at++;
        }
      }
      // The decoder adds an entry for the last code, too.
      if (nextCode === 1 << size && size < 12) size++;
    }
    if (held > 0) out[at++] = bits;
    if (at - block > 1) out[block] = at - block - 1;
    else at--;
    out[at++] = 0;
    return out.subarray(0, at);
  }
}
