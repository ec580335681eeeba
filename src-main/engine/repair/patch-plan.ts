/**
 * Which patches of a photo go through the model: first one that shows the whole hole with what is around it; where its
 * cells would be coarse, then overlapping ones of half the size, and again, each of which sees what was grown before.
 */
import type { Grid } from '#domain/automaton.ts';
import type { Box } from './regions.ts';

/** Of the patch's side, the part that the hole takes at most. */
const HOLE_PART = 0.6;
/** Pixels a cell that are fine enough. */
const FINE_CELL = 9;
const MOST_PATCHES = 64;

/** @returns levels from coarse to fine, each of patches within the photo, at least one */
export function planPatches(hole: Box, photo: { width: number; height: number }, grid: Grid): Box[][] {
  const cells = Math.max(grid.width, grid.height);
  const whole = Math.max(hole.width, hole.height) / HOLE_PART;
  const first = Math.max(cells, Math.ceil(whole));
  const levels: Box[][] = [[around(hole, first, photo)]];
  for (let side = first / 2; side * 2 > FINE_CELL * cells; side /= 2) {
    const patches = tiles(hole, Math.ceil(side), photo);
    if (patches.length > MOST_PATCHES) break;
    levels.push(patches);
  }
  return levels;
}

function around(hole: Box, side: number, photo: { width: number; height: number }): Box {
  const width = Math.min(side, photo.width);
  const height = Math.min(side, photo.height);
  return {
    x: within(Math.round(hole.x + hole.width / 2 - width / 2), photo.width - width),
    y: within(Math.round(hole.y + hole.height / 2 - height / 2), photo.height - height),
    ...{ width, height },
  };
}

/** Overlapping by half, so that each covers with its middle what others cover with their edges. */
function tiles(hole: Box, side: number, photo: { width: number; height: number }): Box[] {
  const patches: Box[] = [];
  for (const y of starts(hole.y, hole.height, side)) {
    for (const x of starts(hole.x, hole.width, side)) {
      patches.push(around({ x, y, width: side, height: side }, side, photo));
    }
  }
  return patches;
}

function starts(from: number, length: number, side: number): number[] {
  const half = side / 2;
  const count = Math.max(1, Math.ceil(length / half));
  const first = from + length / 2 - ((count - 1) * half) / 2 - half;
  return Array.from({ length: count }, (_, i) => Math.round(first + i * half));
}

function within(value: number, most: number): number {
  return Math.max(0, Math.min(value, most));
}
