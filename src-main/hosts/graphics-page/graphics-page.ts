/** The engine in a page: answers graphicsContract on any number of ports, by one graphics processor. */
import { graphicsContract } from '#contract/graphics-contract.ts';
import type { Port } from '#contract/port.ts';
import { serve, type ServerOptions } from '#contract/rpc.ts';
import type { GraphicsHost } from './graphics-host.ts';
import { createGraphicsHandlers } from './handlers.ts';
import { createProcessor } from './processor.ts';

export interface GraphicsPage {
  /** Until the port closes, which frees what it opened. */
  serve(port: Port): void;
}

export function createGraphicsPage(
  host: GraphicsHost,
  options: Pick<ServerOptions, 'onBug' | 'onRefusal'> = {},
): GraphicsPage {
  const processor = createProcessor(host);
  return {
    serve(port) {
      const { handlers, release } = createGraphicsHandlers(processor, host);
      const server = serve(graphicsContract, port, handlers, options);
      const leave = processor.listen({
        notice: (message) => server.emit('graphics.notice', { message }),
        tuned: (key, variants) => server.emit('graphics.tuned', { key, variants }),
        lost: (message) => server.emit('graphics.lost', { message }),
        release,
      });
      port.onClose(leave);
    },
  };
}
