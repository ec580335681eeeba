/**
 * Tells a caller how far something is without waiting for it: a value that comes while one is on its way, or too soon
 * after it, is left out.
 */
export function newestOnly<T>(progress: (value: T) => Promise<void>, leastMs: number): (value: T) => void {
  let toldMs = -Infinity;
  let isOnItsWay = false;
  return (value) => {
    const nowMs = performance.now();
    if (isOnItsWay || nowMs - toldMs < leastMs) return;
    toldMs = nowMs;
    isOnItsWay = true;
    void progress(value).then(() => (isOnItsWay = false));
  };
}
