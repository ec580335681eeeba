/**
 * A tool's way from where it is set down to where it is lifted, by pointer or keyboard: brush and eraser paint at once,
 * rectangle and lasso are only shown until they end. Each is one step of undo, and can be given up on the way.
 */
import { brushShape, lassoShape, rectangleShape, type Box } from './mask-shapes.ts';
import type { Mask } from './mask.ts';
import type { Overlay } from './overlay-kinds.ts';
import type { Point } from './view.ts';

export type MaskTool = 'brush' | 'eraser' | 'rectangle' | 'lasso';

export interface GestureOptions {
  readonly tool: MaskTool;
  /** Across, in pixels of the mask; brush and eraser. */
  readonly size: number;
  /** 0…1; brush and eraser. */
  readonly hardness: number;
  /** Rectangle and lasso: takes away what is painted there. */
  readonly takes: boolean;
}

export interface Gesture {
  /** What to show of it besides the mask. */
  readonly draft: Overlay | null;
  /** @returns where the mask changed; null where it did not. */
  extend(points: readonly Point[]): Box | null;
  end(): Box | null;
  cancel(): Box | null;
}

/** Points are those of view.ts, in pixels of the mask. */
export function beginGesture(mask: Mask, options: GestureOptions, start: Point): Gesture {
  mask.begin();
  return options.tool === 'brush' || options.tool === 'eraser'
    ? beginStroke(mask, options, start)
    : beginArea(mask, options, start);
}

function beginStroke(mask: Mask, { tool, size, hardness }: GestureOptions, start: Point): Gesture {
  const mode = tool === 'brush' ? 'add' : 'take';
  let last: Point | null = null;
  const extend = (points: readonly Point[]): Box | null => {
    let changed: Box | null = null;
    for (const point of points) {
      const box = mask.paint(brushShape(last ?? point, point, size, hardness, mask), mode);
      changed = changed === null ? box : around(changed, box);
      last = point;
    }
    return changed;
  };
  let first: Box | null = extend([start]);
  return {
    draft: null,
    extend(points) {
      const changed = extend(points);
      const all = first === null ? changed : changed === null ? first : around(first, changed);
      first = null;
      return all;
    },
    end() {
      mask.end();
      return first;
    },
    cancel: () => mask.cancel(),
  };
}

function beginArea(mask: Mask, { tool, takes }: GestureOptions, start: Point): Gesture {
  const points = [start];
  const last = (): Point => points[points.length - 1];
  return {
    get draft(): Overlay {
      return tool === 'rectangle'
        ? { kind: 'rectangle', from: start, to: last() }
        : { kind: 'lasso', points: [...points] };
    },
    extend(next) {
      for (const point of next)
        if (tool === 'rectangle') points[1] = point;
        else if (Math.hypot(point.x - last().x, point.y - last().y) >= 0.5) points.push(point);
      return null;
    },
    end() {
      // A click is no area: nothing was drawn around.
      const isArea = tool === 'rectangle' ? points.length > 1 : points.length > 2;
      const shape = tool === 'rectangle' ? rectangleShape(start, last(), mask) : lassoShape(points, mask);
      const box = isArea ? mask.paint(shape, takes ? 'take' : 'add') : null;
      mask.end();
      return box;
    },
    cancel: () => mask.cancel(),
  };
}

function around(a: Box, b: Box): Box {
  return {
    left: Math.min(a.left, b.left),
    top: Math.min(a.top, b.top),
    right: Math.max(a.right, b.right),
    bottom: Math.max(a.bottom, b.bottom),
  };
}
