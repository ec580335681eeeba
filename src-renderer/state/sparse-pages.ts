/**
 * A long list of which only the pages that were looked at are held. What is shown stays until its newer version comes,
 * so that nothing flickers; an answer to a question that is no longer asked is dropped.
 */
export interface Page<T> {
  readonly total: number;
  readonly items: readonly T[];
}

export class SparsePages<T> {
  readonly pageSize: number;
  readonly #fetch: (offset: number, limit: number) => Promise<Page<T>>;
  readonly #onChange: () => void;
  readonly #onFailure: (failure: unknown) => void;
  #pages = new Map<number, readonly T[]>();
  /** Held, but of before the last change. */
  #stale = new Set<number>();
  #asked = new Set<number>();
  #round = 0;
  /** null until the first answer. */
  total: number | null = null;
  #isTotalFresh = false;

  constructor(options: {
    pageSize: number;
    fetch: (offset: number, limit: number) => Promise<Page<T>>;
    onChange: () => void;
    onFailure: (failure: unknown) => void;
  }) {
    this.pageSize = options.pageSize;
    this.#fetch = options.fetch;
    this.#onChange = options.onChange;
    this.#onFailure = options.onFailure;
  }

  at(index: number): T | null {
    return this.#pages.get(Math.floor(index / this.pageSize))?.[index % this.pageSize] ?? null;
  }

  /** Index of a held item, or -1. */
  find(matches: (item: T) => boolean): number {
    for (const [page, items] of this.#pages) {
      const index = items.findIndex(matches);
      if (index >= 0) return page * this.pageSize + index;
    }
    return -1;
  }

  /** Another question: nothing held answers it. */
  reset(): void {
    this.#round += 1;
    this.#pages = new Map();
    this.#stale = new Set();
    this.#asked = new Set();
    this.total = null;
    this.#isTotalFresh = false;
  }

  /** The same question may have a new answer; what is held is shown until it comes. */
  invalidate(): void {
    this.#round += 1;
    this.#stale = new Set(this.#pages.keys());
    this.#asked = new Set();
    this.#isTotalFresh = false;
  }

  /** Sees to it that items `first`…`last` are held and fresh. */
  async ensure(first: number, last: number): Promise<void> {
    // An old total may be too small by now.
    const end = this.total === null || !this.#isTotalFresh ? last : Math.min(last, this.total - 1);
    const wanted: Promise<void>[] = [];
    for (let page = Math.floor(Math.max(first, 0) / this.pageSize); page * this.pageSize <= end; page += 1) {
      const isHeld = this.#pages.has(page) && !this.#stale.has(page);
      if (!isHeld && !this.#asked.has(page)) wanted.push(this.#load(page));
    }
    await Promise.all(wanted);
  }

  async #load(page: number): Promise<void> {
    const round = this.#round;
    this.#asked.add(page);
    try {
      const { total, items } = await this.#fetch(page * this.pageSize, this.pageSize);
      if (round !== this.#round) return;
      this.total = total;
      this.#isTotalFresh = true;
      this.#pages.set(page, items);
      for (const held of this.#pages.keys())
        if (held * this.pageSize >= total && held > 0) this.#pages.delete(held);
    } catch (failure) {
      if (round === this.#round) this.#onFailure(failure);
      return;
    } finally {
      if (round === this.#round) {
        this.#asked.delete(page);
        this.#stale.delete(page);
      }
    }
    this.#onChange();
  }
}
