/** Backing up, checking, restoring and tidying the library, with what came of each in words. */
import type { AppContract } from '#contract/app-contract.ts';
import type { Result } from '#contract/contract.ts';
import { client } from '../lib/client.ts';
import { app } from './app-state.svelte.ts';
import { failureMessage } from './attempt.ts';
import { byteWords, plural } from './words.ts';

export type CareTask = 'backup' | 'check' | 'restore' | 'collect';

export interface CareOutcome {
  readonly tone: 'good' | 'bad';
  readonly message: string;
  readonly problems: readonly string[];
}

class LibraryCare {
  backups: Result<AppContract, 'library.backups'> = $state.raw([]);
  running: CareTask | null = $state(null);
  outcome: CareOutcome | null = $state.raw(null);

  async refresh(): Promise<void> {
    try {
      this.backups = await client.call('library.backups', {});
    } catch (failure) {
      this.outcome = { tone: 'bad', message: failureMessage(failure), problems: [] };
    }
  }

  backUp(): Promise<void> {
    return this.#run('backup', async () => {
      const { path } = await client.call('library.backup', {});
      await this.refresh();
      return { tone: 'good', message: `Backed up to ${path}`, problems: [] };
    });
  }

  check(): Promise<void> {
    return this.#run('check', async () => {
      const { isSound, problems } = await client.call('library.check', {});
      if (isSound)
        return {
          tone: 'good',
          message: 'The library is sound: every record and file is as it should be.',
          problems,
        };
      return { tone: 'bad', message: `The library has ${plural(problems.length, 'problem')}.`, problems };
    });
  }

  restore(path: string): Promise<void> {
    return this.#run('restore', async () => {
      app.setLibrary(await client.call('library.restore', { path }));
      await this.refresh();
      return {
        tone: 'good',
        message: 'Restored. What was there before lies in the data folder, under set-aside.',
        problems: [],
      };
    });
  }

  collect(): Promise<void> {
    return this.#run('collect', async () => {
      const { files, bytes } = await client.call('library.collect', {});
      const message =
        files === 0
          ? 'Nothing to throw away: every file is still needed.'
          : `Threw away ${plural(files, 'file')} that nothing needs; ${byteWords(bytes)} are free again.`;
      return { tone: 'good', message, problems: [] };
    });
  }

  async #run(task: CareTask, work: () => Promise<CareOutcome>): Promise<void> {
    if (this.running !== null) return;
    this.running = task;
    this.outcome = null;
    try {
      this.outcome = await work();
    } catch (failure) {
      this.outcome = { tone: 'bad', message: failureMessage(failure), problems: [] };
    } finally {
      this.running = null;
    }
  }
}

export const libraryCare = new LibraryCare();
