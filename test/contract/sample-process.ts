/** The other end of the parity suite, in a child process or a worker. */
import { isMainThread, workerData, type MessagePort } from 'node:worker_threads';
import { serve } from '#contract/rpc.ts';
import { processPort } from '#hosts/engine/process-port.ts';
import { createMessagePort } from './message-port.ts';
import { createSampleHandlers, sampleContract } from './rpc-cases.ts';

const port = isMainThread
  ? processPort(process, 'the parent ended')
  : createMessagePort((workerData as { port: MessagePort }).port);
const server = serve(
  sampleContract,
  port,
  createSampleHandlers((text) => server.emit('said', { text })),
);
