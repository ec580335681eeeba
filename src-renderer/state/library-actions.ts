/** What is done with items of the library, from wherever: each tells what it did, with a way back where there is one. */
import type { ItemPatch, ItemRef, LibrarySummary } from '#contract/shapes/library.ts';
import { MOST_STYLES } from '#domain/mix.ts';
import { client, downloadUrl } from '../lib/client.ts';
import { app } from './app-state.svelte.ts';
import { attempt } from './attempt.ts';
import { router } from './router.svelte.ts';
import { toasts } from './toasts.svelte.ts';
import { plural } from './words.ts';

export function itemsWords(items: readonly ItemRef[]): string {
  const styles = items.filter(({ kind }) => kind === 'style').length;
  const artworks = items.length - styles;
  if (artworks === 0) return plural(styles, 'style');
  if (styles === 0) return plural(artworks, 'artwork');
  return `${plural(styles, 'style')} and ${plural(artworks, 'artwork')}`;
}

export async function undo(): Promise<void> {
  const what = app.library?.undo;
  if (what === null || what === undefined) return;
  if (await change(() => client.call('undo.undo', {})))
    toasts.show(`Undone: ${what}`, { action: redoAction, topic });
}

export async function redo(): Promise<void> {
  const what = app.library?.redo;
  if (what === null || what === undefined) return;
  if (await change(() => client.call('undo.redo', {})))
    toasts.show(`Done again: ${what}`, { action: undoAction, topic });
}

/** There is one stack of what can be undone, so one message about it. */
const topic = 'undo';
const undoAction = { label: 'Undo', run: () => void undo() };
const redoAction = { label: 'Redo', run: () => void redo() };

/** @returns whether it was done. */
export async function deleteItems(items: readonly ItemRef[]): Promise<boolean> {
  const isDone = await change(() => client.call('gallery.delete', { items: [...items] }));
  if (isDone) toasts.show(`Deleted ${itemsWords(items)}`, { action: undoAction, topic });
  return isDone;
}

export function updateItems(items: readonly ItemRef[], patch: ItemPatch): Promise<boolean> {
  return change(() => client.call('gallery.update', { items: [...items], patch }));
}

export async function addTags(items: readonly ItemRef[], tags: readonly string[]): Promise<void> {
  const isDone = await updateItems(items, { addTags: [...tags] });
  if (isDone && items.length > 1)
    toasts.show(`Tagged ${itemsWords(items)} “${tags.join('”, “')}”`, { action: undoAction, topic });
}

/** Into a folder of this machine, as a job. */
export async function exportItems(
  items: readonly { readonly kind: 'style' | 'artwork' | 'model'; readonly id: string }[],
  folder: string,
): Promise<void> {
  await attempt(() => client.call('export.start', { items: [...items], folder }));
}

/** One file, which the browser saves where it saves files. */
export function download(kind: 'style' | 'artwork' | 'model', id: string): void {
  const link = document.createElement('a');
  link.href = downloadUrl(kind, id);
  link.download = '';
  link.click();
}

export async function replay(artworkId: string): Promise<void> {
  const result = await attempt(() => client.call('artworks.replay', { artworkId }));
  if (result === undefined) return;
  if (result.isSame)
    toasts.show('Grown again from its recipe: the same picture to the last bit.', { kind: 'good' });
  else
    toasts.show(
      'Grown again from its recipe, the picture differs: this engine rounds differently from the one that made it.',
      { kind: 'bad' },
    );
}

export async function refine(styleId: string): Promise<void> {
  await attempt(() => client.call('styles.refine', { styleId }));
}

export async function encodeSample(sample: 'digits' | 'emoji'): Promise<void> {
  await attempt(() => client.call('samples.start', { sample }));
}

export async function renameModel(id: string, name: string): Promise<boolean> {
  return await change(() => client.call('models.rename', { id, name }));
}

export async function deleteModel(id: string, name: string): Promise<boolean> {
  const isDone = await change(() => client.call('models.delete', { id }));
  if (isDone) toasts.show(`Deleted the model “${name}”; its styles stay.`, { action: undoAction, topic });
  return isDone;
}

/** Opens what can be grown of the items: up to four styles in turns, or an artwork. */
export function growItems(items: readonly ItemRef[]): void {
  const [first] = items;
  if (first === undefined) return;
  if (first.kind === 'artwork') router.growArtwork(first.id);
  else
    router.grow(
      ...items
        .filter(({ kind }) => kind === 'style')
        .slice(0, 4)
        .map(({ id }) => id),
    );
}

/** Opens two to four styles, or one to be joined by others, in the mixer. */
export function mixItems(items: readonly ItemRef[]): void {
  const styles = items.filter(({ kind }) => kind === 'style').slice(0, MOST_STYLES);
  if (styles.length > 0) router.mix(...styles.map(({ id }) => id));
}

async function change(work: () => Promise<LibrarySummary>): Promise<boolean> {
  const library = await attempt(work);
  if (library === undefined) return false;
  app.setLibrary(library);
  return true;
}
