/** What is dragged inside the window: a style from the list, or a slot's. Not files, which the whole window takes. */
const type = 'application/x-morphogen-style';

export interface StyleInHand {
  readonly styleId: string;
  /** Where it comes from, if from a slot. */
  readonly slot: number | null;
}

export function takeInHand(event: DragEvent, hand: StyleInHand): void {
  event.dataTransfer?.setData(type, JSON.stringify(hand));
  if (event.dataTransfer !== null) event.dataTransfer.effectAllowed = 'copyMove';
}

/** While it is dragged over something, only its type is known. */
export function isStyleInHand(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes(type) ?? false;
}

/** null for anything else, also for what another program gave the same name. */
export function dropFromHand(event: DragEvent): StyleInHand | null {
  const text = event.dataTransfer?.getData(type) ?? '';
  try {
    const hand: unknown = JSON.parse(text);
    if (typeof hand !== 'object' || hand === null || !('styleId' in hand) || !('slot' in hand)) return null;
    const { styleId, slot } = hand;
    if (typeof styleId !== 'string' || !/^[0-9a-zA-Z_-]{1,64}$/.test(styleId)) return null;
    return { styleId, slot: typeof slot === 'number' && Number.isInteger(slot) ? slot : null };
  } catch {
    return null;
  }
}
