/** The window: this program's page, with no Node, in a sandbox and a world of its own. */
import { BrowserWindow, type BrowserWindowConstructorOptions, type WebPreferences } from 'electron';
import { pageAddress } from './scheme.ts';

/** Every one of them is the default of this Electron; said all the same, so that none is lost by a change of it. */
export const safePreferences = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  safeDialogs: true,
} satisfies WebPreferences;

export interface WindowOptions {
  /** The script that runs before the page's. */
  readonly preload: string;
  /** Where it was; in the middle, if left out. */
  readonly place?: Pick<BrowserWindowConstructorOptions, 'x' | 'y' | 'width' | 'height' | 'backgroundColor'>;
  /** Before it is shown. */
  readonly onOpen?: (window: BrowserWindow) => void;
}

/** @returns once the page is there. */
export async function openWindow({ preload, place, onOpen }: WindowOptions): Promise<BrowserWindow> {
  const window = new BrowserWindow({
    ...{ title: 'Morphogen', width: 1280, height: 800, minWidth: 640, minHeight: 480, show: false },
    ...place,
    webPreferences: { ...safePreferences, preload, spellcheck: false },
  });
  onOpen?.(window);
  window.once('ready-to-show', () => window.show());
  await window.loadURL(pageAddress);
  return window;
}
