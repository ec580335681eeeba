/** The one connection of this page, typed by the contract. Screens' state calls it; components do not. */
import { Connection } from './connection.ts';
import { openWebSocketPort, rpcUrl } from './web-socket-port.ts';

export const client = new Connection({
  openPort: () => openWebSocketPort(rpcUrl()),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
});

/** Of a PNG in the library, by its hash. */
export function pictureUrl(hash: string): string {
  return `./pictures/${hash}`;
}

/** One file that the browser saves. */
export function downloadUrl(kind: 'style' | 'model' | 'artwork', id: string): string {
  return `./downloads/${kind}/${id}`;
}
