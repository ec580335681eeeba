/**
 * The end of a channel as a Port: values go as they are, bytes as bytes. The browser's MessagePort, Electron's and Node's are
 * alike but for how they are listened to, which is handed in.
 */
import type { Port } from './port.ts';

export interface ChannelEnd {
  postMessage(message: unknown): void;
  close(): void;
  /** Messages come from now on. */
  listen(listener: (message: unknown) => void): void;
  onClose(listener: () => void): void;
}

/** @param reason why it closes, where the other side does it */
export function channelPort(end: ChannelEnd, reason: string): Port {
  let isClosed = false;
  const listeners: ((reason: string) => void)[] = [];
  const closed = (): void => {
    if (isClosed) return;
    isClosed = true;
    for (const listener of listeners) listener(reason);
  };
  end.onClose(closed);
  return {
    post(message) {
      if (!isClosed) end.postMessage(message);
    },
    onMessage: (listener) => end.listen(listener),
    onClose(listener) {
      if (isClosed) listener(reason);
      else listeners.push(listener);
    },
    close() {
      end.close();
      closed();
    },
  };
}
