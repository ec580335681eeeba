/**
 * Which style acts where: a number for every cell, [H, W], painted with a round brush, filled like a bucket does, or laid
 * out in bands to begin with. Maps are never changed in place, so that an earlier one is what undo goes back to.
 */
import type { Point, Size } from './view.ts';

export interface AreaMap extends Size {
  /** [height, width]; the number of a style, from 0. */
  readonly cells: Uint8Array;
}

/** Upright bands, as equally wide as can be. */
export function bandedMap({ width, height }: Size, count: number): AreaMap {
  const cells = new Uint8Array(width * height);
  for (let x = 0; x < width; x++) {
    const band = Math.min(count - 1, Math.floor((x * count) / width));
    for (let y = 0; y < height; y++) cells[y * width + x] = band;
  }
  return { width, height, cells };
}

/** The same layout on another grid, by the nearest cell; styles that are not there any more become the first. */
export function refittedMap(map: AreaMap, { width, height }: Size, count: number): AreaMap {
  const cells = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = Math.min(map.height - 1, Math.floor(((y + 0.5) * map.height) / height));
    for (let x = 0; x < width; x++) {
      const column = Math.min(map.width - 1, Math.floor(((x + 0.5) * map.width) / width));
      const value = map.cells[row * map.width + column];
      cells[y * width + x] = value < count ? value : 0;
    }
  }
  return { width, height, cells };
}

/**
 * A stroke through the points, in cells from the upper left corner.
 * @param size Cells across; the smallest brush takes the cell under the point.
 * @returns the same map where nothing changed.
 */
export function paintedMap(map: AreaMap, points: readonly Point[], size: number, value: number): AreaMap {
  const cells = map.cells.slice();
  let isChanged = false;
  let last: Point | null = null;
  for (const point of points) {
    for (const at of last === null ? [point] : between(last, point)) {
      if (paintCircle(cells, map, at, size, value)) isChanged = true;
    }
    last = point;
  }
  return isChanged ? { ...map, cells } : map;
}

/** All cells of the same style that hang together with the one under the point, over their sides. */
export function filledMap(map: AreaMap, point: Point, value: number): AreaMap {
  const { width, height } = map;
  const x = Math.floor(point.x);
  const y = Math.floor(point.y);
  if (x < 0 || y < 0 || x >= width || y >= height) return map;
  const before = map.cells[y * width + x];
  if (before === value) return map;
  const cells = map.cells.slice();
  const waiting = [y * width + x];
  cells[waiting[0]] = value;
  const visit = (cell: number): void => {
    if (cells[cell] !== before) return;
    cells[cell] = value;
    waiting.push(cell);
  };
  for (let cell = waiting.pop(); cell !== undefined; cell = waiting.pop()) {
    const column = cell % width;
    if (column > 0) visit(cell - 1);
    if (column < width - 1) visit(cell + 1);
    if (cell >= width) visit(cell - width);
    if (cell < width * (height - 1)) visit(cell + width);
  }
  return { ...map, cells };
}

/** How many cells each style has. */
export function areaSizes(map: AreaMap, count: number): number[] {
  const sizes = Array.from({ length: count }, () => 0);
  for (const value of map.cells) if (value < count) sizes[value]++;
  return sizes;
}

/** The map in the styles' colours, [H, W, 4]; straight RGBA, each 0…255. */
export function mapPixels(
  map: AreaMap,
  colours: readonly (readonly [red: number, green: number, blue: number])[],
  alpha: number,
): Uint8ClampedArray<ArrayBuffer> {
  const pixels = new Uint8ClampedArray(map.cells.length * 4);
  map.cells.forEach((value, cell) => {
    const [red, green, blue] = colours[value] ?? [0, 0, 0];
    pixels.set([red, green, blue, alpha], cell * 4);
  });
  return pixels;
}

function paintCircle(
  cells: Uint8Array,
  { width, height }: Size,
  { x, y }: Point,
  size: number,
  value: number,
): boolean {
  const radius = size / 2;
  let isChanged = false;
  const touch = (column: number, row: number): void => {
    if (column < 0 || row < 0 || column >= width || row >= height) return;
    const cell = row * width + column;
    if (cells[cell] === value) return;
    cells[cell] = value;
    isChanged = true;
  };
  if (size <= 1) {
    touch(Math.floor(x), Math.floor(y));
    return isChanged;
  }
  for (let row = Math.floor(y - radius - 0.5); row + 0.5 <= y + radius; row++)
    for (let column = Math.floor(x - radius - 0.5); column + 0.5 <= x + radius; column++)
      if ((column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2 <= radius * radius) touch(column, row);
  return isChanged;
}

/** Without `from`, with `to`; half a cell apart, so that no brush leaves gaps. */
function* between(from: Point, to: Point): Generator<Point> {
  const count = Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) * 2));
  for (let index = 1; index <= count; index++) {
    const t = index / count;
    yield { x: from.x + (to.x - from.x) * t, y: from.y + (to.y - from.y) * t };
  }
}
