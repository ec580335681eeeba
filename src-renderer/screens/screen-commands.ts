/** The commands of every screen, to be read: the list of shortcuts also tells those of screens that are not open. */
import type { Command } from '../state/commands.svelte.ts';
import { filterCommands, galleryCommands } from './Gallery/gallery-commands.ts';
import { growCommands } from './Grow/grow-commands.ts';
import { repairCommands } from './Repair/repair-commands.ts';
import { mixerCommands } from './Mixer/mixer-commands.ts';

export function screenCommands(): Command[] {
  const nothing = (): void => undefined;
  return [
    ...filterCommands({ search: nothing, bringIn: nothing }),
    ...galleryCommands({ exportSelected: nothing, deleteSelected: nothing }),
    ...repairCommands({
      stage: () => null,
      choosePhoto: nothing,
      loadMask: nothing,
      saveMask: nothing,
      saveIntoFolder: nothing,
      actualSize: nothing,
    }),
    ...growCommands({ stage: () => null, chooseStyle: nothing, save: nothing }),
    ...mixerCommands({
      stage: () => null,
      save: nothing,
      saveStyle: nothing,
      addStyle: nothing,
      compare: nothing,
      morph: nothing,
    }),
  ];
}
