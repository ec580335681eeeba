/**
 * A photo's bytes without the place where it was taken: the GPS directory of its EXIF data is emptied where it lies, and
 * everything else of it stays (Exif 3.0, TIFF 6.0). A file is copied only if there is something to take out.
 */
import { crc32 } from 'node:zlib';

const GPS_POINTER = 0x8825;
const ENTRY_BYTES = 12;
/** Bytes of a value, by its type 1…12. */
const typeBytes = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8];

/**
 * @param exif the file's EXIF data, as it lies in the file
 * @returns null where its EXIF data must be left out as a whole: it names a place, and cannot be found in the file
 */
export function withoutPlace(file: Uint8Array, exif: Uint8Array | undefined): Uint8Array | null {
  if (exif === undefined) return file;
  const hasMark = Buffer.from(exif.subarray(0, 6)).equals(Buffer.from('Exif\0\0', 'latin1'));
  const tiff = hasMark ? exif.subarray(6) : exif;
  const clean = Buffer.from(tiff);
  if (!emptyPlace(clean)) return file;
  const at = Buffer.from(file.buffer, file.byteOffset, file.byteLength).indexOf(tiff);
  if (at === -1) return null;
  const copy = Buffer.from(file);
  copy.set(clean, at);
  // A PNG's chunk ends with a checksum of its name and data.
  if (copy.toString('latin1', 1, 4) === 'PNG') {
    copy.writeUInt32BE(crc32(copy.subarray(at - 4, at + clean.length)), at + clean.length);
  }
  return copy;
}

/** @returns whether there was one, or the data cannot be read, which then is all zero */
function emptyPlace(tiff: Buffer): boolean {
  try {
    const isLittle = tiff.toString('latin1', 0, 2) === 'II';
    const u16 = (at: number): number => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
    const u32 = (at: number): number => (isLittle ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at));
    const first = u32(4);
    const count = u16(first);
    for (let i = 0; i < count; i++) {
      const entry = first + 2 + i * ENTRY_BYTES;
      if (u16(entry) !== GPS_POINTER) continue;
      emptyDirectory(u32(entry + 8));
      // The entries after it and the place of the next directory move up.
      const end = first + 2 + count * ENTRY_BYTES + 4;
      tiff.copyWithin(entry, entry + ENTRY_BYTES, end);
      tiff.fill(0, end - ENTRY_BYTES, end);
      if (isLittle) tiff.writeUInt16LE(count - 1, first);
      else tiff.writeUInt16BE(count - 1, first);
      return true;
    }
    return false;

    function emptyDirectory(start: number): void {
      const entries = u16(start);
      for (let i = 0; i < entries; i++) {
        const entry = start + 2 + i * ENTRY_BYTES;
        const bytes = (typeBytes[u16(entry + 2)] ?? 8) * u32(entry + 4);
        if (bytes > 4) tiff.fill(0, u32(entry + 8), u32(entry + 8) + bytes);
      }
      tiff.fill(0, start, start + 2 + entries * ENTRY_BYTES + 4);
    }
  } catch (failure) {
    if (!(failure instanceof RangeError)) throw failure;
    tiff.fill(0);
    return true;
  }
}
