/**
 * One picture in: bytes of any readable format → upright sRGB RGBA, fitted to a model's grid. The header is judged
 * before a pixel is decoded (format, size, frames, channels); truncated and damaged files are refused, not guessed.
 * Metadata (place, camera, comments) never gets past here: only pixels do.
 *
 * Fit: opaque pictures cover the grid (centre crop); pictures with transparency are contained in it, centred, with
 * transparent margins, for their outline is their content. Resizing works on premultiplied colour.
 */
import sharp, { type Metadata, type ResizeOptions, type Sharp } from 'sharp';
import type { Grid } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import type { ImageKind } from '#domain/model-spec.ts';
import { bytesToUnit } from '#domain/picture-bytes.ts';
import { readImageFile } from './image-file.ts';
import { sniffFormat, sniffLength, type ReadableFormat } from './image-format.ts';
import { plainJpegSize } from './jpeg-header.ts';
import { white, type Colour, type RgbaImage } from './pixels.ts';

export interface DecodeOptions {
  /** Fit to this grid; without it the picture keeps its size. */
  readonly grid?: Grid;
  /** Allow pictures smaller than the grid to be enlarged; else they are refused. */
  readonly enlarge?: boolean;
  /** Refuse pictures of more pixels than this; the default is 64 million. */
  readonly maxPixels?: number;
}

export interface DecodedImage extends RgbaImage {
  readonly format: ReadableFormat;
  /** Before fitting, upright. */
  readonly originalWidth: number;
  readonly originalHeight: number;
  /** Frames or pages in the file; only the first is decoded. */
  readonly frames: number;
  /** Sentences without the path. */
  readonly warnings: readonly string[];
}

/** What a file is refused for; the loader collects these. */
export interface Skip {
  readonly path: string;
  readonly reason: string;
}

const defaultMaxPixels = 64e6;
const maxPixelsOfAllFrames = 8 * defaultMaxPixels;
const maxChannels = 5;
const transparent = { r: 0, g: 0, b: 0, alpha: 0 };

// Many small pictures at once beat many threads on one; and nothing decoded is kept behind our back.
sharp.concurrency(1);
sharp.cache(false);

/**
 * A picture from its bytes: straight RGBA, at the grid's size when one is given.
 * @throws AppError `bad-image` or `unsupported` whose message is the reason alone.
 */
export async function decodeImage(bytes: Uint8Array, options: DecodeOptions = {}): Promise<DecodedImage> {
  const sniffed = sniffFormat(bytes.subarray(0, sniffLength));
  if (!sniffed.readable) throw new AppError('bad-image', sniffed.reason);
  const header = await readHeader(bytes, sniffed.format, options.maxPixels ?? defaultMaxPixels);
  const warnings = headerWarnings(header);
  const { width: originalWidth, height: originalHeight } = header.upright;

  let picture = await decodeFitted(bytes, header, options, header.hasAlpha ? 'contain' : 'cover');
  // An alpha channel that hides nothing (screenshots, GIF): an opaque picture after all.
  if (
    options.grid &&
    header.hasAlpha &&
    !sameShape(header, options.grid) &&
    insideIsOpaque(picture, options.grid, header)
  )
    picture = await decodeFitted(bytes, header, options, 'cover');
  warnings.push(...picture.warnings, ...visibleContent(picture.pixels));
  return {
    pixels: picture.pixels,
    width: picture.width,
    height: picture.height,
    format: sniffed.format,
    originalWidth,
    originalHeight,
    frames: header.pages,
    warnings,
  };
}

/**
 * A picture from a file that a person named.
 * @throws AppError with the file's name in its sentence.
 */
export async function decodeFile(path: string, options: DecodeOptions = {}): Promise<DecodedImage> {
  try {
    return await decodeImage(await readImageFile(path, { followLink: true }), options);
  } catch (error) {
    if (error instanceof AppError)
      throw new AppError(error.code, `${path}: ${error.message}.`, { cause: error });
    throw error;
  }
}

/** Any RGBA picture at the grid's size, by the same rule as files (see the module's head). */
export async function fitToGrid(image: RgbaImage, grid: Grid): Promise<RgbaImage> {
  if (image.width === grid.width && image.height === grid.height) return image;
  const fit = isOpaque(image.pixels) ? 'cover' : 'contain';
  const pixels = await sharp(image.pixels, { raw: { width: image.width, height: image.height, channels: 4 } })
    .resize(resizing(grid, fit))
    .raw()
    .toBuffer();
  return { pixels, width: grid.width, height: grid.height };
}

/**
 * Premultiplied bytes [height, width, 4] as a model of this kind sees a picture: `rgba` premultiplies; `rgb` lays it on
 * `background` (white) with alpha 255; `grey-alpha` takes luma × alpha as value and sets red = green = blue = alpha = value.
 */
export function premultiplied(image: RgbaImage, kind: ImageKind, background: Colour = white): Uint8Array {
  const { pixels } = image;
  const out = new Uint8Array(pixels.length);
  switch (kind) {
    case 'rgba':
      overInto(out, pixels, [0, 0, 0]);
      for (let i = 3; i < out.length; i += 4) out[i] = pixels[i];
      break;
    case 'rgb':
      overInto(out, pixels, background);
      break;
    case 'grey-alpha':
      for (let i = 0; i < out.length; i += 4) {
        const luma = 0.299 * pixels[i] + 0.587 * pixels[i + 1] + 0.114 * pixels[i + 2];
        const value = Math.round((luma * pixels[i + 3]) / 255);
        out[i] = out[i + 1] = out[i + 2] = out[i + 3] = value;
      }
      break;
    default:
      kind satisfies never;
  }
  return out;
}

/** Straight `pixels` over one colour, opaque. */
function overInto(out: Uint8Array, pixels: Uint8Array, [red, green, blue]: Colour): void {
  for (let i = 0; i < out.length; i += 4) {
    const alpha = pixels[i + 3];
    const rest = 255 - alpha;
    out[i] = Math.round((pixels[i] * alpha + red * rest) / 255);
    out[i + 1] = Math.round((pixels[i + 1] * alpha + green * rest) / 255);
    out[i + 2] = Math.round((pixels[i + 2] * alpha + blue * rest) / 255);
    out[i + 3] = 255;
  }
}

/** Premultiplied RGBA [H, W, 4] in 0…1 at the grid: `fitToGrid`, `premultiplied`, ÷ 255. */
export async function toModelInput(image: RgbaImage, kind: ImageKind, grid: Grid): Promise<Float32Array> {
  return bytesToUnit(premultiplied(await fitToGrid(image, grid), kind));
}

/** What is judged before decoding. */
interface Header {
  /** Width and height after EXIF's turn. */
  readonly upright: Grid;
  readonly pages: number;
  readonly space: string;
  readonly depth: string;
  readonly hasAlpha: boolean;
  /** Upright 8-bit sRGB without a profile needs no conversion, which is half of the time that a small picture takes. */
  readonly plain: boolean;
}

async function readHeader(bytes: Uint8Array, format: ReadableFormat, maxPixels: number): Promise<Header> {
  const plainSize = format === 'jpeg' ? plainJpegSize(bytes) : null;
  if (plainSize) {
    refuseLarge(plainSize, 1, maxPixels);
    return { upright: plainSize, pages: 1, space: 'srgb', depth: 'uchar', hasAlpha: false, plain: true };
  }
  let header: Metadata;
  try {
    header = await sharp(bytes, { limitInputPixels: false, limitInputChannels: false }).metadata();
  } catch (error) {
    throw damaged(error);
  }
  if (header.format !== (format === 'avif' ? 'heif' : format))
    throw new AppError('bad-image', `begins as ${format} but is not`);
  const { pages = 1, channels, space, depth, hasAlpha, hasProfile, orientation } = header;
  refuseLarge({ width: header.width, height: header.pageHeight ?? header.height }, pages, maxPixels);
  if (channels > maxChannels)
    throw new AppError(
      'unsupported',
      `${channels} channels, at most ${maxChannels} are read: save it as PNG`,
    );
  const simple = space === 'srgb' && depth === 'uchar' && channels === 3;
  const plain = simple && !hasAlpha && !hasProfile && !orientation;
  return { upright: header.autoOrient, pages, space, depth, hasAlpha, plain };
}

function refuseLarge({ width, height }: Grid, pages: number, maxPixels: number): void {
  if (width * height > maxPixels)
    throw new AppError(
      'bad-image',
      `${width}×${height} is more than ${maxPixels / 1e6} million pixels: save a smaller copy`,
    );
  if (width * height * pages > maxPixelsOfAllFrames)
    throw new AppError(
      'bad-image',
      `${pages} frames of ${width}×${height} are too many pixels: save the first frame alone`,
    );
}

function headerWarnings(header: Header): string[] {
  const warnings: string[] = [];
  if (header.pages > 1) warnings.push(`the first of ${header.pages} frames is used`);
  if (header.space === 'cmyk') warnings.push('converted from CMYK to sRGB');
  if (header.depth !== 'uchar') warnings.push(`narrowed from ${depthName(header.depth)} to 8 bits a channel`);
  return warnings;
}

interface FittedPicture extends RgbaImage {
  readonly warnings: string[];
}

async function decodeFitted(
  bytes: Uint8Array,
  header: Header,
  options: DecodeOptions,
  fit: 'cover' | 'contain',
): Promise<FittedPicture> {
  const { grid } = options;
  if (grid && !options.enlarge) refuseSmaller(header, grid, fit);
  const { plain } = header;
  let pipeline = sharp(bytes, {
    autoOrient: !plain,
    failOn: 'warning',
    limitInputPixels: options.maxPixels ?? defaultMaxPixels,
  });
  if (grid && !hasSize(header, grid)) pipeline = pipeline.resize(resizing(grid, fit));
  return rawPixels(pipeline, plain);
}

/** The colour conversion is sharp's own: an embedded profile is applied; a broken one is left out, with a warning. */
async function rawPixels(pipeline: Sharp, plain: boolean): Promise<FittedPicture> {
  const warnings: string[] = [];
  pipeline.on('warning', (message: unknown) => {
    if (/profile/i.test(String(message))) warnings.push('its colour profile is broken: sRGB is assumed');
  });
  const converted = plain ? pipeline : pipeline.toColourspace('srgb').ensureAlpha();
  try {
    const { data, info } = await converted.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    if (channels === 4) return { pixels: data, width, height, warnings };
    if (channels === 3) return { pixels: withAlpha(data), width, height, warnings };
    throw new AppError('unsupported', `${channels} channels after conversion, expected 3 or 4`);
  } catch (error) {
    throw error instanceof AppError ? error : damaged(error);
  }
}

function withAlpha(rgb: Uint8Array): Uint8Array {
  const rgba = new Uint8Array((rgb.length / 3) * 4);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    rgba[to] = rgb[from];
    rgba[to + 1] = rgb[from + 1];
    rgba[to + 2] = rgb[from + 2];
    rgba[to + 3] = 255;
  }
  return rgba;
}

function resizing(grid: Grid, fit: 'cover' | 'contain'): ResizeOptions {
  return { width: grid.width, height: grid.height, fit, position: 'centre', background: transparent };
}

function refuseSmaller(header: Header, grid: Grid, fit: 'cover' | 'contain'): void {
  const { width, height } = header.upright;
  const wide = width >= grid.width;
  const high = height >= grid.height;
  if (fit === 'cover' ? wide && high : wide || high) return;
  throw new AppError(
    'bad-image',
    `${width}×${height} is smaller than the model's grid: at least ${grid.width}×${grid.height} is needed, unless pictures are enlarged`,
  );
}

/** Whether the part of a contained picture that is not margin hides nothing. */
function insideIsOpaque(picture: RgbaImage, grid: Grid, header: Header): boolean {
  const { width, height } = header.upright;
  const scale = Math.min(grid.width / width, grid.height / height);
  // One pixel inside the edge, which resampling may have made translucent.
  const insetX = Math.ceil((grid.width - width * scale) / 2) + 1;
  const insetY = Math.ceil((grid.height - height * scale) / 2) + 1;
  for (let y = insetY; y < grid.height - insetY; y++)
    for (let x = insetX; x < grid.width - insetX; x++)
      if (picture.pixels[(y * grid.width + x) * 4 + 3] !== 255) return false;
  return grid.width > 2 * insetX && grid.height > 2 * insetY;
}

/** @throws AppError when nothing can be seen. @returns a warning when it is one colour. */
function visibleContent(pixels: Uint8Array): string[] {
  let visible = false;
  let constant = true;
  for (let i = 0; i < pixels.length && (constant || !visible); i += 4) {
    if (pixels[i + 3] > 0) visible = true;
    for (let c = 0; c < 4; c++) if (pixels[i + c] !== pixels[c]) constant = false;
  }
  if (!visible) throw new AppError('bad-image', 'nothing is visible: every pixel is transparent');
  return constant ? ['it is one colour throughout'] : [];
}

function isOpaque(pixels: Uint8Array): boolean {
  for (let i = 3; i < pixels.length; i += 4) if (pixels[i] !== 255) return false;
  return true;
}

function hasSize(header: Header, grid: Grid): boolean {
  return header.upright.width === grid.width && header.upright.height === grid.height;
}

function sameShape(header: Header, grid: Grid): boolean {
  return header.upright.width * grid.height === header.upright.height * grid.width;
}

function depthName(depth: string): string {
  return depth === 'ushort' || depth === 'short' ? '16 bits' : `“${depth}” values`;
}

/** What the decoder's library says of it is for its developers: the cause, not the sentence. */
function damaged(error: unknown): AppError {
  return new AppError('bad-image', 'damaged or cut short', { cause: error });
}
