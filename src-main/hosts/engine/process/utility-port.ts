/**
 * The application's end of the line, seen from an engine that a desktop began: Electron gives such a process one port to
 * its parent, and the process ends with it. Ends of direct lines come over it, too.
 */
import process from 'node:process';
import type { Port } from '#contract/port.ts';
import type { DirectLines, LineEnd } from './direct-lines.ts';

/** What Electron's ParentPort has of it. */
interface ParentEnd {
  postMessage(message: unknown): void;
  on(
    event: 'message',
    listener: (event: { readonly data: unknown; readonly ports: readonly LineEnd[] }) => void,
  ): unknown;
}

/** null in a process that Node's fork made. */
export function utilityPort(lines: DirectLines): Port | null {
  const { parentPort } = process as { readonly parentPort?: ParentEnd | null };
  if (parentPort === undefined || parentPort === null) return null;
  return {
    post: (message) => parentPort.postMessage(message),
    onMessage: (listener) =>
      void parentPort.on('message', ({ data, ports: [end] }) => {
        if (end === undefined) listener(data);
        else lines.add(String((data as { readonly line?: unknown }).line), end);
      }),
    // The process ends with its parent, without a word.
    onClose: () => undefined,
    close: () => process.exit(0),
  };
}
