/**
 * Animations of growth as GIF. One palette is made for the pixels of all frames (palette.ts), pixels are enlarged to
 * crisp squares, equal frames become one with a longer delay, and of a frame only the rectangle that changed is
 * written, with nothing where the pixel before it stays (runs of one value, which shrink to half or less); what has to
 * become clear again is cleared by the frame before. Frames are asked for twice, once to count colours and once to
 * write, and none is kept: a long animation may be computed twice instead of stored. GIF knows only whole transparency:
 * alpha below one half is transparent. Dithering is ordered (Bayer), as that of a pixel does not change with its
 * neighbours, and what stands still stays still.
 */
import gifenc from 'gifenc';
import { AppError } from '#domain/errors.ts';
import { createAtomicFile } from '#storage/atomic-file.ts';
import { bayerOffsets } from './bayer.ts';
import { gifCarrier } from './carried.ts';
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
  /** The frame that stays so long, if not the last. */
  readonly heldFrame?: number;
  /** Times to play: 0, the default, for ever. */
  readonly loop?: number;
  /** 2 to 255; the default is 255. One more is for what is transparent or stays as it was. */
  readonly colours?: number;
  readonly isDithered?: boolean;
  /** Bytes that go with it (carried.ts). */
  readonly carried?: Uint8Array | null;
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
  /** Palette places of the whole frame. */
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
  const { colours: mostColours = 255, carried = null } = options;
  checkOptions({ scale, framesPerSecond, holdMs, loop, mostColours });
  const { palette, width, height } = await choosePalette(frames, background, mostColours);
  const { colours, transparentIndex } = colourTable(palette);
  const offsets =
    options.isDithered === true && !palette.isExact ? bayerOffsets(palette.colours.length) : null;

  const encoder = gifenc.GIFEncoder({ auto: false });
  const depth = Math.max(2, Math.ceil(Math.log2(colours.length)));
  /** What a viewer has before the pending frame. */
  const canvas = new Uint8Array(width * height).fill(transparentIndex);
  let pending: PendingFrame | null = null;
  let count = 0;
  let written = 0;
  let bytes = 0;
  let heldMs = 0;

  const emit = async (piece: Uint8Array): Promise<void> => {
    bytes += piece.length;
    await sink(piece);
  };

  /** Draws the frame over the canvas; what the next one needs clear is cleared after it. */
  const write = async (
    { indices, startMs }: PendingFrame,
    endMs: number,
    next: Uint8Array | null,
  ): Promise<void> => {
    const first = written++ === 0;
    const cleared = next === null ? null : clearedRectangle(indices, next, width, height, transparentIndex);
    const changed = changedRectangle(canvas, indices, width, height);
    const rectangle: Rectangle = first
      ? { x: 0, y: 0, width, height }
      : (union(changed, cleared) ?? { x: 0, y: 0, width: 1, height: 1 });
    if (first) encoder.writeHeader();
    // Times are rounded, not delays, so that odd rates do not drift.
    const delay = Math.min(655350, (Math.round(endMs / 10) - Math.round(startMs / 10)) * 10);
    const fresh = freshPixels(canvas, indices, width, rectangle, transparentIndex);
    encoder.writeFrame(
      enlargeIndices(fresh, rectangle, scale),
      rectangle.width * scale,
      rectangle.height * scale,
      {
        delay,
        transparent: background === null || !first,
        transparentIndex,
        dispose: cleared === null ? 1 : 2,
        colorDepth: depth,
        first,
        ...(first ? { palette: colours, repeat: loop === 0 ? 0 : loop === 1 ? -1 : loop - 1 } : {}),
      },
    );
    const piece = encoder.bytes();
    if (!first) setPosition(piece, rectangle.x * scale, rectangle.y * scale);
    encoder.reset();
    await emit(piece);
    canvas.set(indices);
    if (cleared !== null) clear(canvas, width, rectangle, transparentIndex);
  };

  for await (const frame of frames()) {
    checkSize(frame, width, height);
    const indices = toIndices(frame, { background, palette, transparentIndex, offsets });
    const index = count++;
    const startMs = (index * 1000) / framesPerSecond + heldMs;
    if (index === options.heldFrame) heldMs += Math.max(0, holdMs - 1000 / framesPerSecond);
    if (pending !== null && Buffer.compare(pending.indices, indices) === 0) continue;
    if (pending !== null) await write(pending, startMs, indices);
    pending = { indices, startMs };
  }
  if (pending === null) throw noFrames();
  // Some programs begin the next round over what the last frame left.
  const isPlayedAgain = background === null && loop !== 1;
  const nothing = new Uint8Array(width * height).fill(transparentIndex);
  const lastMs = 1000 / framesPerSecond;
  const staysMs = options.heldFrame === undefined ? Math.max(holdMs, lastMs) : lastMs;
  await write(
    pending,
    ((count - 1) * 1000) / framesPerSecond + heldMs + staysMs,
    isPlayedAgain ? nothing : null,
  );
  if (carried !== null) await emit(gifCarrier(carried));
  encoder.finish();
  await emit(encoder.bytes());
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
  mostColours: number,
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
  return { palette: count.palette(mostColours, exact), ...size };
}

/** gifenc's table, with the transparent place last: the clear pixels of a frame, or those that stay as they were. */
function colourTable(palette: Palette): { colours: number[][]; transparentIndex: number } {
  const colours = palette.colours.map((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]);
  return { colours: [...colours, [0, 0, 0]], transparentIndex: colours.length };
}

interface IndexRules {
  readonly background: Colour | null;
  readonly palette: Palette;
  readonly transparentIndex: number;
  /** Added to a pixel's channels before the nearest colour is taken, 8 rows of 8; null does not dither. */
  readonly offsets: Int16Array | null;
}

function toIndices(frame: RgbaImage, rules: IndexRules): Uint8Array {
  const { background, palette, transparentIndex, offsets } = rules;
  const { pixels } = background ? overColour(frame, background) : frame;
  const { width } = frame;
  const indices = new Uint8Array(width * frame.height);
  for (let i = 0; i < indices.length; i++) {
    const at = i * 4;
    if (pixels[at + 3] < 128) {
      indices[i] = transparentIndex;
      continue;
    }
    let r = pixels[at];
    let g = pixels[at + 1];
    let b = pixels[at + 2];
    if (offsets !== null) {
      const offset = offsets[((((i / width) | 0) & 7) << 3) | ((i % width) & 7)];
      r = byte(r + offset);
      g = byte(g + offset);
      b = byte(b + offset);
    }
    indices[i] = palette.indexOf((r << 16) | (g << 8) | b);
  }
  return indices;
}

function byte(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}

/** null when nothing changed. */
function changedRectangle(
  before: Uint8Array,
  after: Uint8Array,
  width: number,
  height: number,
): Rectangle | null {
  return rectangleOf((i) => before[i] !== after[i], width, height);
}

function rectangleOf(has: (pixel: number) => boolean, width: number, height: number): Rectangle | null {
  let left = width;
  let right = -1;
  let top = height;
  let bottom = -1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (!has(y * width + x)) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (top === height) top = y;
      bottom = y;
    }
  }
  return right < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

/** Around the pixels that a viewer shows and the next frame does not; null where there are none. */
function clearedRectangle(
  now: Uint8Array,
  next: Uint8Array,
  width: number,
  height: number,
  transparentIndex: number,
): Rectangle | null {
  const isCleared = (i: number): boolean => next[i] === transparentIndex && now[i] !== transparentIndex;
  return rectangleOf(isCleared, width, height);
}

function union(a: Rectangle | null, b: Rectangle | null): Rectangle | null {
  if (a === null || b === null) return a ?? b;
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  const right = Math.max(a.x + a.width, b.x + b.width);
  const bottom = Math.max(a.y + a.height, b.y + b.height);
  return { x, y, width: right - x, height: bottom - y };
}

/** What must be drawn of the rectangle: nothing where the canvas has it already. */
function freshPixels(
  canvas: Uint8Array,
  indices: Uint8Array,
  width: number,
  rectangle: Rectangle,
  transparentIndex: number,
): Uint8Array {
  const fresh = new Uint8Array(rectangle.width * rectangle.height);
  let to = 0;
  for (let y = 0; y < rectangle.height; y++) {
    let from = (rectangle.y + y) * width + rectangle.x;
    for (let x = 0; x < rectangle.width; x++, from++, to++) {
      fresh[to] = indices[from] === canvas[from] ? transparentIndex : indices[from];
    }
  }
  return fresh;
}

function clear(canvas: Uint8Array, width: number, rectangle: Rectangle, transparentIndex: number): void {
  for (let y = rectangle.y; y < rectangle.y + rectangle.height; y++) {
    canvas.fill(transparentIndex, y * width + rectangle.x, y * width + rectangle.x + rectangle.width);
  }
}

function enlargeIndices(indices: Uint8Array, { width, height }: Rectangle, scale: number): Uint8Array {
  if (scale === 1) return indices;
  const row = width * scale;
  const out = new Uint8Array(row * height * scale);
  for (let y = 0; y < height; y++) {
    const start = y * scale * row;
    let to = start;
    for (let x = 0; x < width; x++) {
      const value = indices[y * width + x];
      for (let copy = 0; copy < scale; copy++) out[to++] = value;
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

function checkOptions({
  scale,
  framesPerSecond,
  holdMs,
  loop,
  mostColours,
}: {
  readonly scale: number;
  readonly framesPerSecond: number;
  readonly holdMs: number;
  readonly loop: number;
  readonly mostColours: number;
}): void {
  checkFactor(scale);
  if (!(Number.isInteger(mostColours) && mostColours >= 2 && mostColours <= 255))
    throw new AppError('bad-argument', `A GIF has 2 to 255 colours here, not ${mostColours}.`);
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
