/** Two fingers: what they do to a view from one move to the next. */
import type { Point } from './view.ts';

export interface PinchStep {
  /** Of the scale. */
  readonly factor: number;
  /** The middle of the fingers after the move: the fixed point of the zoom. */
  readonly at: Point;
  readonly by: Point;
}

/** Closer fingers than this, in CSS pixels, would make the scale jump. */
const leastDistance = 8;

export function pinchStep(before: readonly [Point, Point], after: readonly [Point, Point]): PinchStep {
  const from = middle(before);
  const to = middle(after);
  return {
    factor: Math.max(leastDistance, distance(after)) / Math.max(leastDistance, distance(before)),
    at: to,
    by: { x: to.x - from.x, y: to.y - from.y },
  };
}

/**
 * The factor of a turn of the wheel. Mice send some lines or a hundred pixels a notch, trackpads a few pixels many times
 * a second; pinching on a trackpad comes as a wheel with Ctrl, in small numbers.
 * @param mode WheelEvent.deltaMode: 0 pixels, 1 lines, 2 pages.
 */
export function wheelFactor(delta: number, mode: number, isPinch: boolean): number {
  const pixels = delta * (mode === 1 ? 33 : mode === 2 ? 300 : 1);
  const limited = Math.min(Math.max(pixels, -200), 200);
  return Math.exp(-limited * (isPinch ? 0.01 : 0.0022));
}

function middle([a, b]: readonly [Point, Point]): Point {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
}

function distance([a, b]: readonly [Point, Point]): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
