/** A WebSocket as a port, on the server's side: every message is binary (contract/wire.ts) and of limited size. */
import type { WebSocket } from 'ws';
import type { Port } from '#contract/port.ts';
import { decodeMessage, encodeMessage } from '#contract/wire.ts';
import { AppError } from '#domain/errors.ts';

/** Closing codes of RFC 6455. */
const closing = { goingAway: 1001, notBinary: 1003, malformed: 1007 } as const;
/** Bytes on their way from which a window counts as slow. */
const behindBytes = 1024 * 1024;

export interface SocketPort extends Port {
  /** Whether more waits for the window than it should. */
  isBehind(): boolean;
  /** Called when something was sent. */
  onSent(listener: () => void): void;
}

/** @param onRefusal is told, in a sentence, why the socket was closed on a message. */
export function createSocketPort(socket: WebSocket, onRefusal: (sentence: string) => void): SocketPort {
  const sentListeners: (() => void)[] = [];
  let closedFor: string | undefined;
  socket.on('close', (code, reason) => {
    closedFor = reason.length > 0 ? reason.toString() : `code ${code}`;
  });
  // Such as a message over the limit, which `ws` closes the socket for by itself.
  socket.on('error', ({ message }) => onRefusal(`A window's connection failed: ${message}.`));

  function refuse(code: number, sentence: string): void {
    onRefusal(sentence);
    socket.close(code, sentence.slice(0, 120));
  }

  return {
    post: (message) => {
      if (socket.readyState !== socket.OPEN) return;
      socket.send(encodeMessage(message), { binary: true }, () => {
        for (const listener of sentListeners) listener();
      });
    },
    onMessage: (listener) => {
      socket.on('message', (data, isBinary) => {
        if (socket.readyState !== socket.OPEN) return;
        if (!isBinary || !(data instanceof Uint8Array)) {
          refuse(closing.notBinary, 'Only binary messages are understood.');
          return;
        }
        let message: unknown;
        try {
          message = decodeMessage(data);
        } catch (failure) {
          if (!(failure instanceof AppError)) throw failure;
          refuse(closing.malformed, failure.message);
          return;
        }
        listener(message);
      });
    },
    onClose: (listener) => {
      if (closedFor !== undefined) listener(closedFor);
      else socket.on('close', () => listener(closedFor ?? ''));
    },
    close: () => socket.close(closing.goingAway, 'Morphogen was closed.'),
    isBehind: () => socket.bufferedAmount > behindBytes,
    onSent: (listener) => {
      sentListeners.push(listener);
    },
  };
}
