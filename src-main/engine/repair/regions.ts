/**
 * Where a mask is: the rectangles of its separate parts, so that a scratch here and a spot there are each repaired with
 * what surrounds them. Parts that come close to each other are one.
 */

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Pixels a side of the blocks by which parts are told apart. */
const BLOCK = 8;

/**
 * @param mask [H, W]; every value above 0 counts
 * @param margin pixels around each part that no other part may share
 * @returns in reading order, not overlapping with their margins; without them
 */
export function maskParts(mask: Uint8Array, width: number, margin: number): Box[] {
  const height = mask.length / width;
  const [columns, rows] = [Math.ceil(width / BLOCK), Math.ceil(height / BLOCK)];
  const boxes = new Map<number, Extent>();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (mask[y * width + x] === 0) continue;
      const block = Math.floor(y / BLOCK) * columns + Math.floor(x / BLOCK);
      const extent = boxes.get(block);
      if (extent === undefined) boxes.set(block, { left: x, top: y, right: x + 1, bottom: y + 1 });
      else widen(extent, { left: x, top: y, right: x + 1, bottom: y + 1 });
    }
  }
  const parts: Extent[] = [];
  for (const first of [...boxes.keys()].sort((a, b) => a - b)) {
    const start = boxes.get(first);
    if (start === undefined) continue;
    boxes.delete(first);
    const part = { ...start };
    const waiting = [first];
    for (let block = waiting.pop(); block !== undefined; block = waiting.pop()) {
      const [column, row] = [block % columns, Math.floor(block / columns)];
      for (let r = Math.max(0, row - 1); r <= Math.min(rows - 1, row + 1); r++) {
        for (let c = Math.max(0, column - 1); c <= Math.min(columns - 1, column + 1); c++) {
          const neighbour = boxes.get(r * columns + c);
          if (neighbour === undefined) continue;
          boxes.delete(r * columns + c);
          widen(part, neighbour);
          waiting.push(r * columns + c);
        }
      }
    }
    parts.push(part);
  }
  return merged(parts, margin).map(({ left, top, right, bottom }) => ({
    ...{ x: left, y: top, width: right - left, height: bottom - top },
  }));
}

interface Extent {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

function widen(extent: Extent, { left, top, right, bottom }: Extent): void {
  extent.left = Math.min(extent.left, left);
  extent.top = Math.min(extent.top, top);
  extent.right = Math.max(extent.right, right);
  extent.bottom = Math.max(extent.bottom, bottom);
}

function merged(parts: readonly Extent[], margin: number): Extent[] {
  let whole: Extent[] = [];
  for (const part of parts) {
    // Grown by those that it meets, it may meet others.
    for (let met: Extent | undefined; (met = whole.find((other) => meet(part, other, margin)));) {
      widen(part, met);
      whole = whole.filter((other) => other !== met);
    }
    whole.push(part);
  }
  return whole.sort((a, b) => a.top - b.top || a.left - b.left);
}

function meet(a: Extent, b: Extent, margin: number): boolean {
  const gap = 2 * margin;
  return a.left < b.right + gap && b.left < a.right + gap && a.top < b.bottom + gap && b.top < a.bottom + gap;
}
