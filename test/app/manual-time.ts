/** A clock and timers that move when a test says so. */
import type { Clock, Timers } from '#app/ports.ts';

export interface ManualTime {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Lets time pass; what is due happens in its order. */
  pass(ms: number): void;
  /** The clock on the wall is set. */
  jump(ms: number): void;
  readonly waiting: number;
}

export function createManualTime(): ManualTime {
  let nowMs = 1000;
  let wallMs = 1_700_000_000_000;
  let waiting: { readonly atMs: number; readonly action: () => void }[] = [];
  return {
    clock: { nowMs: () => wallMs, monotonicMs: () => nowMs },
    timers: {
      after(delayMs, action) {
        const timer = { atMs: nowMs + delayMs, action };
        waiting.push(timer);
        return () => (waiting = waiting.filter((other) => other !== timer));
      },
    },
    pass(ms) {
      const endMs = nowMs + ms;
      for (;;) {
        const [next] = waiting.filter(({ atMs }) => atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
        if (next === undefined) break;
        wallMs += Math.max(0, next.atMs - nowMs);
        nowMs = Math.max(nowMs, next.atMs);
        waiting = waiting.filter((other) => other !== next);
        next.action();
      }
      wallMs += endMs - nowMs;
      nowMs = endMs;
    },
    jump: (ms) => (wallMs += ms),
    get waiting() {
      return waiting.length;
    },
  };
}
