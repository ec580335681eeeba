/**
 * Two ports in one process, each the other's end. Messages are copied as between processes (structuredClone), arrive in
 * order, each in a turn of its own, and wait for a listener.
 */
import type { Port } from '#contract/port.ts';

export interface PortPair {
  readonly left: Port;
  readonly right: Port;
}

export function createPortPair(): PortPair {
  const pair = { isOpen: true, close: [] as ((reason: string) => void)[] };
  const [toLeft, toRight] = [createInbox(), createInbox()];
  let reason = '';

  function end(inbox: Inbox, other: Inbox): Port {
    return {
      post: (message) => {
        if (pair.isOpen) other.put(structuredClone(message));
      },
      onMessage: (listener) => inbox.listen(listener),
      onClose: (listener) => {
        if (pair.isOpen) pair.close.push(listener);
        else listener(reason);
      },
      close: () => {
        if (!pair.isOpen) return;
        pair.isOpen = false;
        reason = 'closed';
        for (const listener of pair.close.splice(0)) listener(reason);
      },
    };
  }
  return { left: end(toLeft, toRight), right: end(toRight, toLeft) };

  function createInbox(): Inbox {
    const waiting: unknown[] = [];
    const listeners: ((message: unknown) => void)[] = [];
    const deliver = (): void => {
      if (listeners.length === 0 || !pair.isOpen || waiting.length === 0) return;
      const message = waiting.shift();
      for (const listener of listeners) listener(message);
    };
    return {
      put: (message) => {
        waiting.push(message);
        queueMicrotask(deliver);
      },
      listen: (listener) => {
        listeners.push(listener);
        for (const _ of waiting) queueMicrotask(deliver);
      },
    };
  }
}

interface Inbox {
  put(message: unknown): void;
  listen(listener: (message: unknown) => void): void;
}
