/**
 * Animations of growth as GIF. A frame holds what changes (gif/frame-coder.ts); equal frames become one with a longer
 * delay; what has to become clear again is cleared by the frame before. Frames are asked for twice, once to count them
 * and their colours and once to write, and none is kept: a long animation may be computed twice instead of stored. Large
 * ones are coded by threads (gif/coder-threads.ts), to the same bytes on any number of them. GIF knows only whole
 * transparency: alpha below one half is transparent. Dithering is ordered (Bayer), as that of a pixel does not change
 * with its neighbours, and what stands still stays still.
 */
import { AppError } from '#domain/errors.ts';
import { createAtomicFile } from '#storage/atomic-file.ts';
import { gifCarrier } from './carried.ts';
import { codeInThreads } from './gif/coder-threads.ts';
import { GIF_END, gifHeader, setDelay } from './gif/coded-frame.ts';
import { codeInOrder, type FrameToCode } from './gif/code-in-order.ts';
import type { FramePlan } from './gif/frame-coder.ts';
import { PaletteCount } from './gif/palette-count.ts';
import { movingFrames, type MovingFrame } from './moving-frames.ts';
import { checkFactor, overColour, type Colour, type RgbaImage } from './pixels.ts';

export interface GifOptions {
  /** Each pixel becomes a square of this many; the default is 1. */
  readonly scale?: number;
  /** Resized to this with soft edges, instead. */
  readonly smoothTo?: { readonly width: number; readonly height: number } | null;
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
  /**
   * 1 to 100, the default: how near pixels come to what they should be. At 100 frames of few colours are exact; from 90
   * on, and where pixels are enlarged to squares, frames that have more colours have palettes of their own.
   */
  readonly quality?: number;
  /** Bytes that go with it (carried.ts). */
  readonly carried?: Uint8Array | null;
  /** Of this machine; one codes everything where it is asked. */
  readonly threads?: number;
  readonly signal?: AbortSignal;
}

/** Gives all frames, of one size, from the first; called twice. */
export type FrameSource = () => Iterable<RgbaImage> | AsyncIterable<RgbaImage>;

export interface GifSummary {
  readonly frames: number;
  /** Frames in the file, after equal ones are joined. */
  readonly written: number;
  /** Of all frames, or at most of each. */
  readonly colours: number;
  readonly bytes: number;
  readonly width: number;
  readonly height: number;
}

/** From so many pixels of all frames on, they are coded in runs, by threads. */
const MANY_PIXELS = 24e6;
/** From here on each frame has its own palette. */
const FINE = 90;
/** Below this, colours are half as many: what they cost is better spent on pixels. */
const GOOD = 80;

/**
 * Writes an animation piece by piece to `sink`.
 * @throws AppError `bad-argument` for options out of range, no frames, or frames of different sizes; cancelled
 */
export async function encodeGif(
  frames: FrameSource,
  options: GifOptions,
  sink: (bytes: Uint8Array) => void | Promise<void>,
): Promise<GifSummary> {
  const { background = null, framesPerSecond = 25, holdMs = 2000, loop = 0, carried = null } = options;
  checkOptions(options);
  const isSmooth = (options.smoothTo ?? null) !== null;
  let count = 0;
  async function* grounded(): AsyncGenerator<RgbaImage, void, undefined> {
    count = 0;
    for await (const frame of frames()) {
      count++;
      if (background !== null) yield overColour(frame, background);
      else yield isSmooth ? frame : withWholeAlpha(frame);
    }
  }
  const { heldFrame } = options;
  const moving = { framesPerSecond, holdMs, loop, ...(heldFrame === undefined ? {} : { heldFrame }) };
  const distinct = (): AsyncGenerator<MovingFrame, void, undefined> => movingFrames(grounded(), moving);
  const { plan, total } = await planFor(distinct(), options);
  const { width, height } = plan.smoothTo ?? {
    width: plan.width * plan.scale,
    height: plan.height * plan.scale,
  };

  let bytes = 0;
  let written = 0;
  const emit = async (piece: Uint8Array): Promise<void> => {
    bytes += piece.length;
    await sink(piece);
  };
  await emit(gifHeader({ width, height }, plan.palette, loop));
  /** Whose end is not known yet, and times in ms since the first. */
  let pending: Uint8Array | null = null;
  let startMs = 0;
  let nowMs = 0;
  const end = async (): Promise<void> => {
    if (pending === null) return;
    // Times are rounded, not delays, so that odd rates do not drift.
    setDelay(pending, Math.round(nowMs / 10) - Math.round(startMs / 10));
    written++;
    await emit(pending);
  };
  const isLarge = total * width * height > MANY_PIXELS;
  const follows = background === null && loop !== 1 ? 'nothing' : 'anything';
  const toCode = framesToCode(distinct(), Math.max(2 * (1000 / framesPerSecond), 500));
  const coded = isLarge ? codeInThreads(plan, toCode, follows, options) : codeInOrder(plan, toCode, follows);
  for await (const { frame, delayMs } of coded) {
    if (options.signal?.aborted === true) throw new AppError('cancelled', 'The animation was cancelled.');
    if (frame !== null) {
      await end();
      pending = frame;
      startMs = nowMs;
    }
    nowMs += delayMs;
  }
  await end();
  if (carried !== null) await emit(gifCarrier(carried));
  await emit(GIF_END);
  return { frames: count, written, colours: plan.palette?.length ?? plan.colours, bytes, width, height };
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

/** Frames that differ only in what a GIF cannot tell are one. */
function withWholeAlpha({ pixels, width, height }: RgbaImage): RgbaImage {
  const whole = Uint8Array.from(pixels);
  for (let at = 0; at < whole.length; at += 4) {
    if (whole[at + 3] < 128) whole.fill(0, at, at + 4);
    else whole[at + 3] = 255;
  }
  return { pixels: whole, width, height };
}

async function* framesToCode(
  frames: AsyncIterable<MovingFrame>,
  longMs: number,
): AsyncGenerator<FrameToCode, void, undefined> {
  for await (const { image, delayMs } of frames) yield { image, delayMs, isHeld: delayMs >= longMs };
}

async function planFor(
  frames: AsyncIterable<MovingFrame>,
  {
    scale = 1,
    smoothTo = null,
    background = null,
    colours = 255,
    quality = 100,
    isDithered = false,
  }: GifOptions,
): Promise<{ plan: FramePlan; total: number }> {
  const exact = background && (background[0] << 16) | (background[1] << 8) | background[2];
  const hasOwn = smoothTo === null || quality >= FINE;
  let counting: PaletteCount | null = null;
  let size = { width: 0, height: 0 };
  let total = 0;
  for await (const { image } of frames) {
    size = { width: image.width, height: image.height };
    counting ??= new PaletteCount(size, smoothTo, !hasOwn);
    counting.add(image);
    total++;
  }
  if (counting === null) throw new RangeError('no frame');
  // What few colours there are is told once.
  const few = counting.few(colours);
  const palette = few ?? (hasOwn ? null : counting.quantised(colours, exact));
  const plan: FramePlan = {
    ...size,
    ...{ scale, smoothTo, palette, exact, colours: quality >= GOOD ? colours : Math.min(colours, 127) },
    ...{ isTransparent: background === null, isDithered: isDithered && few === null },
    tolerance: 0.32 * (100 - quality) ** 2,
  };
  return { plan, total };
}

function checkOptions({
  scale = 1,
  framesPerSecond = 25,
  holdMs = 2000,
  loop = 0,
  colours = 255,
  quality = 100,
}: GifOptions): void {
  checkFactor(scale);
  if (!(Number.isInteger(colours) && colours >= 2 && colours <= 255))
    throw new AppError('bad-argument', `A GIF has 2 to 255 colours here, not ${colours}.`);
  if (!(quality >= 1 && quality <= 100))
    throw new AppError('bad-argument', `A GIF’s quality is 1 to 100, not ${quality}.`);
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
