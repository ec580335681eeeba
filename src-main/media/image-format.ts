/**
 * What a file is, by its first bytes and never by its name. Only pixel formats are handed to the decoder; SVG (which can
 * name other files and explode), HEIC (whose decoder is not free) and the rest are refused with a sentence of their own.
 * Signatures: the formats' own specifications; ISO 14496-12 for the brands of AVIF and HEIC.
 */

export type ReadableFormat = 'jpeg' | 'png' | 'gif' | 'webp' | 'avif' | 'tiff';

export type SniffedFormat =
  | { readonly readable: true; readonly format: ReadableFormat }
  | { readonly readable: false; readonly reason: string };

/** As many bytes as `sniffFormat` looks at. */
export const sniffLength = 1024;

const avifBrands = ['avif', 'avis'];
const heicBrands = ['heic', 'heix', 'hevc', 'hevx', 'heim', 'heis', 'mif1', 'msf1'];

/** @param head The first `sniffLength` bytes of a file, or all of a shorter one. */
export function sniffFormat(head: Uint8Array): SniffedFormat {
  if (head.length === 0) return refused('empty file');
  if (begins(head, [0xff, 0xd8, 0xff])) return readable('jpeg');
  if (begins(head, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return readable('png');
  const ascii = latin1(head);
  if (ascii.startsWith('GIF87a') || ascii.startsWith('GIF89a')) return readable('gif');
  if (ascii.startsWith('RIFF') && ascii.slice(8, 12) === 'WEBP') return readable('webp');
  if (/^(II[*+]\0|MM\0[*+])/.test(ascii)) return readable('tiff');
  if (ascii.slice(4, 8) === 'ftyp') return isoMedia(ascii);
  if (ascii.startsWith('BM') && head.length >= 14)
    return refused('BMP pictures are not read: save it as PNG');
  if (begins(head, [0xff, 0x0a]) || ascii.slice(4, 8) === 'JXL ')
    return refused('JPEG XL pictures are not read: save it as PNG');
  if (ascii.startsWith('8BPS')) return refused('Photoshop files are not read: export it as PNG');
  if (ascii.startsWith('%PDF')) return refused('PDF files are not read: export the page as PNG');
  if (/^\s*(\xef\xbb\xbf)?\s*<[^]*?svg\b/i.test(ascii))
    return refused('SVG pictures are not read: export it as PNG');
  return refused('not a picture (JPEG, PNG, WebP, GIF, AVIF and TIFF are read)');
}

function isoMedia(ascii: string): SniffedFormat {
  const boxEnd =
    (ascii.charCodeAt(0) << 24) |
    (ascii.charCodeAt(1) << 16) |
    (ascii.charCodeAt(2) << 8) |
    ascii.charCodeAt(3);
  const brands: string[] = [ascii.slice(8, 12)];
  for (let at = 16; at + 4 <= Math.min(boxEnd, ascii.length); at += 4) brands.push(ascii.slice(at, at + 4));
  if (brands.some((brand) => avifBrands.includes(brand))) return readable('avif');
  if (brands.some((brand) => heicBrands.includes(brand)))
    return refused('HEIC pictures are not read: save it as JPEG or PNG');
  return refused('a video or sound file, not a picture');
}

function readable(format: ReadableFormat): SniffedFormat {
  return { readable: true, format };
}

function refused(reason: string): SniffedFormat {
  return { readable: false, reason };
}

function begins(bytes: Uint8Array, signature: readonly number[]): boolean {
  return bytes.length >= signature.length && signature.every((byte, i) => bytes[i] === byte);
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes.subarray(0, sniffLength)) text += String.fromCharCode(byte);
  return text;
}
