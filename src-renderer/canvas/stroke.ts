/**
 * From pointer positions to marks on a growth: a fast stroke is filled in, so that no gap is left between two events of
 * the pointer; a mark that changes nothing beyond the one before is dropped. Positions are points of the picture, in
 * cells from its left upper corner; an erasing mark touches the cells whose middle is within its radius.
 */
import type { Point, Size } from './view.ts';

export type BrushTool = 'erase' | 'seed';

export type Mark =
  | { readonly kind: 'erase'; readonly x: number; readonly y: number; readonly radius: number }
  | { readonly kind: 'seed'; readonly x: number; readonly y: number };

/** Cells across. */
export const brushSizes = { smallest: 1, largest: 64 } as const;
/** Marks of one message, at most. */
const batchLimit = 1000;

/** A stroke under way. Points are those of view.ts; `take` hands over the marks made since it was last asked. */
export interface Stroke {
  readonly number: number;
  extend(point: Point): void;
  /** At most 1000; null if there is nothing new. */
  take(): { readonly stroke: number; readonly marks: Mark[] } | null;
}

/** @param size Cells across; of no meaning to the seed, which is one cell. */
export function beginStroke(number: number, tool: BrushTool, size: number, picture: Size): Stroke {
  let last: Point | null = null;
  let lastKey = '';
  let waiting: Mark[] = [];
  const add = (point: Point): void => {
    const mark = markAt(tool, point, size, picture);
    if (mark === null) return;
    const key = `${mark.x} ${mark.y}`;
    if (key === lastKey) return;
    lastKey = key;
    waiting.push(mark);
  };
  return {
    number,
    extend(point) {
      if (last === null) add(point);
      else for (const between of pointsBetween(last, point, spacing(tool, size))) add(between);
      last = point;
    },
    take() {
      if (waiting.length === 0) return null;
      const marks = waiting.slice(0, batchLimit);
      waiting = waiting.slice(batchLimit);
      return { stroke: number, marks };
    },
  };
}

/** A circle dragged out from its centre. */
export function circleMark(centre: Point, edge: Point): Mark {
  const radius = Math.max(0.5, Math.hypot(edge.x - centre.x, edge.y - centre.y));
  return { kind: 'erase', x: round(centre.x), y: round(centre.y), radius: round(radius) };
}

/** @returns null where the mark would touch no cell of the picture. */
export function markAt(tool: BrushTool, point: Point, size: number, picture: Size): Mark | null {
  const column = Math.floor(point.x);
  const row = Math.floor(point.y);
  if (tool === 'seed') {
    const isInside = column >= 0 && row >= 0 && column < picture.width && row < picture.height;
    return isInside ? { kind: 'seed', x: column, y: row } : null;
  }
  const radius = size / 2;
  const misses = (at: number, length: number): boolean => at < -radius || at > length + radius;
  if (misses(point.x, picture.width) || misses(point.y, picture.height)) return null;
  // The smallest brush takes just the cell under the pointer, wherever in it the pointer is.
  if (size <= 1) return { kind: 'erase', x: column + 0.5, y: row + 0.5, radius: 0.5 };
  return { kind: 'erase', x: round(point.x), y: round(point.y), radius };
}

/** `[` and `]`: a step that is felt at any size. */
export function nextBrushSize(size: number, direction: -1 | 1): number {
  const step = size + direction > 32 ? 8 : size + direction > 12 ? 4 : size + direction > 6 ? 2 : 1;
  const next = direction > 0 ? size + step : size - (size > 32 ? 8 : size > 12 ? 4 : size > 6 ? 2 : 1);
  return Math.min(brushSizes.largest, Math.max(brushSizes.smallest, next));
}

function spacing(tool: BrushTool, size: number): number {
  return tool === 'seed' ? 0.5 : Math.max(0.5, size / 4);
}

/** Without `from`, with `to`. */
function* pointsBetween(from: Point, to: Point, step: number): Generator<Point> {
  const count = Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y) / step));
  for (let index = 1; index <= count; index++) {
    const t = index / count;
    yield { x: from.x + (to.x - from.x) * t, y: from.y + (to.y - from.y) * t };
  }
}

/** Recipes keep these numbers: eighths of a cell are finer than any eye, and shorter to write. */
function round(value: number): number {
  return Math.round(value * 8) / 8;
}
