/**
 * The page that a desktop never shows: it lends the browser's graphics processor to the engine processes, by a worker for
 * each, so that growths that are watched do not wait for a training's step. An engine's worker ends with it, and what it had
 * on the processor is free again.
 */
import { beginGraphicsWorker, tellWorker } from './lib/graphics-worker.ts';

/** Of the desktop's preload script. */
const graphicsChannel = 'morphogen:graphics';

const workers = new Map<number, Worker>();

addEventListener('message', ({ source, data, ports: [port] }: MessageEvent<unknown>) => {
  // A page is told things by other windows, too.
  if (source !== window || typeof data !== 'object' || data === null) return;
  const { channel, engine } = data as { readonly channel?: unknown; readonly engine?: unknown };
  if (channel !== graphicsChannel || typeof engine !== 'number') return;
  workers.get(engine)?.terminate();
  workers.delete(engine);
  if (port === undefined) return;
  const worker = beginGraphicsWorker();
  workers.set(engine, worker);
  worker.addEventListener('error', (event) => {
    // It could not be loaded. Its port ends with it, and so the engine hears that nothing computes here.
    if (!(event instanceof ErrorEvent)) worker.terminate();
  });
  tellWorker(worker, { kind: 'port', port }, [port]);
});
