/**
 * Lends this browser's graphics processor to the engine processes, by a worker for each, and brings back the pictures of
 * growths that grow there. A worker only opens its socket until an engine asks: the processor is not touched, and nothing of
 * what computes is loaded, before that. Workers outlast screens, and end with the page; what they had is the engine's to miss.
 */

/** `Drawn` is a picture as the browser holds it: an ImageBitmap. */
export interface GraphicsWorker<Drawn> {
  /** Opens a socket to an engine process, and opens it again. @param path relative to the page */
  serve(path: string): void;
  addCanvas(id: string): void;
  removeCanvas(id: string): void;
  onPicture(listener: (canvas: string, picture: Drawn) => void): void;
  end(): void;
}

/** Where the pictures of a growth come that grows in this page (`growth.watch`). */
export interface LiveCanvas {
  readonly id: string;
  close(): void;
}

export interface GraphicsOptions<Drawn> {
  /** Whether this page has anything to lend: Electron's lends another one's, which nobody sees. */
  readonly isHere: boolean;
  readonly beginWorker: () => GraphicsWorker<Drawn>;
}

export class Graphics<Drawn extends { close(): void }> {
  readonly #options: GraphicsOptions<Drawn>;
  /** Of the growths that are watched. */
  #live: GraphicsWorker<Drawn> | null = null;
  /** Of the jobs: their steps would keep growths waiting. */
  #heavy: GraphicsWorker<Drawn> | null = null;
  readonly #canvases = new Map<string, (picture: Drawn) => void>();

  constructor(options: GraphicsOptions<Drawn>) {
    this.#options = options;
  }

  /** From now on; again changes nothing. */
  lend(): void {
    if (!this.#options.isHere || this.#live !== null) return;
    this.#live = this.#begin('./graphics/live');
    this.#heavy = this.#begin('./graphics/heavy');
    this.#live.onPicture((canvas, picture) => {
      const onPicture = this.#canvases.get(canvas);
      if (onPicture === undefined) picture.close();
      else onPicture(picture);
    });
  }

  /** Nothing computes here any more. */
  takeBack(): void {
    this.#live?.end();
    this.#heavy?.end();
    this.#live = null;
    this.#heavy = null;
  }

  /**
   * @param onPicture gets the pictures, which are its to close
   * @returns null where nothing is lent
   */
  openCanvas(onPicture: (picture: Drawn) => void): LiveCanvas | null {
    const worker = this.#live;
    if (worker === null) return null;
    const id = crypto.randomUUID();
    this.#canvases.set(id, onPicture);
    worker.addCanvas(id);
    return {
      id,
      close: () => {
        if (this.#canvases.delete(id)) worker.removeCanvas(id);
      },
    };
  }

  #begin(path: string): GraphicsWorker<Drawn> {
    const worker = this.#options.beginWorker();
    worker.serve(path);
    return worker;
  }
}
