/**
 * Draws a growth's frames on a 2D canvas: background, picture with hard pixels, and what the tool is about to touch.
 * It draws at most once a screen refresh, always the newest frame, and nothing while nothing changed; it asks for no more
 * frames than it draws, which is what keeps the engine from running ahead.
 *
 * What a graphics processor drew is drawn from where it lies, as an ImageBitmap: one copy within the processor, none to the
 * main memory and back (Chromium's trace has no read-back). Layers by CSS would save that copy, and show the picture and what
 * lies over and under it at different refreshes, and pixels and drawn pictures as two canvases with a flicker between them.
 */
import type { Overlay } from './overlay-kinds.ts';
import { drawOverlay } from './overlay.ts';
import { closePicture, type Picture } from './picture.ts';
import { actualSizeView, fitView, panView, resizeView, revealPoint, zoomView } from './view.ts';
import type { Point, Size, View } from './view.ts';

export type Background = 'checker' | 'white' | 'black';

export interface Stage {
  readonly view: View;
  readonly viewport: Size;
  readonly picture: Size;
  /**
   * Resolves when it is time for another: at once if the picture before was drawn, else when this one, or a newer, is.
   * So there is always one in hand for the next refresh, and never a queue of them.
   */
  show(picture: Picture<ImageBitmap>): Promise<void>;
  setBackground(background: Background): void;
  setOverlays(overlays: readonly Overlay[]): void;
  fit(): void;
  actualSize(): void;
  zoom(factor: number, at?: Point): void;
  pan(by: Point): void;
  reveal(point: Point): void;
  /** Draws again with the colours of now, after the theme changed. */
  redraw(): void;
  dispose(): void;
}

export interface StageOptions {
  /** CSS pixels left free around the picture when it is fitted. */
  readonly margin?: number;
  readonly onView?: (view: View) => void;
  /** After each drawing; `isNewPicture` where a frame came on the screen. */
  readonly onDrawn?: (isNewPicture: boolean) => void;
  /** The graphics processor went away, and with it what was drawn: the picture has to come again. */
  readonly onLost?: () => void;
}

/** Side of the checkerboard's squares, in CSS pixels. */
const square = 8;

/**
 * @param canvas Of any size: its drawing buffer follows its CSS box and the screen's pixel ratio. The two colours of the
 * checkerboard are its CSS `color` and `border-top-color`.
 */
export function openStage(canvas: HTMLCanvasElement, options: StageOptions = {}): Stage {
  const context = canvas.getContext('2d');
  const cells = document.createElement('canvas');
  const cellsContext = cells.getContext('2d');
  if (context === null || cellsContext === null) throw new Error('this browser draws on no canvas');
  const margin = options.margin ?? 24;
  /** What is drawn; `cells` where it came as bytes. */
  let shown: HTMLCanvasElement | ImageBitmap = cells;
  let viewport: Size = { width: 1, height: 1 };
  let picture: Size = { width: 1, height: 1 };
  let hasPicture = false;
  let view: View = { scale: 1, x: 0, y: 0 };
  /** The view follows the window and the picture's size until someone zooms or moves it. */
  let isFitted = true;
  let background: Background = 'checker';
  let overlays: readonly Overlay[] = [];
  let pattern: CanvasPattern | null = null;
  let request = 0;
  let isDisposed = false;
  let arrived: Picture<ImageBitmap> | null = null;
  let waiting: (() => void)[] = [];

  const ratio = (): number => Math.max(1, window.devicePixelRatio);
  const schedule = (): void => {
    if (request === 0 && !isDisposed) request = requestAnimationFrame(draw);
  };
  const setView = (next: View): void => {
    if (next.scale === view.scale && next.x === view.x && next.y === view.y) return;
    view = next;
    options.onView?.(view);
    schedule();
  };
  const setFitted = (): void => {
    isFitted = true;
    setView(fitView(viewport, picture, margin, ratio()));
  };
  const move = (next: View): void => {
    isFitted = false;
    setView(next);
  };

  const resize = (): void => {
    const before = viewport;
    viewport = { width: Math.max(1, canvas.clientWidth), height: Math.max(1, canvas.clientHeight) };
    const width = Math.round(viewport.width * ratio());
    const height = Math.round(viewport.height * ratio());
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width;
      canvas.height = height;
      pattern = null;
    }
    if (isFitted) setFitted();
    else setView(resizeView(view, before, viewport, picture));
    // In this very frame: a resized canvas is empty until it is drawn.
    if (hasPicture) draw();
  };

  const take = (next: Picture<ImageBitmap>): void => {
    const isOther = next.width !== picture.width || next.height !== picture.height;
    if (isOther || !hasPicture) {
      picture = { width: next.width, height: next.height };
      hasPicture = true;
      // One that comes again after it was lost is looked at as before.
      if (isOther || isFitted) setFitted();
    }
    if (shown instanceof ImageBitmap) shown.close();
    if (next.pixels instanceof ImageBitmap) {
      shown = next.pixels;
      return;
    }
    shown = cells;
    if (cells.width !== next.width) cells.width = next.width;
    if (cells.height !== next.height) cells.height = next.height;
    const image = new ImageData(next.width, next.height);
    image.data.set(next.pixels);
    cellsContext.putImageData(image, 0, 0);
  };

  const draw = (): void => {
    cancelAnimationFrame(request);
    request = 0;
    if (isDisposed) return;
    const isNew = arrived !== null;
    if (arrived !== null) take(arrived);
    arrived = null;
    context.setTransform(ratio(), 0, 0, ratio(), 0, 0);
    context.clearRect(0, 0, viewport.width, viewport.height);
    if (hasPicture) {
      const width = picture.width * view.scale;
      const height = picture.height * view.scale;
      context.fillStyle = background === 'checker' ? checkerboard() : background;
      context.fillRect(view.x, view.y, width, height);
      context.imageSmoothingEnabled = view.scale < 1;
      context.drawImage(shown, view.x, view.y, width, height);
      for (const overlay of overlays) drawOverlay(context, view, overlay);
    }
    const told = waiting;
    waiting = [];
    for (const resolve of told) resolve();
    options.onDrawn?.(isNew);
  };

  const checkerboard = (): CanvasPattern | string => {
    if (pattern !== null) return pattern;
    const { color, borderTopColor } = getComputedStyle(canvas);
    pattern = createChecker(context, color, borderTopColor);
    return pattern ?? color;
  };

  /** Canvases come back empty, and everything that was drawn for them is gone. */
  const restored = (): void => {
    pattern = null;
    hasPicture = false;
    if (shown instanceof ImageBitmap) shown.close();
    shown = cells;
    schedule();
    options.onLost?.();
  };
  canvas.addEventListener('contextrestored', restored);
  cells.addEventListener('contextrestored', () => {
    if (shown === cells) restored();
  });

  const observer = new ResizeObserver(resize);
  observer.observe(canvas);
  resize();

  return {
    get view() {
      return view;
    },
    get viewport() {
      return viewport;
    },
    get picture() {
      return picture;
    },
    show(next) {
      if (isDisposed) {
        closePicture(next);
        return Promise.resolve();
      }
      const isFirst = arrived === null;
      if (arrived !== null) closePicture(arrived);
      arrived = next;
      schedule();
      if (isFirst) return Promise.resolve();
      return new Promise((resolve) => waiting.push(resolve));
    },
    setBackground(next) {
      background = next;
      schedule();
    },
    setOverlays(next) {
      overlays = next;
      schedule();
    },
    fit: setFitted,
    actualSize() {
      move(actualSizeView(viewport, picture, ratio()));
    },
    zoom(factor, at = { x: viewport.width / 2, y: viewport.height / 2 }) {
      move(zoomView(view, at, factor, viewport, picture));
    },
    pan(by) {
      move(panView(view, by, viewport, picture));
    },
    reveal(point) {
      const next = revealPoint(view, point, viewport, picture);
      if (next.x !== view.x || next.y !== view.y) move(next);
    },
    redraw() {
      pattern = null;
      schedule();
    },
    dispose() {
      isDisposed = true;
      cancelAnimationFrame(request);
      observer.disconnect();
      canvas.removeEventListener('contextrestored', restored);
      if (arrived !== null) closePicture(arrived);
      if (shown instanceof ImageBitmap) shown.close();
      for (const resolve of waiting) resolve();
      waiting = [];
    },
  };
}

/** Squares of two colours, for what lies under transparent pixels; null where no canvas can be had. */
export function createChecker(
  context: CanvasRenderingContext2D,
  first: string,
  second: string,
): CanvasPattern | null {
  const tile = document.createElement('canvas');
  tile.width = 2 * square;
  tile.height = 2 * square;
  const tileContext = tile.getContext('2d');
  if (tileContext === null) return null;
  tileContext.fillStyle = first;
  tileContext.fillRect(0, 0, 2 * square, 2 * square);
  tileContext.fillStyle = second;
  tileContext.fillRect(0, 0, square, square);
  tileContext.fillRect(square, square, square, square);
  return context.createPattern(tile, 'repeat');
}
