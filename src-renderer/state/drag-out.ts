/** Dragging items out of the desktop's window, as files: the desktop makes them and takes the drag over. */
import type { ItemRef } from '#contract/shapes/library.ts';
import { client } from '../lib/client.ts';
import { attempt } from './attempt.ts';

export { isDesktop as canDragOut } from '../lib/desktop-bridge.ts';

/**
 * What a drag of these brings out of the window, or null where it is one within it: an artwork its picture, with Alt the
 * GIF of its growth; a style, which is dragged into the mixer else, with Alt its file.
 */
export function draggedOutAs(kind: ItemRef['kind'], isAlt: boolean): 'file' | 'gif' | null {
  if (kind === 'artwork') return isAlt ? 'gif' : 'file';
  return isAlt ? 'file' : null;
}

/** To be called in `dragstart`, whose own drag it prevents. Let go before the files are there, nothing is dragged. */
export function dragOut(event: DragEvent, items: readonly ItemRef[], as: 'file' | 'gif'): void {
  event.preventDefault();
  const letGo = new AbortController();
  const up = (): void => letGo.abort();
  addEventListener('pointerup', up, { once: true });
  const given = items.slice(0, 100).map(({ kind, id }) => ({ kind, id }));
  void attempt(() => client.call('desktop.drag', { items: given, as }, { signal: letGo.signal })).finally(
    () => removeEventListener('pointerup', up),
  );
}
