/**
 * A port on which nobody listens yet: the first message calls for whoever answers, who then gets all that came. So a window
 * loads nothing of the engine before it is asked to compute.
 */
import type { Port } from '#contract/port.ts';

/** @param call is handed the port as if nothing had come yet */
export function onFirstMessage(port: Port, call: (port: Port) => void): void {
  const held: unknown[] = [];
  const listeners: ((message: unknown) => void)[] = [];
  port.onMessage((message) => {
    for (const listener of listeners) listener(message);
    if (listeners.length > 0) return;
    held.push(message);
    if (held.length > 1) return;
    call({
      ...port,
      onMessage(listener) {
        listeners.push(listener);
        for (const earlier of held.splice(0)) listener(earlier);
      },
    });
  });
}
