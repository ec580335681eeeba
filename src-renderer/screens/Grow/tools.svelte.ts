/** What the hand holds on the Grow screen, and on what ground; kept while the window is open. */
import type { Overlay } from '../../canvas/overlay-kinds.ts';
import type { Background } from '../../canvas/stage.ts';
import type { Point } from '../../canvas/view.ts';

/** `area` and `fill` paint who acts where, on the Mixer's canvas only. */
export type Tool = 'brush' | 'circle' | 'seed' | 'pan' | 'area' | 'fill';

class Tools {
  tool: Tool = $state('brush');
  /** Cells across. */
  brushSize = $state(6);
  background: Background = $state('checker');
}

export const tools = new Tools();

/** Takes over the canvas while one of its tools is held; points are those of the picture. */
export interface CanvasPainter {
  readonly start: (at: Point) => void;
  /** In the order of time. */
  readonly drag: (points: readonly Point[]) => void;
  readonly end: () => void;
  readonly cancel: () => void;
  /** Whether the overlays are shown while neither pointer nor keyboard is on the canvas. */
  readonly isShown: boolean;
  /** Lie below the cursor. */
  readonly overlays: readonly Overlay[];
}

/** Styles grown last, newest first; a convenience that may be gone with the browser's storage. */
const recentKey = 'morphogen.recent-styles';
const mostRecent = 8;

export function recentStyles(): readonly string[] {
  try {
    const list: unknown = JSON.parse(localStorage.getItem(recentKey) ?? '[]');
    return Array.isArray(list) ? list.filter((id) => typeof id === 'string').slice(0, mostRecent) : [];
  } catch {
    return [];
  }
}

export function rememberStyle(styleId: string): void {
  const list = [styleId, ...recentStyles().filter((id) => id !== styleId)].slice(0, mostRecent);
  try {
    localStorage.setItem(recentKey, JSON.stringify(list));
  } catch {
    // A browser without storage remembers nothing.
  }
}
