/**
 * Begins the worker that computes on the browser's graphics processor. It is a part of the engine, not of the window: this
 * is the one place that names it, and nothing of it is imported but what can be posted to it.
 */
import type { WorkerMessage, WorkerPicture } from '#hosts/graphics-page/worker-messages.ts';

export function beginGraphicsWorker(): Worker {
  return new Worker(new URL('../../src-main/hosts/graphics-page/worker.ts', import.meta.url), {
    type: 'module',
    name: 'graphics',
  });
}

export function tellWorker(worker: Worker, message: WorkerMessage, transfer: Transferable[] = []): void {
  worker.postMessage(message, transfer);
}

/** Each picture is the listener's to close. */
export function hearPictures(worker: Worker, listener: (canvas: string, picture: ImageBitmap) => void): void {
  worker.addEventListener('message', ({ data }: MessageEvent<WorkerPicture>) =>
    listener(data.canvas, data.picture),
  );
}
