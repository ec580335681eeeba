/** Lines of pages that lend a graphics processor, while there is no process that could use it. */
import type { ByteLine } from '../graphics/graphics-lines.ts';

export interface WaitingLines {
  /** One that closes meanwhile waits no more. */
  add(line: ByteLine): void;
  /** All of them, once. */
  handOver(take: (line: ByteLine) => void): void;
  close(reason: string): void;
}

export function createWaitingLines(): WaitingLines {
  const lines = new Set<ByteLine>();

  function handOver(take: (line: ByteLine) => void): void {
    const waiting = [...lines];
    lines.clear();
    for (const line of waiting) take(line);
  }

  return {
    add(line) {
      lines.add(line);
      line.onClose(() => lines.delete(line));
    },
    handOver,
    close: (reason) => handOver((line) => line.close(reason)),
  };
}
