/**
 * Lines to pages, over the one channel between the application and an engine process that Node's fork made: what belongs to
 * a line is marked, and never seen by the rpc. What a page sends passes the application as the bytes that came.
 *
 *   { graphics: 3, open: true }     the application has a line for the process
 *   { graphics: 3, bytes }          a message of it (contract/wire.ts), either way
 *   { graphics: 3, close: reason }  it has ended, either way
 */
import type { Port } from '#contract/port.ts';
import { decodeMessage, encodeMessage } from '#contract/wire.ts';
import { AppError } from '#domain/errors.ts';

/** A page's line in the application: its messages are bytes, which it need not understand. */
export interface ByteLine {
  send(message: Uint8Array): void;
  onBytes(listener: (message: Uint8Array) => void): void;
  /** Once; at once if it is closed already. */
  onClose(listener: (reason: string) => void): void;
  close(reason: string): void;
}

interface LineMessage {
  readonly graphics: number;
  readonly open?: unknown;
  readonly bytes?: unknown;
  readonly close?: unknown;
}

/** The application's end of a process's channel, and what takes a page's line to the process for as long as both are there. */
export function lendingPort(port: Port): { readonly port: Port; readonly lend: (line: ByteLine) => void } {
  const lines = new Map<number, ByteLine>();
  let count = 0;
  let endedFor: string | null = null;
  port.onClose((reason) => {
    endedFor = reason;
    for (const line of lines.values()) line.close(reason);
    lines.clear();
  });
  const rest = dividing(port, ({ graphics, bytes, close }) => {
    const line = lines.get(graphics);
    if (bytes instanceof Uint8Array) line?.send(bytes);
    else if (typeof close === 'string' && lines.delete(graphics)) line?.close(close);
  });
  return {
    port: rest,
    lend(line) {
      if (endedFor !== null) {
        line.close(endedFor);
        return;
      }
      const id = count++;
      lines.set(id, line);
      port.post({ graphics: id, open: true });
      line.onBytes((bytes) => {
        if (lines.has(id)) port.post({ graphics: id, bytes });
      });
      line.onClose((reason) => {
        if (lines.delete(id)) port.post({ graphics: id, close: reason });
      });
    },
  };
}

/** The process's end. @param onLine gets each line that the application has for it */
export function portWithLines(port: Port, onLine: (line: Port) => void): Port {
  const lines = new Map<number, ChannelLine>();
  port.onClose((reason) => {
    for (const line of lines.values()) line.closed(reason);
    lines.clear();
  });
  return dividing(port, ({ graphics, open, bytes, close }) => {
    const line = lines.get(graphics);
    if (open === true) {
      const added = channelLine(port, graphics, () => lines.delete(graphics));
      lines.set(graphics, added);
      onLine(added.port);
    } else if (bytes instanceof Uint8Array) line?.received(bytes);
    else if (typeof close === 'string' && lines.delete(graphics)) line?.closed(close);
  });
}

interface ChannelLine {
  readonly port: Port;
  received(bytes: Uint8Array): void;
  closed(reason: string): void;
}

function channelLine(channel: Port, graphics: number, remove: () => boolean): ChannelLine {
  const messageListeners: ((message: unknown) => void)[] = [];
  const closeListeners: ((reason: string) => void)[] = [];
  let closedFor: string | null = null;

  function closed(reason: string): void {
    if (closedFor !== null) return;
    closedFor = reason;
    for (const listener of closeListeners) listener(reason);
  }

  function close(reason: string): void {
    if (remove()) channel.post({ graphics, close: reason });
    closed(reason);
  }

  return {
    port: {
      post(message) {
        if (closedFor === null) channel.post({ graphics, bytes: encodeMessage(message) });
      },
      onMessage: (listener) => void messageListeners.push(listener),
      onClose(listener) {
        if (closedFor === null) closeListeners.push(listener);
        else listener(closedFor);
      },
      close: () => close('the engine has no use for it any more'),
    },
    received(bytes) {
      let message: unknown;
      try {
        message = decodeMessage(bytes);
      } catch (failure) {
        // What is no message of ours comes from no page of ours.
        if (!(failure instanceof AppError)) throw failure;
        close(failure.message);
        return;
      }
      for (const listener of messageListeners) listener(message);
    },
    closed,
  };
}

/** The port without the messages of lines. */
function dividing(port: Port, onLine: (message: LineMessage) => void): Port {
  const listeners: ((message: unknown) => void)[] = [];
  port.onMessage((message) => {
    if (isOfLine(message)) onLine(message);
    else for (const listener of listeners) listener(message);
  });
  return {
    post: (message) => port.post(message),
    onMessage: (listener) => void listeners.push(listener),
    onClose: (listener) => port.onClose(listener),
    close: () => port.close(),
  };
}

function isOfLine(message: unknown): message is LineMessage {
  return (
    typeof message === 'object' &&
    message !== null &&
    'graphics' in message &&
    typeof message.graphics === 'number'
  );
}
