/**
 * Chromium's DevTools protocol over one WebSocket, with a session a page. Only what the stand-in asks is typed, and loosely:
 * the protocol's own types are a package of their own.
 */
import { EventEmitter } from 'node:events';
import { WebSocket } from 'ws';

type Values = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Values;
  readonly sessionId?: string;
  readonly result?: Values;
  readonly error?: { readonly message: string };
}

interface Pending {
  readonly resolve: (result: never) => void;
  readonly reject: (failure: Error) => void;
}

export class DevTools {
  readonly #socket: WebSocket;
  readonly #pending = new Map<number, Pending>();
  readonly #sessions = new Map<string, DevToolsSession>();
  #nextId = 1;
  readonly browser: DevToolsSession;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.browser = new DevToolsSession(this, undefined);
    socket.on('message', (data: Buffer) => this.#receive(JSON.parse(data.toString()) as Message));
    socket.on('close', () => {
      for (const { reject } of this.#pending.values()) reject(new Error('The browser was closed.'));
      this.#pending.clear();
      this.browser.emit('closed', {});
    });
  }

  static async connect(endpoint: string): Promise<DevTools> {
    const socket = new WebSocket(endpoint, { perMessageDeflate: false, maxPayload: 2 ** 30 });
    await new Promise((done, fail) => {
      socket.once('open', done);
      socket.once('error', fail);
    });
    return new DevTools(socket);
  }

  send<R>(method: string, params: Values, sessionId: string | undefined): Promise<R> {
    const id = this.#nextId++;
    return new Promise<R>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#socket.send(JSON.stringify({ id, method, params, sessionId }));
    });
  }

  session(sessionId: string): DevToolsSession {
    const found = this.#sessions.get(sessionId) ?? new DevToolsSession(this, sessionId);
    this.#sessions.set(sessionId, found);
    return found;
  }

  #receive({ id, method, params = {}, sessionId, result, error }: Message): void {
    if (id !== undefined) {
      const pending = this.#pending.get(id);
      this.#pending.delete(id);
      if (error === undefined) pending?.resolve((result ?? {}) as never);
      else pending?.reject(new Error(error.message));
    } else if (method !== undefined) {
      (sessionId === undefined ? this.browser : this.session(sessionId)).emit(method, params);
    }
  }
}

export class DevToolsSession extends EventEmitter<Record<string, [never]>> {
  readonly #devTools: DevTools;
  readonly #id: string | undefined;

  constructor(devTools: DevTools, id: string | undefined) {
    super();
    this.#devTools = devTools;
    this.#id = id;
  }

  /** @throws Error as the browser says it; `The browser was closed.` */
  send<R = Values>(method: string, params: Values = {}): Promise<R> {
    return this.#devTools.send<R>(method, params, this.#id);
  }

  override emit(event: string, params: object): boolean {
    return super.emit(event, params as never);
  }
}
