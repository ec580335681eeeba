/**
 * Animations of growth as GIF. One palette is made for the pixels of all frames (palette.ts), pixels are enlarged to
 * crisp squares, equal frames become one with a longer delay, and of an opaque frame only the rectangle that changed is
 * written, with nothing where the pixel before it stays (runs of one value, which shrink to half or less). Frames are asked for twice, once to count colours and once to write, and none is kept: a long animation may be
 * computed twice instead of stored. GIF knows only whole transparency: alpha below one half is transparent.
 */
import gifenc from 'gifenc';
import { AppError } from '#domain/errors.ts';
import { createAtomicFile } from '#storage/atomic-file.ts';
import { createColourCount, type Palette } from './palette.ts';
import { checkFactor, overColour, type Colour, type RgbaImage } from './pixels.ts';

export interface GifOptions {
  /** Each pixel becomes a square of this many; the default is 1. */
  readonly scale?: number;
  /** Laid under the frames; without it the animation is transparent. */
  readonly background?: Colour | null;
  /** Above 0, at most 50 (programs show faster ones slowly); the default is 25. */
  readonly framesPerSecond?: number;
  /** How long the last frame stays; the default is 2,000. */
  readonly holdMs?: number;
  /** Times to play: 0, the default, for ever. */
  readonly loop?: number;
}

/** Gives all frames, of one size, from the first; called twice. */
export type FrameSource = () => Iterable<RgbaImage> | AsyncIterable<RgbaImage>;

export interface GifSummary {
  readonly frames: number;
  /** Frames in the file, after equal ones are joined. */
  readonly written: number;
  readonly colours: number;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
}

/** The part of the picture that a frame in the file covers, in pixels before enlarging. */
interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface PendingFrame {
  readonly rectangle: Rectangle;
  /** Palette places of the rectangle. */
  readonly indices: Uint8Array;
  readonly startMs: number;
}

/** Bytes of a frame's descriptor that gifenc leaves at 0: x and y, after a control block of 8 and the separator. */
const positionOffset = 9;

/**
 * Writes an animation piece by piece to `sink`.
 * @throws AppError `bad-argument` for options out of range, no frames, or frames of different sizes.
 */
export async function encodeGif(
  frames: FrameSource,
  options: GifOptions,
  sink: (bytes: Uint8Array) => void | Promise<void>,
): Promise<GifSummary> {
  const { scale = 1, background = null, framesPerSecond = 25, holdMs = 2000, loop = 0 } = options;
  checkOptions(scale, framesPerSecond, holdMs, loop);
  const { palette, width, height } = await choosePalette(frames, background);
  const { colours, transparentIndex } = colourTable(palette);

  const encoder = gifenc.GIFEncoder({ auto: false });
  const depth = Math.max(2, Math.ceil(Math.log2(colours.length)));
  const shown = new Uint8Array(width * height).fill(transparentIndex);
  let pending: PendingFrame | null = null;
  let count = 0;
  let written = 0;
  let bytes = 0;

  const write = async (frame: PendingFrame, endMs: number): Promise<void> => {
    const first = written++ === 0;
    const { rectangle } = frame;
    if (first) encoder.writeHeader();
    // Times are rounded, not delays, so that odd rates do not drift.
    const delay = Math.min(655350, (Math.round(endMs / 10) - Math.round(frame.startMs / 10)) * 10);
    encoder.writeFrame(enlargeIndices(frame, scale), rectangle.width * scale, rectangle.height * scale, {
      delay,
      transparent: background === null || !first,
      transparentIndex,
      dispose: background === null ? 2 : 1,
      colorDepth: depth,
      first,
      ...(first ? { palette: colours, repeat: loop === 0 ? 0 : loop === 1 ? -1 : loop - 1 } : {}),
    });
    const piece = encoder.bytes();
    if (!first) setPosition(piece, rectangle.x * scale, rectangle.y * scale);
    encoder.reset();
    bytes += piece.length;
    await sink(piece);
  };

  for await (const frame of frames()) {
    checkSize(frame, width, height);
    const indices = toIndices(frame, background, palette, transparentIndex);
    const changed: Rectangle | null =
      pending === null ? whole(width, height) : changedRectangle(shown, indices, width, height);
    const startMs = (count++ * 1000) / framesPerSecond;
    if (changed === null) continue;
    if (pending) await write(pending, startMs);
    // A transparent frame is cleared before the next, which must therefore be whole.
    const rectangle: Rectangle = background === null ? whole(width, height) : changed;
    const fresh = background === null ? indices : changedOnly(shown, indices, transparentIndex);
    pending = { rectangle, indices: cut(fresh, width, rectangle), startMs };
    shown.set(indices);
  }
  if (!pending) throw noFrames();
  await write(pending, ((count - 1) * 1000) / framesPerSecond + Math.max(holdMs, 1000 / framesPerSecond));
  encoder.finish();
  const end = encoder.bytes();
  await sink(end);
  bytes += end.length;
  return {
    frames: count,
    written,
    colours: palette.colours.length,
    bytes,
    width: width * scale,
    height: height * scale,
  };
}

/** Writes the file whole or not at all. @throws AppError `io`, and as encodeGif. */
export async function writeGif(
  path: string,
  frames: FrameSource,
  options: GifOptions = {},
): Promise<GifSummary> {
  const file = await createAtomicFile(path, { makeFolder: true });
  try {
    const summary = await encodeGif(frames, options, (bytes) => file.write(bytes));
    await file.commit();
    return summary;
  } finally {
    await file.abort();
  }
}

async function choosePalette(
  frames: FrameSource,
  background: Colour | null,
): Promise<{ palette: Palette; width: number; height: number }> {
  const count = createColourCount();
  let size: { width: number; height: number } | null = null;
  for await (const frame of frames()) {
    size ??= { width: frame.width, height: frame.height };
    checkSize(frame, size.width, size.height);
    count.add(background ? overColour(frame, background).pixels : frame.pixels);
  }
  if (!size) throw noFrames();
  const exact = background ? (background[0] << 16) | (background[1] << 8) | background[2] : undefined;
  return { palette: count.palette(255, exact), ...size };
}

/** gifenc's table, with the transparent place last: the clear pixels of a frame, or those that stay as they were. */
function colourTable(palette: Palette): { colours: number[][]; transparentIndex: number } {
  const colours = palette.colours.map((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]);
  return { colours: [...colours, [0, 0, 0]], transparentIndex: colours.length };
}

function toIndices(
  frame: RgbaImage,
  background: Colour | null,
  palette: Palette,
  transparentIndex: number,
): Uint8Array {
  const { pixels } = background ? overColour(frame, background) : frame;
  const indices = new Uint8Array(frame.width * frame.height);
  for (let i = 0; i < indices.length; i++) {
    const at = i * 4;
    if (pixels[at + 3] < 128) indices[i] = transparentIndex;
    else indices[i] = palette.indexOf((pixels[at] << 16) | (pixels[at + 1] << 8) | pixels[at + 2]);
  }
  return indices;
}

/** null when nothing changed. */
function changedRectangle(
  before: Uint8Array,
  after: Uint8Array,
  width: number,
  height: number,
): Rectangle | null {
  let left = width;
  let right = -1;
  let top = height;
  let bottom = -1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (before[y * width + x] === after[y * width + x]) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  return right < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** What an opaque frame must write over the one before. */
function changedOnly(before: Uint8Array, after: Uint8Array, transparentIndex: number): Uint8Array {
  return after.map((index, i) => (index === before[i] ? transparentIndex : index));
}

function cut(indices: Uint8Array, width: number, rectangle: Rectangle): Uint8Array {
  const part = new Uint8Array(rectangle.width * rectangle.height);
  for (let y = 0; y < rectangle.height; y++) {
    const from = (rectangle.y + y) * width + rectangle.x;
    part.set(indices.subarray(from, from + rectangle.width), y * rectangle.width);
  }
  return part;
}

function enlargeIndices(frame: PendingFrame, scale: number): Uint8Array {
  const { width, height } = frame.rectangle;
  if (scale === 1) return frame.indices;
  const row = width * scale;
  const out = new Uint8Array(row * height * scale);
  for (let y = 0; y < height; y++) {
    const start = y * scale * row;
    for (let x = 0; x < width; x++) {
      const value = frame.indices[y * width + x];
      out.fill(value, start + x * scale, start + (x + 1) * scale);
    }
    for (let copy = 1; copy < scale; copy++) out.copyWithin(start + copy * row, start, start + row);
  }
  return out;
}

function setPosition(frame: Uint8Array, x: number, y: number): void {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  view.setUint16(positionOffset, x, true);
  view.setUint16(positionOffset + 2, y, true);
}

function whole(width: number, height: number): Rectangle {
  return { x: 0, y: 0, width, height };
}

function checkOptions(scale: number, framesPerSecond: number, holdMs: number, loop: number): void {
  checkFactor(scale);
  if (!(framesPerSecond > 0 && framesPerSecond <= 50))
    throw new AppError(
      'bad-argument',
      `A GIF shows above 0 and at most 50 frames a second, not ${framesPerSecond}.`,
    );
  if (!(holdMs >= 0 && holdMs <= 600000))
    throw new AppError('bad-argument', `The last frame is held for 0 to 600,000 ms, not ${holdMs}.`);
  if (!(Number.isInteger(loop) && loop >= 0 && loop <= 65535))
    throw new AppError('bad-argument', `A GIF plays 0 (for ever) to 65,535 times, not ${loop}.`);
}

function checkSize(frame: RgbaImage, width: number, height: number): void {
  if (frame.width !== width || frame.height !== height)
    throw new AppError(
      'bad-argument',
      `All frames of a GIF have one size: expected ${width}×${height}, found ${frame.width}×${frame.height}.`,
    );
}

function noFrames(): AppError {
  return new AppError('bad-argument', 'A GIF needs at least one frame, none was given.');
}
