/** A MessagePort of the browser as a port. */
import { channelPort } from '#contract/channel-port.ts';
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
  return channelPort(
    {
      postMessage: (message) => end.postMessage(message),
      close: () => end.close(),
      listen(listener) {
        end.addEventListener('message', ({ data }) => listener(data));
        end.start();
      },
      onClose: (listener) => end.addEventListener('close', listener),
    },
    'the engine process ended',
  );
}
