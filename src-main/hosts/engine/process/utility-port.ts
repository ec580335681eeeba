/**
 * The application's end of the line, seen from an engine that a desktop began: Electron gives such a process one port to
 * its parent, and the process ends with it. Ends of other lines come over it, too: to windows, for frames (`{ line }`), and
 * to pages that lend a graphics processor (`{ graphics: true }`); and why there is no such page (`{ graphics: false, why }`).
 */
import process from 'node:process';
import type { Port } from '#contract/port.ts';
import { linePort, type LineEnd } from '../line-port.ts';
import type { DirectLines } from './direct-lines.ts';
import type { Session } from './session.ts';

/** What Electron's ParentPort has of it. */
interface ParentEnd {
  postMessage(message: unknown): void;
  on(
    event: 'message',
    listener: (event: { readonly data: unknown; readonly ports: readonly LineEnd[] }) => void,
  ): unknown;
}

/** null in a process that Node's fork made. */
export function utilityPort(
  lines: DirectLines,
  { addGraphics, lackGraphics }: Pick<Session, 'addGraphics' | 'lackGraphics'>,
): Port | null {
  const { parentPort } = process as { readonly parentPort?: ParentEnd | null };
  if (parentPort === undefined || parentPort === null) return null;
  return {
    post: (message) => parentPort.postMessage(message),
    onMessage: (listener) =>
      void parentPort.on('message', ({ data, ports: [end] }) => {
        const { graphics, why, line } = data as Readonly<Record<'graphics' | 'why' | 'line', unknown>>;
        if (graphics === false) lackGraphics(typeof why === 'string' ? why : null);
        else if (end === undefined) listener(data);
        else if (graphics === true) addGraphics(linePort(end));
        else lines.add(String(line), end);
      }),
    // The process ends with its parent, without a word.
    onClose: () => undefined,
    close: () => process.exit(0),
  };
}
