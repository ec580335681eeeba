/** How often something happens in a second, over the last second or so; of a monotonic clock's milliseconds. */

export interface RateMeter {
  add(nowMs: number): void;
  /** 0 while nothing happened for a second. */
  perSecond(nowMs: number): number;
}

const windowMs = 1000;

export function createRateMeter(): RateMeter {
  let times: number[] = [];
  const forget = (nowMs: number): void => {
    const first = times.findIndex((time) => nowMs - time <= windowMs);
    times = first === -1 ? [] : times.slice(first);
  };
  return {
    add(nowMs) {
      times.push(nowMs);
      if (times.length > 256) forget(nowMs);
    },
    perSecond(nowMs) {
      forget(nowMs);
      if (times.length < 2) return 0;
      const spanMs = times[times.length - 1] - times[0];
      return spanMs > 0 ? ((times.length - 1) * 1000) / spanMs : 0;
    },
  };
}
