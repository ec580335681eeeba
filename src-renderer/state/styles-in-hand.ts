/**
 * What is dragged inside the window: styles from the gallery or from a list, or a slot's. Not files, which the whole
 * window takes. Browsers tell only its type until it is dropped.
 */
import { MOST_STYLES } from '#domain/mix.ts';

const type = 'application/x-morphogen-style';

/** What of a drag's event is read and written here. */
interface Drag {
  readonly dataTransfer: {
    readonly types: readonly string[];
    effectAllowed: string;
    setData(type: string, text: string): void;
    getData(type: string): string;
  } | null;
}

export interface StylesInHand {
  /** One to four. */
  readonly styleIds: readonly string[];
  /** Where it comes from, if from a slot. */
  readonly slot: number | null;
}

export function takeInHand(event: Drag, hand: StylesInHand): void {
  const { dataTransfer } = event;
  if (dataTransfer === null) return;
  dataTransfer.setData(type, JSON.stringify(hand));
  dataTransfer.effectAllowed = 'copyMove';
}

/** While it is dragged over something, only its type is known. */
export function isStyleInHand(event: Drag): boolean {
  return event.dataTransfer?.types.includes(type) ?? false;
}

/** null for anything else, also for what another program gave the same name. */
export function dropFromHand(event: Drag): StylesInHand | null {
  return readHand(event.dataTransfer?.getData(type) ?? '');
}

export function readHand(text: string): StylesInHand | null {
  try {
    const hand: unknown = JSON.parse(text);
    if (typeof hand !== 'object' || hand === null || !('styleIds' in hand) || !('slot' in hand)) return null;
    const { styleIds, slot } = hand;
    if (!Array.isArray(styleIds) || styleIds.length === 0 || styleIds.length > MOST_STYLES) return null;
    if (!styleIds.every((id) => typeof id === 'string' && /^[0-9a-zA-Z_-]{1,64}$/.test(id))) return null;
    return {
      styleIds: styleIds as string[],
      slot: typeof slot === 'number' && Number.isInteger(slot) ? slot : null,
    };
  } catch {
    return null;
  }
}
