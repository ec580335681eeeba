/** An end of a channel in a page: its messages go over a WebSocket, as the application's own do in a browser. */
import { decodeMessage, encodeMessage } from '#contract/wire.ts';
import type { StandInPort } from './message-channel.ts';
import { awaitSocket } from './scheme-server.ts';

/** @returns the path at which the page opens its side of it */
export function portIntoPage(port: StandInPort): string {
  return awaitSocket((socket) => {
    socket.on('message', (bytes: Uint8Array) => {
      const { data } = decodeMessage(bytes) as { readonly data: unknown };
      port.postMessage(data);
    });
    socket.on('close', () => port.close());
    port.moveTo({
      deliver: (data, ports) => socket.send(encodeMessage({ data, ports: ports.map(portIntoPage) })),
      close: () => socket.close(),
    });
  });
}
