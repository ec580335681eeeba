/** The socket of a page's worker, by a real server on loopback: messages there and back, and opened again when it closed. */
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { after, test } from 'node:test';
import { WebSocketServer, type WebSocket as ServerSocket } from 'ws';
import type { Port } from '#contract/port.ts';
import { decodeMessage, encodeMessage } from '#contract/wire.ts';
import { keepSocket } from '#hosts/graphics-page/socket-line.ts';

const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
await once(server, 'listening');
after(() => server.close());
const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/graphics/live`;

test('a socket is served, and again by another one when it closed', async () => {
  const ports: Port[] = [];
  let served: (port: Port) => void = () => undefined;
  const next = (): Promise<Port> => new Promise((resolve) => (served = resolve));

  const first = next();
  const firstSocket = connection();
  const stop = keepSocket(
    url,
    (port) => {
      ports.push(port);
      served(port);
    },
    5,
  );
  const port = await first;
  const socket = await firstSocket;
  const heard = new Promise((resolve) => port.onMessage(resolve));
  const message = { floats: Float32Array.of(1, 2.5), bytes: Uint8Array.of(7) };
  socket.send(encodeMessage(message));
  assert.deepEqual(await heard, message);
  const answer = once(socket, 'message');
  port.post({ alive: 3 });
  const [data] = (await answer) as [Buffer];
  assert.deepEqual(decodeMessage(new Uint8Array(data)), { alive: 3 });

  const closed = new Promise((resolve) => port.onClose(resolve));
  const second = next();
  const secondSocket = connection();
  socket.close(1000, 'the engine process ended');
  assert.equal(await closed, 'the engine process ended');
  assert.notEqual(await second, port);
  port.post('to nobody');

  stop();
  await once(await secondSocket, 'close');
  assert.equal(ports.length, 2);
});

async function connection(): Promise<ServerSocket> {
  const [socket] = (await once(server, 'connection')) as [ServerSocket];
  return socket;
}
