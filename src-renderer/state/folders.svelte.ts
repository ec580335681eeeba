/** Folders of this machine, one level at a time, for choosing one in the page. */
import type { AppContract } from '#contract/app-contract.ts';
import type { Result } from '#contract/contract.ts';
import { client } from '../lib/client.ts';
import { failureMessage } from './attempt.ts';

export type FolderListing = Result<AppContract, 'folders.list'>;

export class FolderBrowser {
  listing: FolderListing | null = $state.raw(null);
  problem: string | null = $state(null);
  isLoading = $state(false);
  #round = 0;

  /** null is the home folder. What cannot be opened leaves what is shown. */
  async open(path: string | null): Promise<void> {
    const round = ++this.#round;
    this.isLoading = true;
    try {
      const listing = await client.call('folders.list', { path });
      if (round !== this.#round) return;
      this.listing = listing;
      this.problem = null;
    } catch (failure) {
      if (round === this.#round) this.problem = failureMessage(failure);
    } finally {
      if (round === this.#round) this.isLoading = false;
    }
  }
}
