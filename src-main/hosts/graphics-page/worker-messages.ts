/**
 * What a page posts to the worker that computes on its graphics processor (worker.ts), begun by
 * `new Worker(new URL('…/worker.ts', import.meta.url), { type: 'module' })`. Work of one worker is done in one queue: a page
 * begins one for each engine process, so that growths that are watched do not wait for a training's step.
 */

export type WorkerMessage =
  /** To be transferred: whoever asks by graphicsContract, in messages as they are. */
  | { readonly kind: 'port'; readonly port: MessagePort }
  /** A WebSocket to open, and to open again when it closes (contract/wire.ts). Relative to the worker's page: an absolute address. */
  | { readonly kind: 'socket'; readonly url: string }
  /** Pictures of growths that are shown on this canvas are posted to the page from now on. */
  | { readonly kind: 'canvas'; readonly id: string }
  | { readonly kind: 'canvas-gone'; readonly id: string };

/** What it posts to the page: of the size of the grid; transferred, and the page's to close. */
export interface WorkerPicture {
  readonly kind: 'picture';
  readonly canvas: string;
  readonly picture: ImageBitmap;
}
