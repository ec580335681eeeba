/** One line on a terminal that is written over as work goes on; where nobody looks, nothing. */
import type { Output } from './command.ts';

export interface ProgressLine {
  show(text: string): void;
  /** Leaves an empty line behind. */
  clear(): void;
}

const leastMs = 80;

export function createProgressLine(err: Output): ProgressLine {
  let shownAtMs = -Infinity;
  let width = 0;
  const write = (text: string): void => {
    err.write(`\r${text.padEnd(width)}`);
    width = text.length;
  };
  return {
    show(text) {
      const nowMs = performance.now();
      if (!err.isTerminal || nowMs - shownAtMs < leastMs) return;
      shownAtMs = nowMs;
      write(text.slice(0, err.columns - 1));
    },
    clear() {
      if (width === 0) return;
      write('');
      err.write('\r');
      width = 0;
    },
  };
}
