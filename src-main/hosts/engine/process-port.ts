/**
 * Two processes of Node as the two ends of a Port: the channel that `fork` opens between parent and child. To be forked
 * with `serialization: 'advanced'`, so that bytes travel as bytes.
 */
import type { Port } from '#contract/port.ts';

/** What `process` in a child and the ChildProcess in its parent have in common. */
export interface ChannelEnd {
  readonly connected: boolean;
  send?(message: unknown, handle: undefined, options: object, sent: (failure: Error | null) => void): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
  disconnect(): void;
}

/** @param peer what closes when the channel does, for the reason: `the engine ended` */
export function processPort(end: ChannelEnd, reason: string): Port {
  return {
    post(message) {
      // A channel that closes meanwhile loses the message, and `disconnect` tells.
      if (end.connected) end.send?.(message, undefined, {}, () => undefined);
    },
    onMessage: (listener) => void end.on('message', listener),
    onClose(listener) {
      if (end.connected) end.on('disconnect', () => listener(reason));
      else listener(reason);
    },
    close() {
      if (end.connected) end.disconnect();
    },
  };
}
