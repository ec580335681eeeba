/** The models of the library; few, so all are held. */
import type { Model } from '#contract/shapes/library.ts';
import { client } from '../lib/client.ts';
import { attempt } from './attempt.ts';

class Models {
  list: readonly Model[] | null = $state.raw(null);
  encoders: readonly Model[] = $derived((this.list ?? []).filter(({ canEncode }) => canEncode));

  async refresh(): Promise<void> {
    const list = await attempt(() => client.call('models.list', {}));
    if (list !== undefined) this.list = list;
  }
}

export const models = new Models();
