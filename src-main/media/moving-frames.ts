/**
 * An animation's frames as files want them: each with how long it stays, equal ones joined, in milliseconds that are
 * rounded as times and not as delays, so that odd rates do not drift.
 */
import { AppError } from '#domain/errors.ts';
import { changedArea, type Area } from './changed-area.ts';
import type { RgbaImage } from './pixels.ts';

export interface MovingOptions {
  readonly framesPerSecond: number;
  /** How long the held frame stays. */
  readonly holdMs: number;
  /** The last if left out. */
  readonly heldFrame?: number;
  /** Times to play: 0 is for ever. */
  readonly loop: number;
  /** Bytes that go with it (carried.ts). */
  readonly carried?: Uint8Array | null;
}

/** How large pixels become: squares of so many, or the whole resized with soft edges. */
export interface Enlarging {
  /** The default is 1. */
  readonly scale?: number;
  readonly smoothTo?: { readonly width: number; readonly height: number } | null;
}

export interface MovingFrame {
  readonly image: RgbaImage;
  /** What differs from the frame before; all of the first. */
  readonly area: Area;
  readonly delayMs: number;
}

/** @throws AppError bad-argument without a frame, or for frames of different sizes */
export async function* movingFrames(
  frames: Iterable<RgbaImage> | AsyncIterable<RgbaImage>,
  { framesPerSecond, holdMs, heldFrame }: MovingOptions,
): AsyncGenerator<MovingFrame, void, undefined> {
  const frameMs = 1000 / framesPerSecond;
  let pending: { image: RgbaImage; area: Area; startMs: number } | null = null;
  let count = 0;
  let heldMs = 0;
  const ended = ({ image, area, startMs }: NonNullable<typeof pending>, endMs: number): MovingFrame => ({
    ...{ image, area },
    delayMs: Math.round(endMs) - Math.round(startMs),
  });
  for await (const image of frames) {
    const { width, height } = image;
    const index = count++;
    const startMs = index * frameMs + heldMs;
    if (index === heldFrame) heldMs += Math.max(0, holdMs - frameMs);
    if (pending === null) {
      pending = { image, area: { x: 0, y: 0, width, height }, startMs };
      continue;
    }
    if (pending.image.width !== width || pending.image.height !== height) {
      const { image: first } = pending;
      throw new AppError(
        'bad-argument',
        `All frames of an animation have one size: expected ${first.width}×${first.height}, found ${width}×${height}.`,
      );
    }
    const area = changedArea(pending.image, image);
    if (area === null) continue;
    yield ended(pending, startMs);
    pending = { image, area, startMs };
  }
  if (pending === null)
    throw new AppError('bad-argument', 'An animation needs at least one frame, none was given.');
  const staysMs = heldFrame === undefined ? Math.max(holdMs, frameMs) : frameMs;
  yield ended(pending, (count - 1) * frameMs + heldMs + staysMs);
}
