/** A WebSocket to the application's own server, as a port. The page's cookie says who is asking. */
import type { Port } from '#contract/port.ts';
import { decodeMessage, encodeMessage } from '#contract/wire.ts';

/** @returns once the socket is open; rejects if it cannot be opened. */
export function openWebSocketPort(url: string): Promise<Port> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    let closedFor: string | null = null;
    const closeListeners: ((reason: string) => void)[] = [];
    const port: Port = {
      post: (message) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(encodeMessage(message));
      },
      onMessage: (listener) =>
        socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
          if (data instanceof ArrayBuffer) listener(decodeMessage(new Uint8Array(data)));
        }),
      onClose: (listener) => {
        if (closedFor === null) closeListeners.push(listener);
        else listener(closedFor);
      },
      close: () => socket.close(),
    };
    socket.addEventListener('open', () => resolve(port));
    socket.addEventListener('close', ({ reason }) => {
      closedFor = reason === '' ? 'the connection ended' : reason;
      reject(new Error(closedFor));
      for (const listener of closeListeners) listener(closedFor);
    });
  });
}

/** Beside the page, whatever its port. @param path relative to the page */
export function socketUrl(path: string): string {
  const url = new URL(path, document.baseURI);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.hash = '';
  return url.href;
}
