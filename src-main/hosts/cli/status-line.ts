/** One line at the bottom of a terminal that is written over and over, with lasting lines above it. */
import type { Output } from './command.ts';

export interface StatusLine {
  /** Shows a text in place of the one before; where nobody looks, nothing. The last one is shown however soon it comes. */
  show(text: string, isLast?: boolean): void;
  /** A line that stays. */
  line(text: string): void;
  /** Takes the status away. */
  clear(): void;
}

/** Back to the line's beginning, and erase to its end. */
const START_OVER = '\r\u001b[K';
/** Between two texts; those that come sooner are not shown. */
const LEAST_MS = 80;

export function createStatusLine(err: Output): StatusLine {
  let isShown = false;
  let shownAtMs = -Infinity;
  const clear = (): void => {
    if (isShown) err.write(START_OVER);
    isShown = false;
  };
  return {
    clear,
    show(text, isLast = false) {
      const nowMs = performance.now();
      if (!err.isTerminal || (isShown && !isLast && nowMs - shownAtMs < LEAST_MS)) return;
      shownAtMs = nowMs;
      err.write(START_OVER + text.slice(0, Math.max(1, err.columns - 1)));
      isShown = true;
    },
    line(text) {
      clear();
      err.line(text);
    },
  };
}

/** `width` characters of which the given share is full. */
export function progressBar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}

/** A duration in words of at most two units: 42 s, 3 min 05 s, 2 h 10 min. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}
