/**
 * Structural similarity (Wang, Bovik, Sheikh & Simoncelli 2004): Gaussian window 11×11 with σ 1.5, weights summing
 * to 1, C1 = 0.01² and C2 = 0.03² for values from 0 to 1; a channel at a time, over the windows that lie wholly in
 * the picture, then the mean over the channels. A picture with a side below 11 gets the largest odd window that fits.
 * Agrees with scikit-image's structural_similarity(gaussian_weights=True, use_sample_covariance=False, data_range=1).
 */

export interface PictureShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

const WINDOW = 11;
const SIGMA = 1.5;
const C1 = 0.01 ** 2;
const C2 = 0.03 ** 2;

/**
 * @param a, b [H, W, channels], values 0…1
 * @param mask [H, W]: only windows whose middle is 1 in it count, which may be none (then NaN); all if left out
 */
export function ssim(
  a: Float32Array,
  b: Float32Array,
  shape: PictureShape,
  mask: Uint8Array | null = null,
): number {
  const { height: H, width: W, channels } = shape;
  if (a.length !== H * W * channels || b.length !== a.length)
    throw new RangeError(`${a.length} values against ${b.length}`);
  const smallest = Math.min(WINDOW, H, W);
  const weights = gaussian(smallest - (smallest % 2 === 0 ? 1 : 0));
  let sum = 0;
  for (let c = 0; c < channels; c++) sum += channelSimilarity(a, b, shape, { channel: c, weights, mask });
  return sum / channels;
}

function channelSimilarity(
  a: Float32Array,
  b: Float32Array,
  { height: H, width: W, channels }: PictureShape,
  {
    channel,
    weights,
    mask,
  }: { readonly channel: number; readonly weights: Float64Array; readonly mask: Uint8Array | null },
): number {
  const A = new Float64Array(H * W);
  const B = new Float64Array(H * W);
  for (let i = 0; i < H * W; i++) {
    A[i] = a[i * channels + channel];
    B[i] = b[i * channels + channel];
  }
  const local = (left: Float64Array, right: Float64Array | null): Float64Array =>
    windowMeans(left, right, H, W, weights);
  const [meanA, meanB, meanAA, meanBB, meanAB] = [
    local(A, null),
    local(B, null),
    local(A, A),
    local(B, B),
    local(A, B),
  ];
  const [columns, half] = [W - weights.length + 1, (weights.length - 1) / 2];
  let [sum, count] = [0, 0];
  for (let i = 0; i < meanA.length; i++) {
    if (mask !== null && mask[(Math.floor(i / columns) + half) * W + (i % columns) + half] !== 1) continue;
    count++;
    const [mA, mB] = [meanA[i], meanB[i]];
    const luminance = (2 * mA * mB + C1) / (mA * mA + mB * mB + C1);
    const spread = meanAA[i] - mA * mA + (meanBB[i] - mB * mB);
    sum += (luminance * (2 * (meanAB[i] - mA * mB) + C2)) / (spread + C2);
  }
  return sum / count;
}

/** Weighted mean of left (times right) in every window inside the picture: rows first, then columns. */
function windowMeans(
  left: Float64Array,
  right: Float64Array | null,
  H: number,
  W: number,
  weights: Float64Array,
): Float64Array {
  const n = weights.length;
  const [rows, columns] = [H - n + 1, W - n + 1];
  const across = new Float64Array(H * columns);
  for (let y = 0; y < H; y++) {
    for (let x = 0; x < columns; x++) {
      let sum = 0;
      for (let k = 0; k < n; k++) {
        const at = y * W + x + k;
        sum += weights[k] * left[at] * (right === null ? 1 : right[at]);
      }
      across[y * columns + x] = sum;
    }
  }
  const means = new Float64Array(rows * columns);
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++) {
      let sum = 0;
      for (let k = 0; k < n; k++) sum += weights[k] * across[(y + k) * columns + x];
      means[y * columns + x] = sum;
    }
  }
  return means;
}

/** n values that sum to 1. */
function gaussian(n: number): Float64Array {
  const weights = Float64Array.from({ length: n }, (_, i) =>
    Math.exp(-0.5 * ((i - (n - 1) / 2) / SIGMA) ** 2),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
