/** What this page lends, where its browser has WebGPU. */
import { isDesktop } from './desktop-bridge.ts';
import { beginGraphicsWorker, hearPictures, tellWorker } from './graphics-worker.ts';
import { Graphics, type GraphicsWorker } from './graphics.ts';
import { socketUrl } from './web-socket-port.ts';

export const graphics = new Graphics({
  isHere: !isDesktop && 'gpu' in navigator,
  beginWorker,
});

function beginWorker(): GraphicsWorker<ImageBitmap> {
  const worker = beginGraphicsWorker();
  return {
    serve: (path) => tellWorker(worker, { kind: 'socket', url: socketUrl(path) }),
    addCanvas: (id) => tellWorker(worker, { kind: 'canvas', id }),
    removeCanvas: (id) => tellWorker(worker, { kind: 'canvas-gone', id }),
    onPicture: (listener) => hearPictures(worker, listener),
    end: () => worker.terminate(),
  };
}
