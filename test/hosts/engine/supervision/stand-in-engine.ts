/** A program in the engine's place that does its worst as soon as it is asked for a file. */
import { engineContract, type EngineContract } from '#contract/engine-contract.ts';
import { serve, type Handlers } from '#contract/rpc.ts';
import { processPort } from '#hosts/engine/process-port.ts';
import { createDirectLines } from '#hosts/engine/process/direct-lines.ts';
import { utilityPort } from '#hosts/engine/process/utility-port.ts';

// A desktop's utility process gets no arguments.
const worst = process.argv[2] ?? process.env['MORPHOGEN_WORST'];
const ignoring = { addGraphics: () => undefined, lackGraphics: () => undefined };
const port = utilityPort(createDirectLines(), ignoring) ?? processPort(process, 'the parent ended');
port.onClose(() => process.exit(0));
const handlers: Partial<Handlers<EngineContract>> = {
  'engine.open': () => ({ backend: 'wasm', threads: 1, description: 'a stand-in', device: 'none' }),
  'engine.ping': () => ({ residentBytes: process.memoryUsage.rss() }),
  'files.inspect'() {
    if (worst === 'deaf') process.on('SIGTERM', () => undefined);
    if (worst === 'hang' || worst === 'deaf') for (;;);
    const held: unknown[] = [];
    for (;;) held.push({ text: String(held.length), list: new Array(1000).fill(held.length) });
  },
};
serve(engineContract, port, handlers as Handlers<EngineContract>);
