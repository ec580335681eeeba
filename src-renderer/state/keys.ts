/**
 * Keys as they are written in the table of commands, `Mod+Shift+Z`, and as the keyboard sends them. Letters are compared
 * by what they type, or by their place where the layout types no Latin letter there.
 */
export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

const names: Readonly<Record<string, string>> = { Space: ' ', Plus: '+', Esc: 'Escape', Del: 'Delete' };

export function isPressed(keys: string, press: KeyPress, isMac: boolean): boolean {
  const parts = keys.split('+');
  const wanted = parts.at(-1) ?? '';
  const needs = (name: string): boolean => parts.slice(0, -1).includes(name);
  const mod = isMac ? press.metaKey : press.ctrlKey;
  const otherMod = isMac ? press.ctrlKey : press.metaKey;
  if (otherMod || mod !== needs('Mod') || press.altKey !== needs('Alt')) return false;
  const key = names[wanted] ?? wanted;
  // `?` and `+` lie under Shift on some layouts and not on others: for signs, what is typed counts.
  const isSign = key.length === 1 && !/[\p{L}\p{N} ]/u.test(key);
  if (!isSign && press.shiftKey !== needs('Shift')) return false;
  if (press.key.toLowerCase() === key.toLowerCase()) return true;
  const typesLatin = /^[\x20-\x7e]$/.test(press.key) || press.key.length > 1;
  return !typesLatin && press.code === `Key${key.toUpperCase()}`;
}

/** Whether they work while text is typed: with Mod, or a function key. */
export function worksInText(keys: string): boolean {
  return keys.includes('Mod+') || /^F\d+$/.test(keys);
}

/** Each key as it is printed on it. */
export function keyLabels(keys: string, isMac: boolean): string[] {
  const labels: Readonly<Record<string, string>> = {
    Mod: isMac ? '⌘' : 'Ctrl',
    Shift: isMac ? '⇧' : 'Shift',
    Alt: isMac ? '⌥' : 'Alt',
    ArrowLeft: '←',
    ArrowRight: '→',
    ArrowUp: '↑',
    ArrowDown: '↓',
    Escape: 'Esc',
    Plus: '+',
  };
  return keys.split('+').map((key) => labels[key] ?? key);
}
