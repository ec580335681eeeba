/** The parity suite over everything that the rpc really runs on. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { MessageChannel, Worker } from 'node:worker_threads';
import { WebSocket, WebSocketServer } from 'ws';
import { createClient, serve } from '#contract/rpc.ts';
import { processPort } from '#hosts/engine/process-port.ts';
import { createSocketPort } from '#hosts/web/socket-port.ts';
import { portOf } from '../hosts/web/browser.ts';
import { createMessagePort } from './message-port.ts';
import { createSampleHandlers, sampleContract, testRpcOver } from './rpc-cases.ts';

const sampleProcess = new URL('./sample-process.ts', import.meta.url);

testRpcOver('over a child process', async () => {
  const child = fork(sampleProcess, { serialization: 'advanced' });
  const ended = once(child, 'exit');
  return {
    client: createClient(sampleContract, processPort(child, 'the child ended')),
    breakOff: () => child.kill('SIGKILL'),
    close: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
});

testRpcOver('over a worker’s MessagePort', async () => {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(sampleProcess, { workerData: { port: port2 }, transferList: [port2] });
  return {
    client: createClient(sampleContract, createMessagePort(port1)),
    breakOff: () => void worker.terminate(),
    close: async () => {
      port1.close();
      await worker.terminate();
    },
  };
});

testRpcOver('over a WebSocket', async () => {
  const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  sockets.on('connection', (socket) => {
    const server = serve(
      sampleContract,
      createSocketPort(socket, () => undefined),
      createSampleHandlers((text) => server.emit('said', { text })),
    );
  });
  await once(sockets, 'listening');
  const socket = new WebSocket(`ws://127.0.0.1:${(sockets.address() as AddressInfo).port}`);
  await once(socket, 'open');
  return {
    client: createClient(sampleContract, portOf(socket)),
    breakOff: () => {
      for (const end of sockets.clients) end.terminate();
    },
    close: async () => {
      socket.terminate();
      await new Promise((done) => sockets.close(done));
    },
  };
});
