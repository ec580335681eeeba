/**
 * A WebSocket to an engine process, by way of the application. The process ends and begins again, and with it the socket:
 * it is opened anew, after a pause, for as long as the page lives.
 */
import type { Port } from '#contract/port.ts';
import { decodeMessage, encodeMessage } from '#contract/wire.ts';

const LEAST_PAUSE_MS = 500;
/** Where nobody answers. */
const MOST_PAUSE_MS = 8000;
/** A socket that ends so soon is no better than none. */
const SOON_MS = 1000;

/**
 * @param serve is handed each socket, once it is open
 * @param leastPauseMs to the next attempt; twice that after each that failed, or soon ended
 * @returns what closes it for good
 */
export function keepSocket(
  url: string,
  serve: (port: Port) => void,
  leastPauseMs: number = LEAST_PAUSE_MS,
): () => void {
  let pauseMs = leastPauseMs;
  let isOver = false;
  let socket: WebSocket;
  const open = (): void => {
    if (isOver) return;
    const opened = (socket = new WebSocket(url));
    opened.binaryType = 'arraybuffer';
    let since = Infinity;
    opened.addEventListener('open', () => {
      since = performance.now();
      serve(portOf(opened));
    });
    opened.addEventListener('close', () => {
      if (performance.now() - since > SOON_MS) pauseMs = leastPauseMs;
      setTimeout(open, pauseMs);
      pauseMs = Math.min(2 * pauseMs, MOST_PAUSE_MS);
    });
  };
  open();
  return () => {
    isOver = true;
    socket.close();
  };
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
      socket.addEventListener('message', ({ data }: { readonly data: unknown }) => {
        if (!(data instanceof ArrayBuffer)) return;
        try {
          listener(decodeMessage(new Uint8Array(data)));
        } catch (failure) {
          // Not one of Morphogen's messages: nothing that comes behind it can be trusted.
          socket.close();
          throw failure;
        }
      }),
    onClose: (listener) => {
      if (closedFor === null) closeListeners.push(listener);
      else listener(closedFor);
    },
    close: () => socket.close(),
  };
}
