/** What the gallery can do, for the palette, the keys and the list of shortcuts. */
import type { ItemRef } from '#contract/shapes/library.ts';
import type { Command } from '../../state/commands.svelte.ts';
import { gallery } from '../../state/gallery.svelte.ts';
import { growItems, mixItems, updateItems } from '../../state/library-actions.ts';
import { mixer } from '../../state/mixer.svelte.ts';

export interface SelectionActions {
  readonly exportSelected: () => void;
  readonly deleteSelected: () => void;
}

export interface FilterActions {
  readonly search: () => void;
  readonly bringIn: () => void;
}

export function galleryCommands({ exportSelected, deleteSelected }: SelectionActions): Command[] {
  const ofSelection = (id: string, title: string, keys: readonly string[], run: () => void): Command => ({
    id: `gallery.${id}`,
    section: 'Gallery',
    title,
    keys,
    isEnabled: () => gallery.selected.size > 0,
    run,
  });
  const favourite = (isFavourite: boolean): void => void updateItems(gallery.selection, { isFavourite });
  const styles = (): ItemRef[] => gallery.selection.filter(({ kind }) => kind === 'style');
  return [
    {
      id: 'gallery.all',
      section: 'Gallery',
      title: 'Select all',
      keys: ['Mod+A'],
      run: () => void gallery.selectAll(),
    },
    ofSelection('none', 'Select nothing', ['Escape'], () => gallery.clearSelection()),
    ofSelection('grow', 'Grow what is selected', ['Mod+Enter'], () => growItems(gallery.selection)),
    {
      ...ofSelection('mix', 'Mix what is selected', ['Shift+M'], () => mixItems(gallery.selection)),
      isEnabled: () => styles().length > 0,
    },
    {
      ...ofSelection(
        'join',
        'Add what is selected to the mix',
        ['Shift+A'],
        () => void mixer.join(styles().map(({ id }) => id)),
      ),
      isEnabled: () => styles().length > 0 && mixer.styleIds.length > 0,
    },
    ofSelection('favourite', 'Favourite', ['F'], () => favourite(true)),
    ofSelection('no-favourite', 'No favourite any more', ['Shift+F'], () => favourite(false)),
    ofSelection('export', 'Export', ['Mod+E'], exportSelected),
    ofSelection('delete', 'Delete', ['Delete', 'Backspace'], deleteSelected),
  ];
}

export function filterCommands({ search, bringIn }: FilterActions): Command[] {
  const { favouritesOnly } = gallery.filter;
  return [
    { id: 'gallery.search', section: 'Gallery', title: 'Search', keys: ['/', 'Mod+F'], run: search },
    { id: 'gallery.bring-in', section: 'Gallery', title: 'Bring in files', keys: ['Mod+O'], run: bringIn },
    {
      id: 'gallery.favourites',
      section: 'Gallery',
      title: favouritesOnly ? 'Show all, not just favourites' : 'Show just favourites',
      run: () => gallery.setFilter({ favouritesOnly: !favouritesOnly }),
    },
  ];
}
