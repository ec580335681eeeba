/**
 * The place of an engine that needs the browser's WebGPU: a window that is never shown, in the same sandbox as the one that
 * people see, with one port to whoever uses it. Nothing opens it as long as the wasm engine is the one that is chosen.
 */
import { BrowserWindow, MessageChannelMain } from 'electron';
import type { Port } from '#contract/port.ts';
import { messagePort } from './message-port.ts';
import { pageOrigin } from './scheme.ts';
import { safePreferences } from './window.ts';

/** Of the page's build; its script takes the port, and answers the engine's contract. */
const engineAddress = `${pageOrigin}/gpu-engine.html`;

export interface GpuWindow {
  readonly port: Port;
  /** Ends what it computes. */
  close(): void;
}

export interface GpuWindowOptions {
  /** The script that hands the page its port. */
  readonly preload: string;
  /** What the page has to be told apart by from the window's own. */
  readonly channel: string;
}

/** @throws Error where the page cannot be loaded */
export async function openGpuWindow({ preload, channel }: GpuWindowOptions): Promise<GpuWindow> {
  const window = new BrowserWindow({
    show: false,
    webPreferences: { ...safePreferences, preload, backgroundThrottling: false },
  });
  const { port1: own, port2: pages } = new MessageChannelMain();
  const port = messagePort(own);
  window.on('closed', () => port.close());
  try {
    await window.loadURL(engineAddress);
  } catch (failure) {
    window.destroy();
    throw failure;
  }
  window.webContents.postMessage(channel, null, [pages]);
  return { port, close: () => window.destroy() };
}
