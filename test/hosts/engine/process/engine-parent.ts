/** A program that starts an engine, says its number, and waits. */
import { engineContract } from '#contract/engine-contract.ts';
import { createClient } from '#contract/rpc.ts';
import { spawnChildEngine } from '#hosts/engine/supervision/engine-child.ts';

const { pid, port } = spawnChildEngine();
await createClient(engineContract, port).call('engine.open', { backend: 'auto', threads: 2 });
process.stdout.write(`${pid}\n`);
