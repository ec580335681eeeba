/**
 * How much of the result each pixel takes: what the mask says inside, fading over the feather outside. Where the weight is
 * 0, the photo is not touched.
 */

/** Squares of 8-bit coverage from which the feather begins. */
const SOLID = 128;
const DIAGONAL = Math.SQRT2;

/**
 * @param mask [H, W], 0 keeps and 255 repairs
 * @param feather pixels; at this distance from the mask and beyond, the weight is 0
 * @returns [H, W], 0…1
 */
export function blendWeights(mask: Uint8Array, width: number, feather: number): Float32Array {
  const weights = Float32Array.from(mask, (value) => value / 255);
  if (feather <= 0) return weights;
  const distances = distancesTo(mask, width);
  for (let i = 0; i < weights.length; i++) {
    const t = 1 - distances[i] / feather;
    if (t > 0) weights[i] = Math.max(weights[i], t * t * (3 - 2 * t));
  }
  return weights;
}

/** To the nearest pixel of the mask, never less than it is (chamfer: straight and diagonal steps). */
function distancesTo(mask: Uint8Array, width: number): Float32Array {
  const height = mask.length / width;
  const distances = Float32Array.from(mask, (value) => (value >= SOLID ? 0 : Infinity));
  const nearer = (i: number, x: number, row: number, side: number): void => {
    let least = distances[i];
    const above = row * width;
    if (row >= 0 && row < height) {
      least = Math.min(least, distances[above + x] + 1);
      if (x > 0) least = Math.min(least, distances[above + x - 1] + DIAGONAL);
      if (x < width - 1) least = Math.min(least, distances[above + x + 1] + DIAGONAL);
    }
    const beside = x + side;
    if (beside >= 0 && beside < width) least = Math.min(least, distances[i + side] + 1);
    distances[i] = least;
  };
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) nearer(y * width + x, x, y - 1, -1);
  for (let y = height - 1; y >= 0; y--) {
    for (let x = width - 1; x >= 0; x--) nearer(y * width + x, x, y + 1, 1);
  }
  return distances;
}
