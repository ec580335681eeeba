/** The models of the library; few, so all are held. */
import type { Model } from '#contract/shapes/library.ts';
import { client } from '../lib/client.ts';
import { attempt } from './attempt.ts';

class Models {
  list: readonly Model[] | null = $state.raw(null);
  /** Newest first: who trained a model wants to use it. */
  encoders: readonly Model[] = $derived(
    (this.list ?? []).filter(({ canEncode }) => canEncode).toSorted((a, b) => b.createdMs - a.createdMs),
  );

  async refresh(): Promise<void> {
    const list = await attempt(() => client.call('models.list', {}));
    if (list !== undefined) this.list = list;
  }
}

export const models = new Models();
