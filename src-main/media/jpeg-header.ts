/**
 * The header of the plainest JPEG, read without the decoder: 8 bits, three components, nothing said about orientation,
 * colour profile or colour model. Of most thumbnails and data sets that is all there is, and asking the decoder for it
 * takes as long as decoding them. Markers: ITU-T T.81, annex B.
 */

/** Width and height when the file is that plain, else null: then the decoder must be asked. */
export function plainJpegSize(bytes: Uint8Array): { width: number; height: number } | null {
  let size: { width: number; height: number } | null = null;
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff;) {
    const marker = bytes[at + 1];
    const length = uint16(bytes, at + 2);
    if (marker === startOfScan) return size;
    // Application data other than JFIF may turn the picture, name a profile or another colour model.
    if (length < 2 || (marker > 0xe0 && marker <= 0xef)) return null;
    if (marker === baseline || marker === progressive) {
      if (size || at + 10 > bytes.length || bytes[at + 4] !== 8 || bytes[at + 9] !== 3) return null;
      size = { height: uint16(bytes, at + 5), width: uint16(bytes, at + 7) };
      if (size.height === 0 || size.width === 0) return null;
    } else if (!known.has(marker)) return null;
    at += 2 + length;
  }
  return null;
}

const startOfScan = 0xda;
const baseline = 0xc0;
const progressive = 0xc2;
/** Huffman and quantisation tables, restart interval, JFIF, comment. */
const known = new Set([0xc4, 0xdb, 0xdd, 0xe0, 0xfe]);

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}
