/** Where the window opens: where it was, on a screen that is still there, with its frame within reach. */
import type { Rectangle } from 'electron';
import type { WindowPlace } from '#contract/shapes/desktop-state.ts';

export const usualSize = { width: 1280, height: 800 } as const;
export const smallestSize = { width: 640, height: 480 } as const;

export interface FirstPlace extends Rectangle {
  readonly isMaximized: boolean;
}

/**
 * @param screens what programs may use of each, without bars and docks; the first is the main one
 * @returns bounds that lie within one screen: the one that most of the window was on, or the main one
 */
export function placeOnScreens(saved: WindowPlace | null, screens: readonly Rectangle[]): FirstPlace {
  const [main] = screens;
  if (main === undefined) return { x: 0, y: 0, ...usualSize, isMaximized: false };
  if (saved === null) return { ...centred(usualSize, main), isMaximized: false };
  const seen = screens.map((screen) => shared(saved, screen));
  const most = Math.max(...seen);
  const { isMaximized } = saved;
  // Its screen is gone: the size is kept, the place is not.
  if (most === 0) return { ...centred(saved, main), isMaximized };
  return { ...within(saved, screens[seen.indexOf(most)] ?? main), isMaximized };
}

/** Of the area of both, in square points. */
function shared(a: Rectangle, b: Rectangle): number {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, width) * Math.max(0, height);
}

function within({ x, y, width, height }: Rectangle, screen: Rectangle): Rectangle {
  const size = fitting({ width, height }, screen);
  return {
    x: Math.min(Math.max(x, screen.x), screen.x + screen.width - size.width),
    y: Math.min(Math.max(y, screen.y), screen.y + screen.height - size.height),
    ...size,
  };
}

function centred(wanted: { width: number; height: number }, screen: Rectangle): Rectangle {
  const size = fitting(wanted, screen);
  return {
    x: screen.x + Math.floor((screen.width - size.width) / 2),
    y: screen.y + Math.floor((screen.height - size.height) / 2),
    ...size,
  };
}

/** A screen that is smaller than the smallest window is filled. */
function fitting(
  { width, height }: { width: number; height: number },
  screen: Rectangle,
): { width: number; height: number } {
  return {
    width: Math.min(Math.max(width, smallestSize.width), screen.width),
    height: Math.min(Math.max(height, smallestSize.height), screen.height),
  };
}
