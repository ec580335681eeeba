/** Frames coded one after another, where they are asked for. */
import type { RgbaImage } from '../pixels.ts';
import { FrameCoder, type Follower, type FramePlan } from './frame-coder.ts';

export interface FrameToCode {
  readonly image: RgbaImage;
  readonly delayMs: number;
  readonly isHeld: boolean;
}

export interface CodedMoment {
  /** null: the one before stays so much longer. */
  readonly frame: Uint8Array | null;
  readonly delayMs: number;
}

/** @param follows What comes after the last. */
export async function* codeInOrder(
  plan: FramePlan,
  frames: AsyncIterable<FrameToCode>,
  follows: Follower,
): AsyncGenerator<CodedMoment, void, undefined> {
  const coder = new FrameCoder(plan);
  let held: FrameToCode | null = null;
  const coded = ({ image, delayMs, isHeld }: FrameToCode, follower: Follower): CodedMoment => ({
    frame: coder.code(image, follower, { isHeld }),
    delayMs,
  });
  for await (const frame of frames) {
    if (held !== null) yield coded(held, frame.image);
    held = frame;
  }
  if (held !== null) yield coded(held, follows);
}
