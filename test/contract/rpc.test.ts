import { createClient, serve } from '#contract/rpc.ts';
import { createPortPair } from './port-pair.ts';
import { createSampleHandlers, sampleContract, testRpcOver } from './rpc-cases.ts';

testRpcOver('in memory', async () => {
  const { left, right } = createPortPair();
  const server = serve(
    sampleContract,
    right,
    createSampleHandlers((text) => server.emit('said', { text })),
  );
  const client = createClient(sampleContract, left);
  return {
    client,
    breakOff: () => server.close(),
    close: async () => client.close(),
  };
});
