/** A MessagePort of worker_threads as a port. */
import type { MessagePort } from 'node:worker_threads';
import type { Port } from '#contract/port.ts';

export function createMessagePort(end: MessagePort): Port {
  let isClosed = false;
  end.on('close', () => (isClosed = true));
  return {
    post: (message) => end.postMessage(message),
    onMessage: (listener) => end.on('message', listener),
    onClose: (listener) => {
      if (isClosed) listener('closed');
      else end.on('close', () => listener('closed'));
    },
    close: () => end.close(),
  };
}
