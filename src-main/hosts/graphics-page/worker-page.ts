/** What a worker answers by, once it is asked: most of the worker's code, and loaded apart from the rest of it. */
import '#contract/schemas-without-eval.ts';
import { openDevice } from './device.ts';
import type { GraphicsHost } from './graphics-host.ts';
import { createGraphicsPage, type GraphicsPage } from './graphics-page.ts';

export function createWorkerPage({ canvasOf }: Pick<GraphicsHost, 'canvasOf'>): GraphicsPage {
  return createGraphicsPage(
    { openDevice, canvasOf },
    {
      // Which the page hears of as an error of its worker.
      onBug: (failure) => reportError(failure),
      onRefusal: (sentence) => reportError(new Error(sentence)),
    },
  );
}
