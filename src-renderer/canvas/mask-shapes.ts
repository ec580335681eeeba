/**
 * What the tools paint into a mask: a piece of a brush's stroke, a rectangle, an area drawn around. A shape tells how
 * much of each pixel it covers, a row at a time, so that nothing of the mask's size is made for it. Coordinates are those
 * of view.ts: the pixel in column i and row j covers i…i+1 and j…j+1, and is judged at its middle.
 */
import type { Point, Size } from './view.ts';

/** Columns left ≤ x < right, rows top ≤ y < bottom. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Shape {
  /** Whole pixels of the mask outside of which nothing is covered; may be empty. */
  readonly box: Box;
  /** Writes 0…255 for each column of the box in row `y`, which lies in the box. */
  row(y: number, coverage: Uint8Array): void;
}

/** Across, in pixels of the mask. */
export const maskBrushSizes = { smallest: 1, largest: 512 } as const;

/**
 * The brush on its way from one point to the next, round at both ends: no gap however fast it was.
 * @param size Across, in pixels.
 * @param hardness 0…1: the share of the radius that is covered fully; from there it falls evenly to nothing at the edge.
 */
export function brushShape(from: Point, to: Point, size: number, hardness: number, mask: Size): Shape {
  // The smallest brush takes just the pixel under it, wherever in it the pointer is.
  const [start, end] = size <= 1 ? [pixelMiddle(from), pixelMiddle(to)] : [from, to];
  const radius = Math.max(0.5, size / 2);
  // A pixel of falling off makes even the hardest edge smooth.
  const inner = Math.min(radius * Math.min(Math.max(hardness, 0), 1), Math.max(0, radius - 0.5));
  const outer = Math.max(radius, inner + 0.5);
  const across = { x: end.x - start.x, y: end.y - start.y };
  const squared = across.x ** 2 + across.y ** 2;
  const box = boxAround([start, end], outer, mask);
  return {
    box,
    row(y, coverage) {
      const dy = y + 0.5 - start.y;
      for (let x = box.left; x < box.right; x++) {
        const dx = x + 0.5 - start.x;
        const along = squared === 0 ? 0 : clamp((dx * across.x + dy * across.y) / squared, 0, 1);
        const distance = Math.hypot(dx - along * across.x, dy - along * across.y);
        coverage[x - box.left] =
          distance <= inner
            ? 255
            : distance >= outer
              ? 0
              : Math.round((255 * (outer - distance)) / (outer - inner));
      }
    },
  };
}

/** Whole pixels, those of both corners among them. */
export function rectangleShape(from: Point, to: Point, mask: Size): Shape {
  const box = {
    left: clamp(Math.floor(Math.min(from.x, to.x)), 0, mask.width),
    top: clamp(Math.floor(Math.min(from.y, to.y)), 0, mask.height),
    right: clamp(Math.floor(Math.max(from.x, to.x)) + 1, 0, mask.width),
    bottom: clamp(Math.floor(Math.max(from.y, to.y)) + 1, 0, mask.height),
  };
  return {
    box,
    row(_, coverage) {
      coverage.fill(255, 0, box.right - box.left);
    },
  };
}

/** The area inside a closed line, also where the line crosses itself; pixels whose middle is inside. */
export function lassoShape(points: readonly Point[], mask: Size): Shape {
  const box = boxAround(points, 0, mask);
  return {
    box,
    row(y, coverage) {
      const width = box.right - box.left;
      coverage.fill(0, 0, width);
      const crossings = crossingsOf(points, y + 0.5);
      let winding = 0;
      for (const [index, { x, turn }] of crossings.entries()) {
        winding += turn;
        if (winding === 0 || index + 1 === crossings.length) continue;
        const from = clamp(Math.ceil(x - 0.5) - box.left, 0, width);
        const to = clamp(Math.ceil(crossings[index + 1].x - 0.5) - box.left, 0, width);
        coverage.fill(255, from, to);
      }
    },
  };
}

/** `[` and `]`: a sixth more or less, and at least one pixel: a step that is felt at any size. */
export function nextMaskBrushSize(size: number, direction: -1 | 1): number {
  const step = Math.max(1, Math.round(size / 6));
  return clamp(Math.round(size) + direction * step, maskBrushSizes.smallest, maskBrushSizes.largest);
}

/** Where the closed line goes through a height, from left to right, and whether downwards (1) or upwards (-1). */
function crossingsOf(points: readonly Point[], y: number): { readonly x: number; readonly turn: number }[] {
  const crossings: { x: number; turn: number }[] = [];
  for (const [index, from] of points.entries()) {
    const to = points[(index + 1) % points.length];
    if (from.y <= y === to.y <= y) continue;
    const x = from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x);
    crossings.push({ x, turn: from.y <= y ? 1 : -1 });
  }
  return crossings.sort((a, b) => a.x - b.x);
}

function boxAround(points: readonly Point[], margin: number, mask: Size): Box {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y } of points) {
    left = Math.min(left, x);
    top = Math.min(top, y);
    right = Math.max(right, x);
    bottom = Math.max(bottom, y);
  }
  return {
    left: clamp(Math.floor(left - margin), 0, mask.width),
    top: clamp(Math.floor(top - margin), 0, mask.height),
    right: clamp(Math.ceil(right + margin), 0, mask.width),
    bottom: clamp(Math.ceil(bottom + margin), 0, mask.height),
  };
}

function pixelMiddle({ x, y }: Point): Point {
  return { x: Math.floor(x) + 0.5, y: Math.floor(y) + 0.5 };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
