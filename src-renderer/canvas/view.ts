/**
 * Where a picture of cells lies in a viewport, and how large: zoom, pan, fitting, and from a point of the screen to a
 * point of the picture. Pure, in CSS pixels; a picture's coordinates run from 0 at its left or top edge to its width or
 * height in cells.
 */

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface View {
  /** CSS pixels a cell. */
  readonly scale: number;
  /** The picture's left upper corner in the viewport, in CSS pixels. */
  readonly x: number;
  readonly y: number;
}

/** CSS pixels a cell, at most. */
export const largestScale = 64;
/** So much of the picture stays in the viewport, in CSS pixels, wherever it is moved. */
const reach = 48;

/**
 * The whole picture, centred. From two device pixels a cell on, all cells are equally many whole device pixels.
 * @param margin CSS pixels left free on every side.
 */
export function fitView(viewport: Size, picture: Size, margin: number, pixelRatio: number): View {
  const width = Math.max(1, viewport.width - 2 * margin);
  const height = Math.max(1, viewport.height - 2 * margin);
  const exact = Math.min(width / picture.width, height / picture.height);
  const device = exact * pixelRatio;
  const scale = Math.min(device >= 2 ? Math.floor(device) / pixelRatio : exact, largestScale);
  return centred(viewport, picture, scale, pixelRatio);
}

/** One device pixel a cell would be too small to see on most screens; 1:1 is one CSS pixel a cell. */
export function actualSizeView(viewport: Size, picture: Size, pixelRatio: number): View {
  return centred(viewport, picture, 1, pixelRatio);
}

/** The point of the viewport keeps the cell under it. */
export function zoomView(view: View, at: Point, factor: number, viewport: Size, picture: Size): View {
  const scale = clamp(view.scale * factor, smallestScale(viewport, picture), largestScale);
  const ratio = scale / view.scale;
  return keepReachable(
    { scale, x: at.x - (at.x - view.x) * ratio, y: at.y - (at.y - view.y) * ratio },
    viewport,
    picture,
  );
}

export function panView(view: View, by: Point, viewport: Size, picture: Size): View {
  return keepReachable({ scale: view.scale, x: view.x + by.x, y: view.y + by.y }, viewport, picture);
}

/** Keeps the cell in the middle of the viewport there when the viewport changes its size. */
export function resizeView(view: View, from: Size, to: Size, picture: Size): View {
  const by = { x: (to.width - from.width) / 2, y: (to.height - from.height) / 2 };
  return panView(view, by, to, picture);
}

/** Moves the picture just so far that a point of it lies in the viewport, `margin` from its edges. */
export function revealPoint(view: View, point: Point, viewport: Size, picture: Size, margin = 24): View {
  const { x, y } = toScreen(view, point);
  const shift = (at: number, size: number): number =>
    size < 2 * margin ? size / 2 - at : clamp(at, margin, size - margin) - at;
  return panView(view, { x: shift(x, viewport.width), y: shift(y, viewport.height) }, viewport, picture);
}

export function toPicture(view: View, point: Point): Point {
  return { x: (point.x - view.x) / view.scale, y: (point.y - view.y) / view.scale };
}

export function toScreen(view: View, point: Point): Point {
  return { x: view.x + point.x * view.scale, y: view.y + point.y * view.scale };
}

/** The cell (column, row) under a point of the picture, or null beside it. */
export function cellAt(point: Point, picture: Size): Point | null {
  const x = Math.floor(point.x);
  const y = Math.floor(point.y);
  return x >= 0 && y >= 0 && x < picture.width && y < picture.height ? { x, y } : null;
}

function centred(viewport: Size, picture: Size, scale: number, pixelRatio: number): View {
  // On whole device pixels, or the cells' edges blur.
  const snap = (value: number): number => Math.round(value * pixelRatio) / pixelRatio;
  return {
    scale,
    x: snap((viewport.width - picture.width * scale) / 2),
    y: snap((viewport.height - picture.height * scale) / 2),
  };
}

/** A third of what fits, or 1:1 where that is smaller. */
function smallestScale(viewport: Size, picture: Size): number {
  const fit = Math.min(viewport.width / picture.width, viewport.height / picture.height);
  return Math.max(0.05, Math.min(1, fit / 3));
}

function keepReachable(view: View, viewport: Size, picture: Size): View {
  const keep = (at: number, length: number, room: number): number => {
    const least = Math.min(reach, length, room);
    return clamp(at, least - length, room - least);
  };
  return {
    scale: view.scale,
    x: keep(view.x, picture.width * view.scale, viewport.width),
    y: keep(view.y, picture.height * view.scale, viewport.height),
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
