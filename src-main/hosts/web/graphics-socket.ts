/**
 * A WebSocket by which a page lends its graphics processor to an engine process, as the line that goes there: what is said
 * on it is between those two, and is not looked at here.
 */
import type { WebSocket } from 'ws';
import { MOST_STATE_BYTES } from '#contract/graphics-contract.ts';
import type { ByteLine } from '#hosts/service/window-service.ts';

/** Each a path of the host. */
const paths = new Map<string, 'live' | 'heavy'>([
  ['/graphics/live', 'live'],
  ['/graphics/heavy', 'heavy'],
]);

/** A growth's whole state, and some words about it. */
export const MOST_GRAPHICS_BYTES = MOST_STATE_BYTES + 2 ** 20;

/** Closing codes of RFC 6455. */
const closing = { goingAway: 1001, notBinary: 1003 } as const;

/** Which engine process it is for; null where the path is none of these. */
export function graphicsKind(path: string): 'live' | 'heavy' | null {
  return paths.get(path) ?? null;
}

/** @param onRefusal is told, in a sentence, why the socket was closed on a message. */
export function graphicsLine(socket: WebSocket, onRefusal: (sentence: string) => void): ByteLine {
  let closedFor: string | undefined;
  socket.on('close', () => (closedFor ??= 'the window was closed'));
  // Such as a message over the limit, which `ws` closes the socket for by itself.
  socket.on('error', ({ message }) => onRefusal(`A window's graphics line failed: ${message}.`));
  return {
    send(message) {
      if (socket.readyState === socket.OPEN) socket.send(message, { binary: true });
    },
    onBytes(listener) {
      socket.on('message', (data, isBinary) => {
        if (socket.readyState !== socket.OPEN) return;
        if (isBinary && data instanceof Uint8Array) listener(data);
        else {
          const sentence = 'Only binary messages are understood.';
          onRefusal(sentence);
          socket.close(closing.notBinary, sentence);
        }
      });
    },
    onClose(listener) {
      if (closedFor === undefined) socket.on('close', () => listener('the window was closed'));
      else listener(closedFor);
    },
    close(reason) {
      closedFor ??= reason;
      socket.close(closing.goingAway, reason.slice(0, 120));
    },
  };
}
