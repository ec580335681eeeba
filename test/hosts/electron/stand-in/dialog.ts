/** `dialog`: what would be asked is noted, and answered as a test said beforehand; where none did, it is cancelled. */
import process from 'node:process';
import type Electron from 'electron';

interface Asked {
  readonly kind: 'open' | 'message' | 'error';
  readonly options: object;
}

type OpenArguments =
  [options: Electron.OpenDialogOptions] | [window: unknown, options: Electron.OpenDialogOptions];
type MessageArguments =
  [options: Electron.MessageBoxOptions] | [window: unknown, options: Electron.MessageBoxOptions];

class StandInDialog {
  /** For tests to look at. */
  readonly asked: Asked[] = [];
  /** Paths that the user will choose, dialog by dialog. */
  readonly choices: string[][] = [];

  showOpenDialog(...given: OpenArguments): Promise<Electron.OpenDialogReturnValue> {
    const options = given[given.length - 1] as Electron.OpenDialogOptions;
    this.asked.push({ kind: 'open', options });
    const filePaths = this.choices.shift() ?? [];
    return Promise.resolve({ canceled: filePaths.length === 0, filePaths });
  }

  showMessageBox(...given: MessageArguments): Promise<Electron.MessageBoxReturnValue> {
    const options = given[given.length - 1] as Electron.MessageBoxOptions;
    this.asked.push({ kind: 'message', options });
    return Promise.resolve({ response: 0, checkboxChecked: false });
  }

  showErrorBox(title: string, content: string): void {
    this.asked.push({ kind: 'error', options: { title, content } });
    process.stderr.write(`${title}: ${content}\n`);
  }
}

export const dialog = new StandInDialog();

// Callable wherever Electron's own is.
dialog satisfies {
  showOpenDialog: (options: Electron.OpenDialogOptions) => Promise<Electron.OpenDialogReturnValue>;
  showMessageBox: (options: Electron.MessageBoxOptions) => Promise<Electron.MessageBoxReturnValue>;
  showErrorBox: Electron.Dialog['showErrorBox'];
};
