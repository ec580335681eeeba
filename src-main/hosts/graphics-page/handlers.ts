/** All that a page answers to one port, put together; what the port opened goes with it. */
import type { MethodName } from '#contract/contract.ts';
import type { GraphicsContract } from '#contract/graphics-contract.ts';
import type { Handler, Handlers } from '#contract/rpc.ts';
import { growthHandlers } from './growth-handlers.ts';
import type { GraphicsHost } from './graphics-host.ts';
import type { Processor } from './processor.ts';
import { trainingHandlers } from './training-handlers.ts';

/** Handlers of some of the methods, and how to free what they hold: in a turn of the processor. */
export interface HandlersOf<M extends MethodName<GraphicsContract>> {
  readonly handlers: { readonly [N in M]: Handler<GraphicsContract, N> };
  readonly release: () => void;
}

export function createGraphicsHandlers(
  processor: Processor,
  host: Pick<GraphicsHost, 'canvasOf'>,
): { readonly handlers: Handlers<GraphicsContract>; readonly release: () => void } {
  const growths = growthHandlers(processor, host);
  const trainings = trainingHandlers(processor);
  return {
    handlers: {
      'graphics.open': ({ softwareToo, known, variants }) => processor.open(softwareToo, known, variants),
      'graphics.ping': () => ({}),
      ...growths.handlers,
      ...trainings.handlers,
    },
    release() {
      growths.release();
      trainings.release();
    },
  };
}
