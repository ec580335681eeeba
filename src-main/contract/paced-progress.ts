/**
 * Progress values on their way to whoever asked: each is acknowledged, and only so many are on their way at once, so that a
 * slow caller slows the sender.
 */

/** Values on their way at once, of one call. */
const maxUnacknowledged = 2;

export interface PacedProgress<P> {
  /** Fulfilled when there is room for the next value. Never rejected: once it is over, values are dropped. */
  readonly send: (value: P) => Promise<void>;
  acknowledge(): void;
  /** Whoever waits goes on, to find that it is over. */
  release(): void;
}

export function createPacedProgress<P>(post: (value: P) => void, isOver: () => boolean): PacedProgress<P> {
  let unacknowledged = 0;
  let goOn: (() => void) | undefined;
  let sent = Promise.resolve();

  async function send(value: P): Promise<void> {
    if (isOver()) return;
    post(value);
    unacknowledged++;
    while (unacknowledged >= maxUnacknowledged && !isOver()) {
      await new Promise<void>((done) => (goOn = done));
    }
  }

  return {
    send: (value) => (sent = sent.then(() => send(value))),
    acknowledge() {
      unacknowledged = Math.max(0, unacknowledged - 1);
      goOn?.();
    },
    release: () => goOn?.(),
  };
}
