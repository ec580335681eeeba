/**
 * A WebSocket to an engine process, by way of the application. The process ends and begins again, and with it the socket:
 * it is opened anew, after a pause, for as long as the page lives.
 */
import type { Port } from '#contract/port.ts';
import { decodeMessage, encodeMessage } from '#contract/wire.ts';

const LEAST_PAUSE_MS = 500;
/** Where nobody answers. */
const MOST_PAUSE_MS = 8000;

/** @param serve is handed each socket, once it is open */
export function keepSocket(url: string, serve: (port: Port) => void): void {
  let pauseMs = LEAST_PAUSE_MS;
  const open = (): void => {
    const socket = new WebSocket(url);
    socket.binaryType = 'arraybuffer';
    socket.addEventListener('open', () => {
      pauseMs = LEAST_PAUSE_MS;
      serve(portOf(socket));
    });
    socket.addEventListener('close', () => {
      setTimeout(open, pauseMs);
      pauseMs = Math.min(2 * pauseMs, MOST_PAUSE_MS);
    });
  };
  open();
}

function portOf(socket: WebSocket): Port {
  let closedFor: string | null = null;
  const closeListeners: ((reason: string) => void)[] = [];
  socket.addEventListener('close', ({ reason }) => {
    closedFor = reason === '' ? 'the connection ended' : reason;
    for (const listener of closeListeners) listener(closedFor);
  });
  return {
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
}
