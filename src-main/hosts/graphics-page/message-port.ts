/** A MessagePort of the browser as a port: values go as they are, bytes as bytes. */
import type { Port } from '#contract/port.ts';

export function messagePort(end: MessagePort): Port {
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
      end.addEventListener('message', ({ data }: MessageEvent<unknown>) => listener(data));
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
