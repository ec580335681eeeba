/** The canvas by keyboard: a cursor on a cell, moved by the arrow keys, that takes the pointer's place. */
import type { Point, Size } from './view.ts';

export interface CursorMove {
  readonly key: string;
  /** Ten cells instead of one. */
  readonly shiftKey: boolean;
}

/** The cell in the middle. */
export function middleCell(picture: Size): Point {
  return { x: Math.floor(picture.width / 2), y: Math.floor(picture.height / 2) };
}

/** @returns null for a key that does not move the cursor. */
export function moveCursor(cell: Point, move: CursorMove, picture: Size): Point | null {
  const step = cursorStep(move);
  return step === null ? null : insidePicture({ x: cell.x + step.x, y: cell.y + step.y }, picture);
}

/** How far a key moves the cursor; null for one that does not. */
export function cursorStep(move: CursorMove): Point | null {
  const by = move.shiftKey ? 10 : 1;
  const steps: Record<string, Point> = {
    ArrowLeft: { x: -by, y: 0 },
    ArrowRight: { x: by, y: 0 },
    ArrowUp: { x: 0, y: -by },
    ArrowDown: { x: 0, y: by },
  };
  return steps[move.key] ?? null;
}

/** The nearest cell of the picture. */
export function insidePicture(cell: Point, picture: Size): Point {
  return {
    x: Math.min(Math.max(cell.x, 0), picture.width - 1),
    y: Math.min(Math.max(cell.y, 0), picture.height - 1),
  };
}

/** The middle of a cell, as a point of the picture. */
export function centreOf(cell: Point): Point {
  return { x: cell.x + 0.5, y: cell.y + 0.5 };
}
