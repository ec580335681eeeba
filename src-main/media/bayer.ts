/** Ordered dithering: what is added to a pixel's channels by its place alone, so that nothing flickers that stands still. */

/** Bayer's matrix, 8×8, row by row, 0…63: each value is the bits of x ⊕ y and y in turns, the lowest first. */
const ranks = Uint8Array.from({ length: 64 }, (_, i) => {
  const [x, y] = [i & 7, i >> 3];
  let rank = 0;
  for (let bit = 0; bit < 3; bit++) {
    rank |= (((x ^ y) >> bit) & 1) << (5 - 2 * bit);
    rank |= ((y >> bit) & 1) << (4 - 2 * bit);
  }
  return rank;
});

/**
 * 8 rows of 8 offsets whose mean is about 0. They span half of what lies between two colours, if so many were spread
 * evenly over the cube of colours: palettes are denser where the pixels are.
 */
export function bayerOffsets(colours: number): Int16Array {
  const spread = 128 / Math.cbrt(colours);
  return Int16Array.from(ranks, (rank) => Math.round(((rank + 0.5) / 64 - 0.5) * spread));
}
