/**
 * What runs before the page's scripts, in a world of its own inside the sandbox: it hands the page one port to the
 * application and says where a dropped file lies. Nothing else of Electron is within the page's reach.
 */
import { contextBridge, ipcRenderer, webUtils } from 'electron';

/** As window-line.ts has them: this file is bundled alone. */
const connectChannel = 'morphogen:connect';
const portChannel = 'morphogen:port';
/** Of the DOM, whose types this layer does not see. */
const page = globalThis as unknown as {
  postMessage(message: string, origin: string, ports: readonly unknown[]): void;
};

contextBridge.exposeInMainWorld('morphogen', {
  /** Asks for a port: it comes as a message of the window to itself, whose data is the name of the channel. */
  connect: (): void => ipcRenderer.send(connectChannel),
  /** Where a file lies that the user dropped or chose; '' for one that lies nowhere. */
  pathOf: (file: File): string => webUtils.getPathForFile(file),
});

ipcRenderer.on(portChannel, ({ ports }) => {
  // To this page alone; a port cannot go through the bridge.
  page.postMessage(portChannel, '/', ports);
});
