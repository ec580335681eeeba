/**
 * The gallery: what is looked for, which of the items are held, which are selected, and which one has the keyboard.
 * Items are spoken of by their place in the list; the selection by kind and id, as places change.
 */
import type { GalleryItem, GalleryQuery, ItemDetail, ItemRef } from '#contract/shapes/library.ts';
import { AppError } from '#domain/errors.ts';
import { untrack } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import { client } from '../lib/client.ts';
import { attempt, isCancelled, failureMessage } from './attempt.ts';
import { SparsePages } from './sparse-pages.ts';

export type Filter = Pick<GalleryQuery, 'kinds' | 'search' | 'tags' | 'favouritesOnly' | 'modelId' | 'sort'>;

const pageSize = 200;
/** The most that one answer may hold. */
const fetchLimit = 500;
const everything: Filter = {
  kinds: ['style', 'artwork'],
  search: '',
  tags: [],
  favouritesOnly: false,
  modelId: null,
  sort: 'newest',
};

export function keyOf({ kind, id }: ItemRef): string {
  return `${kind}:${id}`;
}

class GalleryState {
  filter: Filter = $state.raw(everything);
  isFiltered = $derived(
    this.filter.search !== '' ||
      this.filter.tags.length > 0 ||
      this.filter.favouritesOnly ||
      this.filter.modelId !== null ||
      this.filter.kinds.length < 2,
  );
  tags: readonly { readonly name: string; readonly count: number }[] = $state.raw([]);
  problem: string | null = $state(null);
  /** The place that has the keyboard. */
  focused = $state(0);
  /** By key, in the order of selection. */
  readonly selected = new SvelteMap<string, ItemRef>();
  selection: readonly ItemRef[] = $derived([...this.selected.values()]);
  /** Of the one selected item. */
  detail: ItemDetail | null = $state.raw(null);
  /** Opens with the first selection and stays until it is closed: pictures move aside once, not at every click. */
  isPanelOpen = $state(false);
  /** Where a range of Shift begins. */
  #anchor = 0;
  /** Grows when an item that is held may be another one: reading it is what makes a reader follow. Never below 0. */
  #version = $state(0);
  #visible: readonly [number, number] = [0, pageSize - 1];
  #detailRound = 0;
  readonly #pages = new SparsePages<GalleryItem>({
    pageSize,
    fetch: (offset, limit) => client.call('gallery.list', { ...untrack(() => this.#query()), offset, limit }),
    onChange: () => {
      this.problem = null;
      this.#version += 1;
    },
    onFailure: (failure) => {
      if (!isCancelled(failure)) this.problem = failureMessage(failure);
    },
  });

  /** null until it is known. */
  get total(): number | null {
    return this.#version < 0 ? null : this.#pages.total;
  }

  at(index: number): GalleryItem | null {
    return this.#version < 0 ? null : this.#pages.at(index);
  }

  setFilter(change: Partial<Filter>): void {
    this.filter = { ...this.filter, ...change };
    this.focused = 0;
    this.#anchor = 0;
    this.selected.clear();
    this.detail = null;
    this.#pages.reset();
    this.show(0, pageSize - 1);
  }

  clearFilter(): void {
    this.setFilter({ ...everything, sort: this.filter.sort });
  }

  /** These places are on the screen. */
  show(first: number, last: number): void {
    this.#visible = [first, last];
    // A little ahead, so that scrolling finds pictures rather than gaps.
    void this.#pages.ensure(first - 60, last + 60);
  }

  /** Asks again: the library changed, or a connection came back. */
  refresh(): void {
    this.#pages.invalidate();
    void this.#pages.ensure(...this.#visible);
    void this.#loadTags();
    const detail = untrack(() => this.detail);
    if (detail !== null) void this.#loadDetail(detail);
  }

  isSelected(item: ItemRef): boolean {
    return this.selected.has(keyOf(item));
  }

  async selectOnly(index: number): Promise<void> {
    this.focused = index;
    this.#anchor = index;
    if (this.at(index) === null) await this.#pages.ensure(index, index);
    const item = this.at(index);
    if (item === null || this.focused !== index) return;
    this.selected.clear();
    this.#add(item);
    void this.#loadDetail(item);
  }

  toggle(index: number): void {
    const item = this.at(index);
    this.focused = index;
    this.#anchor = index;
    if (item === null) return;
    if (!this.selected.delete(keyOf(item))) this.#add(item);
    this.#selectionChanged();
  }

  /** From where the last single selection was to here, as Shift does. */
  async selectTo(index: number): Promise<void> {
    this.focused = index;
    const [first, last] = [Math.min(this.#anchor, index), Math.max(this.#anchor, index)];
    await this.#pages.ensure(first, last);
    this.selected.clear();
    for (let place = first; place <= last; place += 1) {
      const item = this.at(place);
      if (item !== null) this.#add(item);
    }
    this.#selectionChanged();
  }

  async selectAll(): Promise<void> {
    const { filter } = this;
    for (let offset = 0; ; offset += fetchLimit) {
      const page = await attempt(() =>
        client.call('gallery.list', { ...this.#query(), offset, limit: fetchLimit }),
      );
      if (page === undefined || filter !== this.filter) return;
      for (const item of page.items) this.#add(item);
      if (offset + fetchLimit >= page.total) break;
    }
    this.#selectionChanged();
  }

  clearSelection(): void {
    this.selected.clear();
    this.detail = null;
    this.#detailRound += 1;
  }

  closePanel(): void {
    this.clearSelection();
    this.isPanelOpen = false;
  }

  /** Of an item that may lie outside the list: a parent, a similar style. */
  showItem(item: ItemRef): void {
    const index = this.#pages.find((held) => keyOf(held) === keyOf(item));
    if (index >= 0) this.focused = index;
    this.selected.clear();
    this.#add(item);
    void this.#loadDetail(item);
  }

  #add({ kind, id }: ItemRef): void {
    this.selected.set(keyOf({ kind, id }), { kind, id });
    this.isPanelOpen = true;
  }

  #selectionChanged(): void {
    const [only] = this.selected.values();
    if (this.selected.size === 1 && only !== undefined) void this.#loadDetail(only);
    else {
      this.#detailRound += 1;
      this.detail = null;
    }
  }

  async #loadDetail({ kind, id }: ItemRef): Promise<void> {
    const round = ++this.#detailRound;
    try {
      const detail = await client.call('gallery.detail', { kind, id });
      if (round === this.#detailRound) this.detail = detail;
    } catch (failure) {
      if (round !== this.#detailRound) return;
      // Deleted meanwhile, here or in another window; or nobody answers, and the next connection asks again.
      this.detail = null;
      if (failure instanceof AppError && failure.code === 'not-found')
        this.selected.delete(keyOf({ kind, id }));
    }
  }

  async #loadTags(): Promise<void> {
    const tags = await attempt(() => client.call('gallery.tags', {}));
    if (tags !== undefined) this.tags = tags;
  }

  #query(): Filter & { kinds: Filter['kinds']; tags: Filter['tags'] } {
    return { ...this.filter, kinds: [...this.filter.kinds], tags: [...this.filter.tags] };
  }
}

export const gallery = new GalleryState();
