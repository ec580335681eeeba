/**
 * What the desktop's preload script gives the page, in whose place a browser has nothing: one port to the application, and
 * where a file lies that was dropped.
 */
import type { Port } from '#contract/port.ts';

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

/**
 * One port of two: replies come over `main`, and progress of some calls by a line straight from an engine, which `main`
 * brings, and brings again when the engine was begun anew. What acknowledges such progress goes back the same way.
 */
export function splicedPort(main: MessagePort): Port {
  const direct = new Set<unknown>();
  const messageListeners: ((message: unknown) => void)[] = [];
  const closeListeners: ((reason: string) => void)[] = [];
  let line: MessagePort | null = null;
  let isClosed = false;

  function tell(message: unknown): void {
    for (const listener of messageListeners) listener(message);
  }

  function useLine(end: MessagePort): void {
    line?.close();
    line = end;
    direct.clear();
    end.onmessage = ({ data }: MessageEvent<{ readonly id: unknown }>) => {
      direct.add(data.id);
      tell(data);
    };
  }

  function closed(): void {
    if (isClosed) return;
    isClosed = true;
    line?.close();
    for (const listener of closeListeners) listener('the application ended');
  }

  main.addEventListener('close', closed);
  return {
    post(message) {
      if (isClosed) return;
      const { type, id } = message as { readonly type: unknown; readonly id: unknown };
      if (type === 'acknowledge' && direct.has(id)) line?.postMessage(message);
      else main.postMessage(message);
    },
    onMessage(listener) {
      messageListeners.push(listener);
      main.onmessage = ({
        data,
        ports: [end],
      }: MessageEvent<{ readonly type?: unknown; readonly id?: unknown }>) => {
        if (end !== undefined) useLine(end);
        else {
          // Numbers of calls are not used twice.
          if (data.type === 'result' || data.type === 'error') direct.delete(data.id);
          tell(data);
        }
      };
    },
    onClose(listener) {
      if (isClosed) listener('the application ended');
      else closeListeners.push(listener);
    },
    close() {
      main.close();
      closed();
    },
  };
}
