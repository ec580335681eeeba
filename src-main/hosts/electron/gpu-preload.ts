/**
 * What runs before the script of the page that is never shown: it hands on the ports that the main process sends, each to an
 * engine process, and says which of these have ended. The page cannot ask for anything, and nothing of Electron is within its reach.
 */
import { ipcRenderer } from 'electron';

/** As gpu-window.ts has it: this file is bundled alone. */
const graphicsChannel = 'morphogen:graphics';
/** Of the DOM, whose types this layer does not see. */
const page = globalThis as unknown as {
  postMessage(message: object, origin: string, ports: readonly unknown[]): void;
};

ipcRenderer.on(graphicsChannel, ({ ports }, engine: unknown) => {
  // To this page alone; a port cannot go through the bridge.
  page.postMessage({ channel: graphicsChannel, engine }, '/', ports);
});
