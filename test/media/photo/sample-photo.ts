/** Photos of noise in every kind that is repaired, with the metadata that real ones have. */
import sharp from 'sharp';
import type { Samples } from '#media/photo/photo.ts';

export interface SampleKind {
  readonly format: 'png' | 'tiff' | 'webp' | 'jpeg';
  readonly bitDepth: 8 | 16;
  readonly bands: 1 | 2 | 3 | 4;
}

export interface SampleOptions extends SampleKind {
  readonly width?: number;
  readonly height?: number;
  readonly seed?: number;
  readonly orientation?: number;
  /** Known to sharp by name. */
  readonly profile?: 'p3';
  readonly hasPlace?: boolean;
}

const place = { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 12/1', GPSMapDatum: 'WGS-84-of-somebody' };

export async function samplePhoto({
  format,
  bitDepth,
  bands,
  width = 24,
  height = 18,
  seed = 1,
  orientation,
  profile,
  hasPlace = false,
}: SampleOptions): Promise<{ readonly file: Buffer; readonly samples: Samples }> {
  let value = seed + 1;
  const most = bitDepth === 16 ? 0xffff : 0xff;
  const next = (): number => (value = (value * 48271) % 0x7fffffff) & most;
  const count = width * height * bands;
  const samples =
    bitDepth === 16 ? Uint16Array.from({ length: count }, next) : Uint8Array.from({ length: count }, next);
  const wide = bands < 3 ? 'grey16' : 'rgb16';
  const narrow = bands < 3 ? 'b-w' : 'srgb';
  let image = sharp(samples, { raw: { width, height, channels: bands } }).toColourspace(
    bitDepth === 16 ? wide : narrow,
  );
  if (profile !== undefined) image = image.withIccProfile(profile);
  if (orientation !== undefined) image = image.withMetadata({ orientation });
  if (format === 'png' || format === 'jpeg' || bands > 2) {
    image = image.withExifMerge({ IFD0: { Copyright: 'Somebody' }, ...(hasPlace && { IFD3: place }) });
  }
  switch (format) {
    case 'png':
      image = image.png();
      break;
    case 'tiff':
      image = image.tiff({ compression: 'deflate', predictor: 'horizontal' });
      break;
    case 'webp':
      image = image.webp({ lossless: true, exact: true });
      break;
    case 'jpeg':
      image = image.jpeg();
      break;
    default:
      format satisfies never;
  }
  return { file: await image.toBuffer(), samples };
}
