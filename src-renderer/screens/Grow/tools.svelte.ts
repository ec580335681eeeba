/** What the hand holds on the Grow screen, and on what ground; kept while the window is open. */
import type { Background } from '../../canvas/stage.ts';

export type Tool = 'brush' | 'circle' | 'seed' | 'pan';

class Tools {
  tool: Tool = $state('brush');
  /** Cells across. */
  brushSize = $state(6);
  background: Background = $state('checker');
}

export const tools = new Tools();

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
