/** The commands of every screen, to be read: the list of shortcuts also tells those of screens that are not open. */
import type { Command } from '../state/commands.svelte.ts';
import { filterCommands, galleryCommands } from './Gallery/gallery-commands.ts';
import { growCommands } from './Grow/grow-commands.ts';

export function screenCommands(): Command[] {
  const nothing = (): void => undefined;
  return [
    ...filterCommands({ search: nothing, bringIn: nothing }),
    ...galleryCommands({ exportSelected: nothing, deleteSelected: nothing }),
    ...growCommands({ stage: () => null, chooseStyle: nothing, save: nothing }),
  ];
}
