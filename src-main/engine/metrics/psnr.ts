/** Peak signal-to-noise ratio of values from 0 to 1, in dB: −10·log10 of the mean squared error. */

/** Equal pictures would have an infinite ratio, which spoils every mean and is no number in JSON; they get 100 dB. */
const LEAST_ERROR = 1e-10;

/** Mean over all values of two pictures of the same size. */
export function meanSquaredError(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length || a.length === 0) throw new RangeError(`${a.length} values against ${b.length}`);
  let sum = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = a[i] - b[i];
    sum += difference * difference;
  }
  return sum / a.length;
}

export function psnrOfError(mse: number): number {
  return -10 * Math.log10(Math.max(mse, LEAST_ERROR));
}

export function psnr(a: Float32Array, b: Float32Array): number {
  return psnrOfError(meanSquaredError(a, b));
}
