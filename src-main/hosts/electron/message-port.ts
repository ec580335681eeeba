/** A MessagePort of Electron's main process as a port. */
import type { MessagePortMain } from 'electron';
import { channelPort } from '#contract/channel-port.ts';
import type { Port } from '#contract/port.ts';

export function messagePort(end: MessagePortMain): Port {
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
