/**
 * The worker of a page that computes on the browser's graphics processor: told what to serve by worker-messages.ts. What it
 * computes with is loaded when somebody asks for the first time.
 */
import type { Port } from '#contract/port.ts';
import { createCanvases } from './canvases.ts';
import { onFirstMessage } from './first-message.ts';
import type { GraphicsPage } from './graphics-page.ts';
import { messagePort } from './message-port.ts';
import { keepSocket } from './socket-line.ts';
import type { WorkerMessage, WorkerPicture } from './worker-messages.ts';

const canvases = createCanvases((canvas, picture) => {
  const message: WorkerPicture = { kind: 'picture', canvas, picture };
  postMessage(message, { transfer: [picture] });
});
let loaded: Promise<GraphicsPage> | null = null;

function serve(port: Port): void {
  onFirstMessage(port, (asked) => {
    loaded ??= import('./worker-page.ts').then(({ createWorkerPage }) => createWorkerPage(canvases));
    loaded
      .then((page) => page.serve(asked))
      .catch((failure: unknown) => {
        // A page whose program was updated under it finds its parts no more. The end of this worker is the end of its ports:
        // whoever asked hears that nobody is here, and asks no more.
        reportError(failure);
        close();
      });
  });
}

addEventListener('message', ({ data }: MessageEvent<WorkerMessage>) => {
  switch (data.kind) {
    case 'port':
      serve(messagePort(data.port));
      return;
    case 'socket':
      keepSocket(data.url, serve);
      return;
    case 'canvas':
      canvases.add(data.id);
      return;
    case 'canvas-gone':
      canvases.remove(data.id);
      return;
    default:
      data satisfies never;
  }
});
