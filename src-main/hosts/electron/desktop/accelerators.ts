/** Keys as the window's table of commands writes them, `Mod+Shift+Z`, as Electron's menus write them. */

const names: Readonly<Record<string, string>> = {
  Mod: 'CommandOrControl',
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  Enter: 'Return',
  Escape: 'Escape',
};

export interface Shortcut {
  readonly accelerator: string;
  /** False shows the keys and leaves them to the page, which knows when they are typed text. */
  readonly registerAccelerator: false;
}

/**
 * The keys that a menu can show, or undefined. The page hears keys before the menu does, so none has to be
 * registered; a Mac registers all that it shows, and there keys without ⌘ would be taken from text that is typed.
 */
export function shortcutOf(keys: readonly string[], platform: NodeJS.Platform): Shortcut | undefined {
  const shown = platform === 'darwin' ? keys.filter((key) => /(^|\+)Mod\+|^(Shift\+)?F\d+$/.test(key)) : keys;
  // Of several keys, the one that people know from other programs.
  const first = shown.find((key) => key.includes('Mod+')) ?? shown[0];
  if (first === undefined) return undefined;
  const accelerator = first
    .split('+')
    .map((key) => names[key] ?? key)
    .join('+');
  return { accelerator, registerAccelerator: false };
}
