/** Pictures as bytes and as the numbers that models see: the same numbers wherever they are computed with. */

/** value / 255 for each byte, into `out` when given. */
export function bytesToUnit(
  bytes: Uint8Array,
  out: Float32Array = new Float32Array(bytes.length),
  offset = 0,
): Float32Array {
  for (let i = 0; i < bytes.length; i++) out[offset + i] = unitOfByte[bytes[i]];
  return out;
}

/**
 * Values in 0…1 of some of the pictures [N, H, W, 4], in the order of the indices: [n, H, W, 4]; into `out` when given.
 * @param size H·W·4
 * @throws RangeError for an index that is none
 */
export function pictureBatch(
  pictures: Uint8Array,
  size: number,
  indices: ArrayLike<number>,
  out: Float32Array = new Float32Array(indices.length * size),
): Float32Array {
  const count = pictures.length / size;
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i];
    if (!(index >= 0 && index < count)) throw new RangeError(`image ${index} of ${count}`);
    bytesToUnit(pictures.subarray(index * size, (index + 1) * size), out, i * size);
  }
  return out;
}

const unitOfByte = Float32Array.from({ length: 256 }, (_, byte) => byte / 255);
