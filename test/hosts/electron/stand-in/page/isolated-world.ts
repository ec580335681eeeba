/**
 * `require('electron')` of a sandboxed preload script: contextBridge, ipcRenderer and webUtils, over what the stand-in's
 * process gave this world: `standInSend`, and ports as WebSockets.
 */
import { decodeMessage, encodeMessage } from '#contract/wire.ts';

interface Socket {
  binaryType: string;
  onopen: () => void;
  onclose: () => void;
  onmessage: (event: { readonly data: ArrayBuffer }) => void;
  send(message: Uint8Array): void;
  close(): void;
}

interface PagePort {
  onmessage: (event: { readonly data: unknown }) => void;
  onclose: () => void;
  postMessage(data: unknown, transfer: readonly unknown[]): void;
  close(): void;
}

const ownWorld = globalThis as unknown as {
  readonly document: EventTarget;
  readonly location: { readonly host: string };
  readonly CustomEvent: new (name: string, init: { detail: unknown }) => Event;
  readonly WebSocket: new (address: string) => Socket;
  readonly MessageChannel: new () => { readonly port1: PagePort; readonly port2: PagePort };
  readonly standInSend: (message: string) => void;
  standInReceive: (message: string) => void;
  require: (name: string) => unknown;
  standInPaths?: readonly { readonly name: string; readonly path: string }[];
};

const exposed: Record<string, unknown> = {};
const listeners = new Map<string, Set<(event: object, ...args: unknown[]) => void>>();
const answers = new Map<string, (answer: { value?: unknown; failure?: string }) => void>();
let nextQuestion = 1;

function shapeOf(value: unknown): object {
  if (typeof value === 'function') return { kind: 'function' };
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { kind: 'value', value };
  const members = Object.entries(value).map(([name, member]) => [name, shapeOf(member)]);
  return { kind: 'object', members: Object.fromEntries(members) as object };
}

function tellPage(name: string, detail: unknown): void {
  ownWorld.document.dispatchEvent(new ownWorld.CustomEvent(name, { detail }));
}

ownWorld.document.addEventListener('stand-in:call', (event) => {
  const { path, args } = (event as Event & { readonly detail: { path: string[]; args: unknown[] } }).detail;
  try {
    const target = path.reduce<unknown>((inner, name) => (inner as Record<string, unknown>)[name], exposed);
    tellPage('stand-in:answer', { value: (target as (...given: unknown[]) => unknown)(...args) });
  } catch (failure) {
    tellPage('stand-in:answer', { failure: String(failure) });
  }
});

ownWorld.document.addEventListener('stand-in:open', (event) => {
  const url = (event as Event & { readonly detail: string }).detail;
  ownWorld.standInSend(JSON.stringify({ kind: 'open', url }));
});

/** A port whose other end is in the stand-in's process. */
function openPort(path: string): PagePort {
  const { port1, port2 } = new ownWorld.MessageChannel();
  const socket = new ownWorld.WebSocket(`ws://${ownWorld.location.host}${path}`);
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data: bytes }) => {
    const { data, ports } = decodeMessage(new Uint8Array(bytes)) as { data: unknown; ports: string[] };
    port1.postMessage(data, ports.map(openPort));
  };
  socket.onclose = () => port1.close();
  socket.onopen = () => {
    port1.onmessage = ({ data }) => socket.send(encodeMessage({ data }));
  };
  port1.onclose = () => socket.close();
  return port2;
}

ownWorld.standInReceive = (text) => {
  const { channel, args, ports } = JSON.parse(text) as { channel: string; args: unknown[]; ports: string[] };
  const settle = answers.get(channel);
  if (settle !== undefined) {
    answers.delete(channel);
    settle(args[0] as { value?: unknown; failure?: string });
    return;
  }
  const event = { ports: ports.map(openPort) };
  for (const listener of listeners.get(channel) ?? []) listener(event, ...args);
};

const electronInPage = {
  contextBridge: {
    exposeInMainWorld(key: string, api: unknown): void {
      exposed[key] = api;
      tellPage('stand-in:expose', { key, shape: shapeOf(api) });
    },
  },
  ipcRenderer: {
    send: (channel: string, ...args: unknown[]): void =>
      ownWorld.standInSend(JSON.stringify({ kind: 'send', channel, args })),
    invoke: (channel: string, ...args: unknown[]): Promise<unknown> =>
      new Promise((resolve, reject) => {
        const id = nextQuestion++;
        answers.set(`answer ${id}`, ({ value, failure }) => {
          if (failure === undefined) resolve(value);
          else reject(new Error(failure));
        });
        ownWorld.standInSend(JSON.stringify({ kind: 'invoke', id, channel, args }));
      }),
    on(channel: string, listener: (event: object, ...args: unknown[]) => void): void {
      const heard = listeners.get(channel) ?? new Set();
      listeners.set(channel, heard.add(listener));
    },
  },
  webUtils: {
    // A page cannot learn where a file lies; a test that drops some says it before.
    getPathForFile: ({ name }: { readonly name: string }): string =>
      ownWorld.standInPaths?.find((known) => known.name === name)?.path ?? '',
  },
};

ownWorld.require = (name) => {
  if (name !== 'electron') throw new Error(`a sandboxed preload script cannot load ${name}`);
  return electronInPage;
};
