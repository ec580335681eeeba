/** `shell`: what would open elsewhere is noted. */
import type Electron from 'electron';
import type { Like } from './like-electron.ts';

/** Addresses and paths, in their order, for tests to look at. */
export const openedElsewhere: string[] = [];

export const shell = {
  openExternal: async (address) => void openedElsewhere.push(address),
  openPath: async (path) => {
    openedElsewhere.push(path);
    return '';
  },
  showItemInFolder: (path) => void openedElsewhere.push(path),
} satisfies Like<Electron.Shell, 'openExternal' | 'openPath' | 'showItemInFolder'>;
