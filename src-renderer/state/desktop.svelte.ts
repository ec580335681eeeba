/** The desktop around the window: its menus run this window's commands, and the system hands it files. */
import { untrack } from 'svelte';
import type { DesktopContract, MenuCommand } from '#contract/desktop-contract.ts';
import type { Result } from '#contract/contract.ts';
import { client } from '../lib/client.ts';
import { isDesktop } from '../lib/desktop-bridge.ts';
import { commands, type Command } from './commands.svelte.ts';
import { localFiles } from './dropped-files.ts';
import { imports } from './imports.svelte.ts';
import { attempt } from './attempt.ts';

type About = Result<DesktopContract, 'desktop.about'>;

/** Keys whose meaning belongs to the text while one is typed. */
const textActions: Readonly<Record<string, 'undo' | 'redo' | 'selectAll'>> = {
  'Mod+Z': 'undo',
  'Mod+Shift+Z': 'redo',
  'Mod+A': 'selectAll',
};
const textFields =
  'input:not([type=range], [type=checkbox], [type=radio], [type=button]), textarea, [contenteditable]';

class Desktop {
  /** null in a browser, and until it is known. */
  about: About | null = $state.raw(null);
  #isBlocked = $state(false);
  #sent = '';

  /** To be called in an effect, once. */
  watch(): (() => void) | undefined {
    if (!isDesktop) return undefined;
    const blocked = (): void => {
      this.#isBlocked = document.querySelector('dialog[open]') !== null;
    };
    // Of dialogs, which do not let it rise.
    document.addEventListener('toggle', blocked, { capture: true });
    const ends = [
      () => document.removeEventListener('toggle', blocked, { capture: true }),
      client.on('desktop.command', ({ id }) => this.#run(id)),
      client.on('desktop.opened', () => void this.takeOpened()),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  /** To be called in an effect: again whenever a command changes. */
  showCommands(): void {
    if (!isDesktop) return;
    const isBlocked = this.#isBlocked;
    const shown = commands.all.map((command) => asMenuCommand(command, isBlocked));
    const sent = JSON.stringify(shown);
    untrack(() => {
      if (sent === this.#sent) return;
      this.#sent = sent;
      void client.call('desktop.setCommands', { commands: shown }).catch(() => (this.#sent = ''));
    });
  }

  /** To be called at every connection: the desktop knows nothing of a window before it. */
  async begin(): Promise<void> {
    if (!isDesktop) return;
    this.#sent = '';
    this.showCommands();
    this.about = (await attempt(() => client.call('desktop.about', {}))) ?? null;
    await this.takeOpened();
  }

  async takeOpened(): Promise<void> {
    const opened = await attempt(() => client.call('desktop.takeOpened', {}));
    if (opened !== undefined && opened.paths.length > 0) await imports.add(localFiles(opened.paths));
  }

  showDataFolder(): void {
    void attempt(() => client.call('desktop.showDataFolder', {}));
  }

  showLicences(): void {
    void attempt(() => client.call('desktop.showLicences', {}));
  }

  showExport(jobId: string): void {
    void attempt(() => client.call('desktop.showExport', { jobId }));
  }

  #run(id: string): void {
    const command = commands.all.findLast((candidate) => candidate.id === id);
    if (command === undefined || this.#isBlocked) return;
    const action = command.keys?.map((key) => textActions[key]).find((found) => found !== undefined);
    if (action !== undefined && document.activeElement?.matches(textFields) === true)
      void attempt(() => client.call('desktop.editText', { action }));
    else if (command.isEnabled?.() ?? true) command.run();
  }
}

function asMenuCommand(
  { id, title, section, keys = [], isEnabled }: Command,
  isBlocked: boolean,
): MenuCommand {
  return { id, title, section, keys: [...keys], isEnabled: !isBlocked && (isEnabled?.() ?? true) };
}

export const desktop = new Desktop();
