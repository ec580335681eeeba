/** A key that counts as long as it is held, but not while text is typed, nor with Ctrl and the like. */

const typing =
  'input:not([type=range], [type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable], dialog *';

/** @param key As the keyboard sends it, in lower case. @returns ends it. */
export function holdKey(key: string, onChange: (isHeld: boolean) => void): () => void {
  let isHeld = false;
  const set = (next: boolean): void => {
    if (next === isHeld) return;
    isHeld = next;
    onChange(next);
  };
  const cleanUp = new AbortController();
  const { signal } = cleanUp;
  const down = (event: KeyboardEvent): void => {
    if (event.key.toLowerCase() !== key || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof Element && event.target.closest(typing) !== null) return;
    event.preventDefault();
    set(true);
  };
  const up = (event: KeyboardEvent): void => {
    if (event.key.toLowerCase() === key) set(false);
  };
  addEventListener('keydown', down, { signal });
  addEventListener('keyup', up, { signal });
  // Let go in another window, it would be held for ever.
  addEventListener('blur', () => set(false), { signal });
  return () => {
    set(false);
    cleanUp.abort();
  };
}
