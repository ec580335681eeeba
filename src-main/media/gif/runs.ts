/** A long animation as runs of frames, each of which is coded by itself: of the others it needs but two pictures. */
import type { RgbaImage } from '../pixels.ts';
import type { CodedMoment, FrameToCode } from './code-in-order.ts';
import { FrameCoder, type Follower, type FramePlan } from './frame-coder.ts';

export interface Run {
  /** null at the beginning. */
  readonly before: RgbaImage | null;
  readonly frames: readonly FrameToCode[];
  readonly follower: Follower;
  /** The animation ends with it. */
  readonly isEnd: boolean;
}

const MOST_FRAMES = 32;
const FEWEST_FRAMES = 8;
const RUN_BYTES = 2 ** 24;

/** As many frames in each as fit some memory. */
export async function* runsOf(
  frames: AsyncIterable<FrameToCode>,
  follows: Follower,
): AsyncGenerator<Run, void, undefined> {
  let before: RgbaImage | null = null;
  let held: FrameToCode[] = [];
  for await (const frame of frames) {
    const most = Math.max(FEWEST_FRAMES, Math.min(MOST_FRAMES, RUN_BYTES / frame.image.pixels.length));
    if (held.length >= most) {
      yield { before, frames: held, follower: frame.image, isEnd: false };
      before = held[held.length - 1].image;
      held = [];
    }
    held.push(frame);
  }
  if (held.length > 0) yield { before, frames: held, follower: follows, isEnd: true };
}

export function codeRun(plan: FramePlan, { before, frames, follower, isEnd }: Run): CodedMoment[] {
  const coder = new FrameCoder(plan);
  if (before !== null) coder.begin(before, frames[0].image);
  return frames.map(({ image, delayMs, isHeld }, i) => {
    const isLast = i === frames.length - 1;
    const after = isLast ? follower : frames[i + 1].image;
    return { frame: coder.code(image, after, { isHeld, isLast: isLast && !isEnd }), delayMs };
  });
}
