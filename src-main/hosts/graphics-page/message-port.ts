/** A MessagePort of the browser as a port: values go as they are, bytes as bytes. */
import type { Port } from '#contract/port.ts';

/** What of a MessagePort is needed; a worker's and Node's are such. */
export interface MessageEnd {
  postMessage(message: unknown): void;
  addEventListener(kind: 'message', listener: (event: { readonly data?: unknown }) => void): void;
  addEventListener(kind: 'close', listener: () => void): void;
  start(): void;
  close(): void;
}

export function messagePort(end: MessageEnd): Port {
  let isClosed = false;
  const closeListeners: ((reason: string) => void)[] = [];
  const closed = (): void => {
    if (isClosed) return;
    isClosed = true;
    for (const listener of closeListeners) listener('the engine process ended');
  };
  end.addEventListener('close', closed);
  return {
    post: (message) => {
      if (!isClosed) end.postMessage(message);
    },
    onMessage: (listener) => {
      end.addEventListener('message', ({ data }) => listener(data));
      end.start();
    },
    onClose: (listener) => {
      if (isClosed) listener('the engine process ended');
      else closeListeners.push(listener);
    },
    close: () => {
      end.close();
      closed();
    },
  };
}
