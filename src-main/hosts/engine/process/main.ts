/**
 * The engine process: forked by the application (supervision/), asked over the channel to it, and gone with it. It keeps
 * nothing that must not be lost, so it ends whenever the channel does, whatever it is doing.
 */
import process from 'node:process';
import { inspect } from 'node:util';
import { engineContract } from '#contract/engine-contract.ts';
import type { Port } from '#contract/port.ts';
import { serve } from '#contract/rpc.ts';
import { portWithLines } from '../graphics/graphics-lines.ts';
import { processPort } from '../process-port.ts';
import { createDirectLines } from './direct-lines.ts';
import { createEngineHandlers } from './handlers.ts';
import { createSession } from './session.ts';
import { utilityPort } from './utility-port.ts';

process.title = 'morphogen-engine';
// Ctrl-C in a terminal, and its closing, reach every process at once; the application stops its work in order, and then this one.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);

const lines = createDirectLines();
const session = createSession();
const addGraphics = (line: Port): void => session.addGraphics(line);
const port =
  utilityPort(lines, { addGraphics, lackGraphics: (why) => session.lackGraphics(why) }) ??
  portWithLines(processPort(process, 'the application ended'), addGraphics);
port.onClose(() => process.exit(0));
const server = serve(engineContract, port, createEngineHandlers(session, lines), {
  onBug: (failure, method) => process.stderr.write(`${method} failed: ${inspect(failure)}\n`),
  onRefusal: (sentence) => process.stderr.write(`${sentence}\n`),
});
session.listen({
  changed: (info) => server.emit('engine.changed', info),
  notice: (message) => server.emit('engine.notice', { message }),
});
