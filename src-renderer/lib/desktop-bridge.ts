/**
 * What the desktop's preload script gives the page, in whose place a browser has nothing: one port to the application, and
 * where a file lies that was dropped.
 */
import type { Port } from '#contract/port.ts';
import { splicedPort } from './spliced-port.ts';

interface DesktopBridge {
  /** A port comes as a message of the window to itself. */
  connect(): void;
  /** '' for a file that lies nowhere. */
  pathOf(file: File): string;
}

/** As the preload script names it. */
const portMessage = 'morphogen:port';

function bridge(): DesktopBridge | null {
  return (globalThis as { readonly morphogen?: DesktopBridge }).morphogen ?? null;
}

/** Whether this is the desktop's window, and no page in a browser. */
export const isDesktop = bridge() !== null;

/** Where a dropped file or folder lies on this machine; null in a browser, which does not tell. */
export function pathOfFile(file: File): string | null {
  const path = bridge()?.pathOf(file) ?? '';
  return path === '' ? null : path;
}

/** Waits until the application answers: it is the same program, so it does. */
export function openDesktopPort(): Promise<Port> {
  return new Promise((resolve) => {
    const hear = ({ source, data, ports: [end] }: MessageEvent<unknown>): void => {
      if (source !== window || data !== portMessage || end === undefined) return;
      removeEventListener('message', hear);
      resolve(splicedPort(end));
    };
    addEventListener('message', hear);
    bridge()?.connect();
  });
}
