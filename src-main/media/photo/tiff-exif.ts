/**
 * Whether a TIFF file carries EXIF data: libvips neither reads nor writes them in TIFF, so that they are lost where such a
 * file is written anew, and whoever opens it should be told. Classic TIFF (the 4 GB kind) alone.
 */

const EXIF_POINTER = 0x8769;
const ENTRY_BYTES = 12;

export function hasTiffExif(bytes: Uint8Array): boolean {
  if (bytes.length < 8) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const isLittle = view.getUint16(0) === 0x4949;
  const first = view.getUint32(4, isLittle);
  if (first + 2 > bytes.length) return false;
  const count = view.getUint16(first, isLittle);
  for (let entry = 0; entry < count; entry++) {
    const at = first + 2 + entry * ENTRY_BYTES;
    if (at + ENTRY_BYTES > bytes.length) return false;
    if (view.getUint16(at, isLittle) === EXIF_POINTER) return true;
  }
  return false;
}
