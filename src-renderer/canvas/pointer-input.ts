/**
 * Listens to the pointers and the wheel on a canvas for pointer-drag.ts. All positions between two events (coalesced
 * ones) are handed on, so that a fast stroke keeps its shape.
 */
import { wheelFactor } from './pinch.ts';
import { createPointerDrag, type PointerHandlers } from './pointer-drag.ts';
import type { Point } from './view.ts';

/** @returns ends it. */
export function listenToPointers(canvas: HTMLCanvasElement, handlers: PointerHandlers): () => void {
  const drag = createPointerDrag(handlers);
  const cleanUp = new AbortController();
  const { signal } = cleanUp;

  const position = (event: MouseEvent): Point => {
    const box = canvas.getBoundingClientRect();
    return { x: event.clientX - box.left - canvas.clientLeft, y: event.clientY - box.top - canvas.clientTop };
  };

  const down = (event: PointerEvent): void => {
    const { pointerId: pointer, pointerType, button } = event;
    if (button !== 0 && button !== 1) return;
    // The middle button would start scrolling.
    if (button === 1) event.preventDefault();
    canvas.setPointerCapture(pointer);
    drag.down({ pointer, isFinger: pointerType === 'touch', button, at: position(event) });
  };

  const move = (event: PointerEvent): void => {
    const between = event.getCoalescedEvents();
    const points = (between.length > 0 ? between : [event]).map(position);
    drag.move(event.pointerId, event.pointerType === 'touch', points);
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
  canvas.addEventListener('pointerup', ({ pointerId }) => drag.up(pointerId), { signal });
  canvas.addEventListener('pointercancel', ({ pointerId }) => drag.cancel(pointerId), { signal });
  canvas.addEventListener('pointerleave', () => handlers.onHover(null), { signal });
  canvas.addEventListener('wheel', wheel, { signal, passive: false });
  return () => cleanUp.abort();
}
