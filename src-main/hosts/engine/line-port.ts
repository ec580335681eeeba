/** A MessagePort of Electron's as a port, in its main process and in those that it begins. */
import { channelPort } from '#contract/channel-port.ts';
import type { Port } from '#contract/port.ts';

/** What MessagePortMain has of it. */
export interface LineEnd {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  start(): void;
  close(): void;
}

/** To a window. */
export function linePort(end: LineEnd): Port {
  return channelPort(
    {
      postMessage: (message) => end.postMessage(message),
      close: () => end.close(),
      listen(listener) {
        end.on('message', ({ data }) => listener(data));
        end.start();
      },
      onClose: (listener) => void end.on('close', listener),
    },
    'the window was closed',
  );
}
