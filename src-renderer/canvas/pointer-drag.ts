/**
 * What pointers on a canvas mean: a drag with the tool, or moving and zooming the view. One finger, pen or left button
 * draws; the middle button, or whatever `isPanning` says, moves; two fingers move and zoom. Pure; pointer-input.ts
 * listens for it. Positions are CSS pixels from the canvas's left upper corner.
 */
import { pinchStep } from './pinch.ts';
import type { Point } from './view.ts';

export interface PointerHandlers {
  /** Whether a drag with the main button moves the view now. */
  isPanning(): boolean;
  onStart(at: Point): void;
  /** In the order of time; the last is where the pointer is. */
  onDrag(points: readonly Point[]): void;
  onEnd(): void;
  /** The drag became something else, e.g. a second finger came down. */
  onCancel(): void;
  /** Null when the pointer left. */
  onHover(at: Point | null): void;
  onPan(by: Point): void;
  onZoom(factor: number, at: Point): void;
}

export interface PointerPress {
  readonly pointer: number;
  readonly isFinger: boolean;
  /** 0 main, 1 middle. */
  readonly button: number;
  readonly at: Point;
}

export interface PointerDrag {
  down(press: PointerPress): void;
  /** @param points Where it was since the move before; the last is where it is. */
  move(pointer: number, isFinger: boolean, points: readonly Point[]): void;
  up(pointer: number): void;
  /** The system took the pointer away. */
  cancel(pointer: number): void;
}

/** A finger draws from here on, in CSS pixels; before, it may become the first of two. */
const fingerSlack = 5;

type Drag =
  | { readonly kind: 'none' }
  | { readonly kind: 'tool'; readonly pointer: number }
  | { readonly kind: 'pan'; readonly pointer: number; readonly last: Point }
  /** A finger that did not move yet. */
  | { readonly kind: 'pending'; readonly pointer: number; readonly start: Point }
  | { readonly kind: 'pinch' };

export function createPointerDrag(handlers: PointerHandlers): PointerDrag {
  const fingers = new Map<number, Point>();
  let drag: Drag = { kind: 'none' };

  const twoFingers = (): readonly [Point, Point] | null => {
    const [first, second] = [...fingers.values()];
    return first !== undefined && second !== undefined ? [first, second] : null;
  };
  const start = (pointer: number, at: Point): void => {
    drag = { kind: 'tool', pointer };
    handlers.onStart(at);
  };

  return {
    down({ pointer, isFinger, button, at }) {
      if (isFinger) {
        fingers.set(pointer, at);
        if (fingers.size === 2) {
          if (drag.kind === 'tool') handlers.onCancel();
          drag = { kind: 'pinch' };
          return;
        }
      }
      if (drag.kind !== 'none') return;
      if (button === 1 || handlers.isPanning()) drag = { kind: 'pan', pointer, last: at };
      else if (isFinger) drag = { kind: 'pending', pointer, start: at };
      else start(pointer, at);
    },

    move(pointer, isFinger, points) {
      const at = points[points.length - 1];
      const before = twoFingers();
      if (fingers.has(pointer)) fingers.set(pointer, at);
      switch (drag.kind) {
        case 'none':
          if (!isFinger) handlers.onHover(at);
          return;
        case 'pinch': {
          const after = twoFingers();
          if (before === null || after === null) return;
          const step = pinchStep(before, after);
          handlers.onPan(step.by);
          handlers.onZoom(step.factor, step.at);
          return;
        }
        case 'pending':
          if (pointer !== drag.pointer) return;
          if (Math.hypot(at.x - drag.start.x, at.y - drag.start.y) < fingerSlack) return;
          start(pointer, drag.start);
          handlers.onDrag(points);
          return;
        case 'pan':
          if (pointer !== drag.pointer) return;
          handlers.onPan({ x: at.x - drag.last.x, y: at.y - drag.last.y });
          drag = { ...drag, last: at };
          return;
        case 'tool':
          if (pointer !== drag.pointer) return;
          handlers.onHover(isFinger ? null : at);
          handlers.onDrag(points);
          return;
        default:
          drag satisfies never;
      }
    },

    up(pointer) {
      fingers.delete(pointer);
      if (drag.kind === 'pinch') {
        // The finger that is left does nothing more.
        if (fingers.size === 0) drag = { kind: 'none' };
        return;
      }
      if (drag.kind === 'none' || drag.pointer !== pointer) return;
      const ended = drag;
      drag = { kind: 'none' };
      if (ended.kind === 'pending') handlers.onStart(ended.start);
      if (ended.kind !== 'pan') handlers.onEnd();
    },

    cancel(pointer) {
      fingers.delete(pointer);
      if (drag.kind === 'pinch') {
        if (fingers.size === 0) drag = { kind: 'none' };
        return;
      }
      if (drag.kind === 'none' || drag.pointer !== pointer) return;
      if (drag.kind === 'tool') handlers.onCancel();
      drag = { kind: 'none' };
    },
  };
}
