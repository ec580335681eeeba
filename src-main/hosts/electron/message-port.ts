/** A MessagePort of Electron's main process as a port: values go as they are, bytes as bytes. */
import type { MessagePortMain } from 'electron';
import type { Port } from '#contract/port.ts';

export function messagePort(end: MessagePortMain): Port {
  let isClosed = false;
  const closeListeners: ((reason: string) => void)[] = [];
  const closed = (): void => {
    if (isClosed) return;
    isClosed = true;
    for (const listener of closeListeners) listener('the window was closed');
  };
  end.on('close', closed);
  return {
    post: (message) => {
      if (!isClosed) end.postMessage(message);
    },
    onMessage: (listener) => {
      end.on('message', ({ data }) => listener(data));
      end.start();
    },
    onClose: (listener) => {
      if (isClosed) listener('the window was closed');
      else closeListeners.push(listener);
    },
    close: () => {
      end.close();
      closed();
    },
  };
}
