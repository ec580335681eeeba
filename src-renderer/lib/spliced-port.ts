/**
 * One port of two: replies come over the main one, and progress of some calls by a line straight from an engine, which the
 * main one brings, and brings again when the engine was begun anew. What acknowledges such progress goes back the same way.
 */
import type { Port } from '#contract/port.ts';

interface Reply {
  readonly type?: unknown;
  readonly id?: unknown;
}

interface ChannelEvent {
  readonly data: Reply;
  readonly ports: readonly ChannelEnd[];
}

/** What a MessagePort has of it, the DOM's as Node's. */
interface ChannelEnd {
  onmessage: ((event: never) => unknown) | null;
  postMessage(message: unknown): void;
  addEventListener(event: 'close', listener: () => void): void;
  close(): void;
}

export function splicedPort(main: ChannelEnd): Port {
  const direct = new Set<unknown>();
  const messageListeners: ((message: unknown) => void)[] = [];
  const closeListeners: ((reason: string) => void)[] = [];
  let line: ChannelEnd | null = null;
  let isClosed = false;

  function tell(message: unknown): void {
    for (const listener of messageListeners) listener(message);
  }

  function useLine(end: ChannelEnd): void {
    line?.close();
    line = end;
    direct.clear();
    end.onmessage = ({ data }: ChannelEvent) => {
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
      main.onmessage = ({ data, ports: [end] }: ChannelEvent) => {
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
