/**
 * Lends this browser's graphics processor to the engine processes, by a worker for each, and brings back the pictures of
 * growths that grow there. A worker only opens its socket until an engine asks: the processor is not touched, and nothing of
 * what computes is loaded, before that. Workers outlast screens, and end with the page; what they had is the engine's to miss.
 */
import { isDesktop } from './desktop-bridge.ts';
import { beginGraphicsWorker, hearPictures, tellWorker } from './graphics-worker.ts';
import { socketUrl } from './web-socket-port.ts';

/** Where the pictures of a growth come that grows in this page (`growth.watch`). */
export interface LiveCanvas {
  readonly id: string;
  close(): void;
}

export interface GraphicsOptions {
  /** Whether this page has anything to lend: Electron's lends another one's, which nobody sees. */
  readonly isHere: boolean;
  readonly beginWorker: () => Worker;
  /** Absolute. */
  readonly urlOf: (path: string) => string;
}

export class Graphics {
  readonly #options: GraphicsOptions;
  /** Of the growths that are watched. */
  #live: Worker | null = null;
  /** Of the jobs: their steps would keep growths waiting. */
  #heavy: Worker | null = null;
  readonly #canvases = new Map<string, (picture: ImageBitmap) => void>();

  constructor(options: GraphicsOptions) {
    this.#options = options;
  }

  /** From now on; again changes nothing. */
  lend(): void {
    if (!this.#options.isHere || this.#live !== null) return;
    this.#live = this.#begin('./graphics/live');
    this.#heavy = this.#begin('./graphics/heavy');
    hearPictures(this.#live, (canvas, picture) => {
      const onPicture = this.#canvases.get(canvas);
      if (onPicture === undefined) picture.close();
      else onPicture(picture);
    });
  }

  /** Nothing computes here any more. */
  takeBack(): void {
    this.#live?.terminate();
    this.#heavy?.terminate();
    this.#live = null;
    this.#heavy = null;
  }

  /**
   * @param onPicture gets the pictures, which are its to close
   * @returns null where nothing is lent
   */
  openCanvas(onPicture: (picture: ImageBitmap) => void): LiveCanvas | null {
    const worker = this.#live;
    if (worker === null) return null;
    const id = crypto.randomUUID();
    this.#canvases.set(id, onPicture);
    tellWorker(worker, { kind: 'canvas', id });
    return {
      id,
      close: () => {
        if (this.#canvases.delete(id)) tellWorker(worker, { kind: 'canvas-gone', id });
      },
    };
  }

  #begin(path: string): Worker {
    const worker = this.#options.beginWorker();
    tellWorker(worker, { kind: 'socket', url: this.#options.urlOf(path) });
    return worker;
  }
}

export const graphics = new Graphics({
  isHere: !isDesktop && typeof navigator === 'object' && 'gpu' in navigator,
  beginWorker: beginGraphicsWorker,
  urlOf: socketUrl,
});
