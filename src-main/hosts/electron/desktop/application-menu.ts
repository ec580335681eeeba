/** The menus as they are now: again after each change of the window's commands or of the recent files. */
import process from 'node:process';
import { app, Menu } from 'electron';
import type { MenuCommand } from '#contract/desktop-contract.ts';
import { menuTemplate, type MenuActions } from './menu-template.ts';
import { withRecent, type StateFile } from './state-file.ts';

export interface ApplicationMenu {
  setCommands(commands: readonly MenuCommand[]): void;
  /** Files that were opened: here, and in the system's own list. */
  noteRecent(paths: readonly string[]): void;
}

export interface ApplicationMenuSetup extends Omit<MenuActions, 'forgetRecent' | 'showAbout'> {
  readonly file: StateFile;
}

export function createApplicationMenu({ file, ...actions }: ApplicationMenuSetup): ApplicationMenu {
  let commands: readonly MenuCommand[] = [];

  function show(): void {
    const { recent } = file.state();
    const setup = { commands, recent, platform: process.platform, hasDeveloperTools: !app.isPackaged };
    const template = menuTemplate(setup, {
      ...actions,
      showAbout: () => app.showAboutPanel(),
      forgetRecent() {
        file.change({ recent: [] });
        app.clearRecentDocuments();
        show();
      },
    });
    Menu.setApplicationMenu(Menu.buildFromTemplate(template));
  }

  show();
  return {
    setCommands(next) {
      commands = next;
      show();
    },
    noteRecent(paths) {
      if (paths.length === 0) return;
      file.change({ recent: withRecent(file.state().recent, paths) });
      for (const path of paths.slice(0, file.state().recent.length)) app.addRecentDocument(path);
      show();
    },
  };
}
