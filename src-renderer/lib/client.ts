/** The one connection of this page, typed by the contract. Screens' state calls it; components do not. */
import { AppError } from '#domain/errors.ts';
import { Connection } from './connection.ts';
import { isDesktop, openDesktopPort } from './desktop-bridge.ts';
import { openWebSocketPort, socketUrl } from './web-socket-port.ts';

export const client = new Connection({
  openPort: async () => {
    if (isDesktop) return openDesktopPort();
    try {
      return await openWebSocketPort(socketUrl('./rpc'));
    } catch (failure) {
      // A socket does not tell why it could not be opened; the page's own address does.
      const answer = await fetch('./', { cache: 'no-store' });
      if (answer.status === 403) throw new AppError('disconnected', (await answer.text()).trim());
      throw failure;
    }
  },
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
export function downloadUrl(kind: 'style' | 'model' | 'artwork' | 'repair' | 'export', id: string): string {
  return `./downloads/${kind}/${id}`;
}
