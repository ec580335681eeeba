/**
 * Draws a photo under repair: the photo and its repaired counterpart on two sides of a divider, the hole as it grows,
 * the mask's tint, and what the tool is about to touch. At most once a screen refresh, and nothing while nothing changed.
 * One unit of the picture is a pixel of the preview, which is also a pixel of the mask.
 */
import { maskTint, tintOf } from './mask-picture.ts';
import type { Box } from './mask-shapes.ts';
import type { Mask } from './mask.ts';
import type { Overlay } from './overlay-kinds.ts';
import { drawOverlay } from './overlay.ts';
import { createChecker } from './stage.ts';
import { fitView, panView, resizeView, revealPoint, toScreen, zoomView } from './view.ts';
import type { Point, Size, View } from './view.ts';

/** A picture laid over a part of the photo, in units of the picture. */
export interface Patch {
  readonly image: CanvasImageSource;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** The photo's own pixels where it is looked at closely, before and after. */
export interface Detail {
  readonly photo: Patch | null;
  readonly result: Patch | null;
}

export interface Look {
  /** 0…1 of the photo's width: left of it is the photo, right of it the result; 0 is all result, 1 all photo. */
  readonly divider: number;
  readonly showsMask: boolean;
}

export interface PhotoStage {
  readonly view: View;
  readonly viewport: Size;
  readonly picture: Size;
  /** Fits it, where it is of another size than the one before. */
  setPhoto(image: CanvasImageSource, size: Size): void;
  setResult(image: CanvasImageSource | null): void;
  setDetail(detail: Detail): void;
  setPatch(patch: Patch | null): void;
  setMask(mask: Mask): void;
  /** After the mask changed there. */
  updateMask(box: Box): void;
  setLook(look: Look): void;
  setOverlays(overlays: readonly Overlay[]): void;
  fit(): void;
  /** In the middle of what is seen. */
  setScale(scale: number): void;
  zoom(factor: number, at?: Point): void;
  pan(by: Point): void;
  reveal(point: Point): void;
  /** Draws again with the colours of now, after the theme changed. */
  redraw(): void;
  dispose(): void;
}

/** CSS pixels left free around the fitted photo. */
const margin = 24;

function drawHandle(context: CanvasRenderingContext2D, { x, y }: Point): void {
  context.beginPath();
  context.arc(x, y, 18, 0, 2 * Math.PI);
  context.fillStyle = 'rgb(20 22 20 / 0.78)';
  context.strokeStyle = '#ffffff';
  context.lineWidth = 2;
  context.fill();
  context.stroke();
  context.beginPath();
  for (const side of [-1, 1]) {
    context.moveTo(x + side * 5, y - 5);
    context.lineTo(x + side * 10, y);
    context.lineTo(x + side * 5, y + 5);
  }
  context.stroke();
}

/** @param canvas As stage.ts takes it. @param onView After each change of view or viewport. */
export function openPhotoStage(canvas: HTMLCanvasElement, onView: (view: View) => void): PhotoStage {
  const context = canvas.getContext('2d');
  const tint = document.createElement('canvas');
  const tintContext = tint.getContext('2d');
  if (context === null || tintContext === null) throw new Error('this browser draws on no canvas');
  let viewport: Size = { width: 1, height: 1 };
  let picture: Size = { width: 1, height: 1 };
  let view: View = { scale: 1, x: 0, y: 0 };
  let isFitted = true;
  let photo: CanvasImageSource | null = null;
  let result: CanvasImageSource | null = null;
  let detail: Detail = { photo: null, result: null };
  let patch: Patch | null = null;
  let mask: Mask | null = null;
  let look: Look = { divider: 0, showsMask: true };
  let overlays: readonly Overlay[] = [];
  let checker: CanvasPattern | string | null = null;
  let request = 0;
  let isDisposed = false;

  const ratio = (): number => Math.max(1, window.devicePixelRatio);
  const schedule = (): void => {
    if (request === 0 && !isDisposed) request = requestAnimationFrame(draw);
  };
  const setView = (next: View, fits: boolean): void => {
    isFitted = fits;
    view = next;
    onView(view);
    schedule();
  };
  const fit = (): void => setView(fitView(viewport, picture, margin, ratio()), true);
  const middle = (): Point => ({ x: viewport.width / 2, y: viewport.height / 2 });
  const zoom = (factor: number, at: Point): void =>
    setView(zoomView(view, at, factor, viewport, picture), false);

  const resize = (): void => {
    const before = viewport;
    viewport = { width: Math.max(1, canvas.clientWidth), height: Math.max(1, canvas.clientHeight) };
    canvas.width = Math.round(viewport.width * ratio());
    canvas.height = Math.round(viewport.height * ratio());
    checker = null;
    if (isFitted) fit();
    else setView(resizeView(view, before, viewport, picture), false);
    // In this very frame: a resized canvas is empty until it is drawn.
    draw();
  };

  const draw = (): void => {
    cancelAnimationFrame(request);
    request = 0;
    if (isDisposed) return;
    context.setTransform(ratio(), 0, 0, ratio(), 0, 0);
    context.clearRect(0, 0, viewport.width, viewport.height);
    if (photo === null) return;
    const width = picture.width * view.scale;
    const height = picture.height * view.scale;
    context.fillStyle = checker ??= createPattern();
    context.fillRect(view.x, view.y, width, height);
    // Photos are smooth until single pixels are to be seen.
    context.imageSmoothingEnabled = view.scale < 4;
    context.imageSmoothingQuality = 'high';
    const split = view.x + width * look.divider;
    if (result === null) drawWithin(photo, detail.photo, view.x, view.x + width);
    else {
      drawWithin(photo, detail.photo, view.x, split);
      drawWithin(result, detail.result, split, view.x + width);
    }
    if (patch !== null) drawPatch(patch);
    if (look.showsMask && mask !== null) context.drawImage(tint, view.x, view.y, width, height);
    for (const overlay of overlays) drawOverlay(context, view, overlay);
    if (result !== null && look.divider > 0 && look.divider < 1) drawDivider(split, height);
  };

  const drawPatch = ({ image, left, top, width, height }: Patch): void => {
    const { x, y } = toScreen(view, { x: left, y: top });
    context.drawImage(image, x, y, width * view.scale, height * view.scale);
  };

  const drawWithin = (image: CanvasImageSource, close: Patch | null, from: number, to: number): void => {
    if (to <= from) return;
    context.save();
    context.beginPath();
    context.rect(from, view.y, to - from, picture.height * view.scale);
    context.clip();
    context.drawImage(image, view.x, view.y, picture.width * view.scale, picture.height * view.scale);
    if (close !== null) drawPatch(close);
    context.restore();
  };

  const drawDivider = (x: number, height: number): void => {
    context.fillStyle = 'rgb(0 0 0 / 0.55)';
    context.fillRect(x - 1.5, view.y, 3, height);
    context.fillStyle = '#ffffff';
    context.fillRect(x - 0.75, view.y, 1.5, height);
    drawHandle(context, { x, y: viewport.height / 2 });
  };

  const createPattern = (): CanvasPattern | string => {
    const { color, borderTopColor } = getComputedStyle(canvas);
    return createChecker(context, color, borderTopColor) ?? color;
  };

  const updateMask = (box: Box): void => {
    if (mask === null || box.right <= box.left || box.bottom <= box.top) return;
    const pixels = new ImageData(tintOf(mask, box, maskTint), box.right - box.left, box.bottom - box.top);
    tintContext.putImageData(pixels, box.left, box.top);
    schedule();
  };

  /** After the graphics processor went away: canvases come back empty. */
  const restored = (): void => {
    checker = null;
    if (mask !== null) updateMask({ left: 0, top: 0, right: mask.width, bottom: mask.height });
    schedule();
  };
  canvas.addEventListener('contextrestored', restored);
  tint.addEventListener('contextrestored', restored);

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
    setPhoto(image, { width, height }) {
      const isSame = photo !== null && width === picture.width && height === picture.height;
      photo = image;
      picture = { width, height };
      if (isSame) schedule();
      else fit();
    },
    setResult(image) {
      result = image;
      schedule();
    },
    setDetail(next) {
      detail = next;
      schedule();
    },
    setPatch(next) {
      patch = next;
      schedule();
    },
    setMask(next) {
      mask = next;
      tint.width = next.width;
      tint.height = next.height;
      updateMask({ left: 0, top: 0, right: next.width, bottom: next.height });
    },
    updateMask,
    setLook(next) {
      look = next;
      schedule();
    },
    setOverlays(next) {
      overlays = next;
      schedule();
    },
    fit,
    setScale: (scale) => zoom(scale / view.scale, middle()),
    zoom: (factor, at = middle()) => zoom(factor, at),
    pan: (by) => setView(panView(view, by, viewport, picture), false),
    reveal(point) {
      const next = revealPoint(view, point, viewport, picture);
      if (next.x !== view.x || next.y !== view.y) setView(next, false);
    },
    redraw() {
      checker = null;
      schedule();
    },
    dispose() {
      isDisposed = true;
      cancelAnimationFrame(request);
      observer.disconnect();
      canvas.removeEventListener('contextrestored', restored);
    },
  };
}
