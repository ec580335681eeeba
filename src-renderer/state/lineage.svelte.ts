/** The family of one item, asked of the library generation by generation, as far as it is shown. */
import type { ItemRef } from '#contract/shapes/library.ts';
import { SvelteMap } from 'svelte/reactivity';
import { client } from '../lib/client.ts';
import { failureMessage } from './attempt.ts';
import { kinKey, layOutTree, type Kin, type Tree } from './lineage-tree.ts';

/** Up and down. */
const depth = 3;
/** Of a row. */
const mostPlaces = 8;

export class Lineage {
  readonly #known = new SvelteMap<string, Kin>();
  problem: string | null = $state(null);
  readonly #middle: ItemRef;
  #isClosed = false;

  constructor(middle: ItemRef) {
    this.#middle = middle;
    void this.#load();
  }

  get tree(): Tree {
    return layOutTree(this.#known, this.#middle, mostPlaces);
  }

  close(): void {
    this.#isClosed = true;
  }

  async #load(): Promise<void> {
    try {
      const first = await this.#ask(this.#middle);
      await Promise.all([this.#follow(first, 'parents'), this.#follow(first, 'children')]);
    } catch (failure) {
      if (!this.#isClosed) this.problem = failureMessage(failure);
    }
  }

  async #follow(from: Kin, direction: 'parents' | 'children'): Promise<void> {
    let row = [from];
    for (let level = 1; level < depth && row.length > 0 && !this.#isClosed; level += 1) {
      const next = row
        .flatMap((kin) => kin[direction])
        .filter((item, at, all) => all.findIndex((other) => kinKey(other) === kinKey(item)) === at)
        .filter((item) => !this.#known.has(kinKey(item)))
        .slice(0, mostPlaces);
      row = await Promise.all(next.map((item) => this.#ask(item)));
    }
  }

  async #ask(item: ItemRef): Promise<Kin> {
    const detail = await client.call('gallery.detail', { kind: item.kind, id: item.id });
    const { kind, id, name, picture, parents, children } = detail;
    const kin: Kin = { self: { kind, id, name, picture }, parents, children };
    if (!this.#isClosed) this.#known.set(kinKey(item), kin);
    return kin;
  }
}
