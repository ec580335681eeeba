/** The worker of a page that computes on the browser's graphics processor: told what to serve by worker-messages.ts. */
import '#contract/schemas-without-eval.ts';
import { createCanvases } from './canvases.ts';
import { openDevice } from './device.ts';
import { createGraphicsPage } from './graphics-page.ts';
import { messagePort } from './message-port.ts';
import { keepSocket } from './socket-line.ts';
import type { WorkerMessage, WorkerPicture } from './worker-messages.ts';

const canvases = createCanvases((canvas, picture) => {
  const message: WorkerPicture = { kind: 'picture', canvas, picture };
  postMessage(message, { transfer: [picture] });
});
const page = createGraphicsPage(
  { openDevice, canvasOf: canvases.canvasOf },
  {
    // Which the page hears of as an error of its worker.
    onBug: (failure) => reportError(failure),
    onRefusal: (sentence) => reportError(new Error(sentence)),
  },
);

addEventListener('message', ({ data }: MessageEvent<WorkerMessage>) => {
  switch (data.kind) {
    case 'port':
      page.serve(messagePort(data.port));
      return;
    case 'socket':
      keepSocket(data.url, (port) => page.serve(port));
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
