import { isDesktop } from '../lib/desktop-bridge.ts';

/** Keys that belong to a list or a canvas rather than to a command; for the list of shortcuts. */
export const fixedKeys: readonly { section: string; title: string; keys: readonly string[] }[] = [
  {
    section: 'Gallery',
    title: 'Move among the pictures',
    keys: ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'],
  },
  { section: 'Gallery', title: 'Select to here', keys: ['Shift+ArrowRight'] },
  { section: 'Gallery', title: 'Select, or not', keys: ['Space'] },
  { section: 'Gallery', title: 'Grow it', keys: ['Enter'] },
  { section: 'Gallery', title: 'To the first, to the last', keys: ['Home', 'End'] },
  ...(isDesktop
    ? [
        {
          section: 'Gallery',
          title: 'Out of the window: a style as its file, an artwork as a GIF',
          keys: ['Alt+drag'],
        },
      ]
    : []),
  {
    section: 'Grow',
    title: 'On the canvas: move the cell cursor; with Shift by ten cells',
    keys: ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'],
  },
  { section: 'Grow', title: 'On the canvas: use the tool there', keys: ['Enter'] },
  {
    section: 'Repair',
    title: 'On the photo: move the cursor; with Shift ten times as far',
    keys: ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'],
  },
  { section: 'Repair', title: 'On the photo: set the tool down, lift it', keys: ['Enter'] },
  { section: 'Repair', title: 'While held: the photo as it was', keys: ['C'] },
];
