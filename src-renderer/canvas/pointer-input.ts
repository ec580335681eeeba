/**
 * Pointers on a canvas, told as what they mean: a drag with the tool, or moving and zooming the view. One finger, pen or
 * left button draws; the middle button, or whatever `isPanning` says, moves; two fingers move and zoom. All positions
 * between two events (coalesced ones) are handed on, so that a fast stroke keeps its shape.
 */
import { pinchStep, wheelFactor } from './pinch.ts';
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

/** A finger draws from here on, in CSS pixels; before, it may become the first of two. */
const fingerSlack = 5;

type Drag =
  | { readonly kind: 'none' }
  | { readonly kind: 'tool'; readonly pointer: number }
  | { readonly kind: 'pan'; readonly pointer: number; readonly last: Point }
  /** A finger that did not move yet. */
  | { readonly kind: 'pending'; readonly pointer: number; readonly start: Point }
  | { readonly kind: 'pinch' };

/** @returns ends it. Positions are CSS pixels from the canvas's left upper corner. */
export function listenToPointers(canvas: HTMLCanvasElement, handlers: PointerHandlers): () => void {
  const fingers = new Map<number, Point>();
  let drag: Drag = { kind: 'none' };
  const cleanUp = new AbortController();
  const { signal } = cleanUp;

  const position = (event: MouseEvent): Point => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left - canvas.clientLeft, y: event.clientY - box.top - canvas.clientTop };
  };
  const twoFingers = (): readonly [Point, Point] | null => {
    const [first, second] = [...fingers.values()];
    return first !== undefined && second !== undefined ? [first, second] : null;
  };

  const down = (event: PointerEvent): void => {
    if (event.button !== 0 && event.button !== 1) return;
    // The middle button would start scrolling.
    if (event.button === 1) event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    const at = position(event);
    if (event.pointerType === 'touch') {
      fingers.set(event.pointerId, at);
      if (fingers.size === 2) {
        if (drag.kind === 'tool') handlers.onCancel();
        drag = { kind: 'pinch' };
        return;
      }
    }
    if (drag.kind !== 'none') return;
    if (event.button === 1 || handlers.isPanning())
      drag = { kind: 'pan', pointer: event.pointerId, last: at };
    else if (event.pointerType === 'touch') drag = { kind: 'pending', pointer: event.pointerId, start: at };
    else start(event.pointerId, at);
  };

  const start = (pointer: number, at: Point): void => {
    drag = { kind: 'tool', pointer };
    handlers.onStart(at);
  };

  const move = (event: PointerEvent): void => {
    const at = position(event);
    const before = twoFingers();
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, at);
    switch (drag.kind) {
      case 'none':
        if (event.pointerType !== 'touch') handlers.onHover(at);
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
        if (event.pointerId !== drag.pointer) return;
        if (Math.hypot(at.x - drag.start.x, at.y - drag.start.y) < fingerSlack) return;
        start(event.pointerId, drag.start);
        handlers.onDrag(positions(event));
        return;
      case 'pan':
        if (event.pointerId !== drag.pointer) return;
        handlers.onPan({ x: at.x - drag.last.x, y: at.y - drag.last.y });
        drag = { ...drag, last: at };
        return;
      case 'tool':
        if (event.pointerId !== drag.pointer) return;
        handlers.onHover(event.pointerType === 'touch' ? null : at);
        handlers.onDrag(positions(event));
        return;
      default:
        drag satisfies never;
    }
  };

  const positions = (event: PointerEvent): Point[] => {
    const events = event.getCoalescedEvents();
    return (events.length > 0 ? events : [event]).map(position);
  };

  const up = (event: PointerEvent): void => {
    fingers.delete(event.pointerId);
    if (drag.kind === 'pinch') {
      // The finger that is left does nothing more.
      if (fingers.size === 0) drag = { kind: 'none' };
      return;
    }
    if (drag.kind === 'none' || drag.pointer !== event.pointerId) return;
    const ended = drag;
    drag = { kind: 'none' };
    if (ended.kind === 'pending') {
      handlers.onStart(ended.start);
      handlers.onEnd();
    } else if (ended.kind === 'tool') handlers.onEnd();
  };

  const cancel = (event: PointerEvent): void => {
    fingers.delete(event.pointerId);
    if (drag.kind === 'tool' && drag.pointer === event.pointerId) handlers.onCancel();
    if (drag.kind !== 'pinch' || fingers.size === 0) drag = { kind: 'none' };
  };

  const wheel = (event: WheelEvent): void => {
    event.preventDefault();
    if (event.shiftKey && !event.ctrlKey) {
      handlers.onPan({ x: -(event.deltaX || event.deltaY), y: 0 });
      return;
    }
    handlers.onZoom(wheelFactor(event.deltaY, event.deltaMode, event.ctrlKey), position(event));
  };

  canvas.style.touchAction = 'none';
  canvas.addEventListener('pointerdown', down, { signal });
  canvas.addEventListener('pointermove', move, { signal });
  canvas.addEventListener('pointerup', up, { signal });
  canvas.addEventListener('pointercancel', cancel, { signal });
  canvas.addEventListener('pointerleave', () => handlers.onHover(null), { signal });
  canvas.addEventListener('wheel', wheel, { signal, passive: false });
  return () => cleanUp.abort();
}
