/**
 * The line to the application, which may break and come back: the server was restarted, the computer slept. Listeners
 * stay from one connection to the next; open calls of a broken one fail with `disconnected`, and nothing is sent twice.
 */
import { type WindowContract, windowContract } from '#contract/desktop-contract.ts';
import type { EventName, EventPayload, MethodName, ParamsIn, Progress, Result } from '#contract/contract.ts';
import type { Port } from '#contract/port.ts';
import { type CallOptions, type Client, createClient } from '#contract/rpc.ts';
import { AppError } from '#domain/errors.ts';

export type ConnectionState = 'connecting' | 'open' | 'lost';
type AppEvent = EventName<WindowContract>;
type Method = MethodName<WindowContract>;

export interface ConnectionOptions {
  /** Opens a new line; rejects if nobody answers, with an AppError if the application answers that it will not. */
  readonly openPort: () => Promise<Port>;
  /** Calls back after some milliseconds; the result takes it back. */
  readonly after: (delayMs: number, callback: () => void) => () => void;
}

const firstDelayMs = 250;
const longestDelayMs = 5000;

export class Connection {
  state: ConnectionState = 'connecting';
  /** Attempts since it was lost. */
  attempts = 0;
  /** Why the application refuses this page, though it runs: a sentence. */
  refusal: string | null = null;
  readonly #options: ConnectionOptions;
  #client: Client<WindowContract> | null = null;
  #cancelWait: (() => void) | null = null;
  #isEnded = false;
  readonly #stateListeners = new Set<(state: ConnectionState) => void>();
  readonly #waiting = new Set<(client: Client<WindowContract> | null) => void>();
  readonly #listeners: { event: AppEvent; add: (client: Client<WindowContract>) => () => void }[] = [];

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  start(): void {
    void this.#connect();
  }

  /** Tries now instead of after the wait. */
  retry(): void {
    if (this.#cancelWait === null) return;
    this.#cancelWait();
    this.#cancelWait = null;
    void this.#connect();
  }

  onState(listener: (state: ConnectionState) => void): () => void {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  }

  /** Of this connection and all later ones. */
  on<E extends AppEvent>(event: E, listener: (payload: EventPayload<WindowContract, E>) => void): () => void {
    let remove: (() => void) | null = null;
    const entry = {
      event,
      add: (client: Client<WindowContract>) => (remove = client.on(event, listener)),
    };
    this.#listeners.push(entry);
    if (this.#client !== null) entry.add(this.#client);
    return () => {
      const index = this.#listeners.indexOf(entry);
      if (index >= 0) this.#listeners.splice(index, 1);
      remove?.();
    };
  }

  /** Waits for the first connection; fails at once while a later one is lost. @throws AppError */
  async call<M extends Method>(
    method: M,
    params: ParamsIn<WindowContract, M>,
    options?: CallOptions<Progress<WindowContract, M>>,
  ): Promise<Result<WindowContract, M>> {
    const client = this.#client ?? (this.state === 'connecting' ? await this.#firstClient() : null);
    if (client === null)
      throw new AppError('disconnected', 'Morphogen does not answer; this works again once it is back.');
    return await client.call(method, params, options);
  }

  close(): void {
    this.#isEnded = true;
    this.#cancelWait?.();
    this.#client?.close();
    this.#client = null;
  }

  #firstClient(): Promise<Client<WindowContract> | null> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  async #connect(): Promise<void> {
    let port: Port;
    try {
      port = await this.#options.openPort();
    } catch (failure) {
      this.refusal = failure instanceof AppError ? failure.message : null;
      this.#lose();
      return;
    }
    if (this.#isEnded) {
      port.close();
      return;
    }
    const client = createClient(windowContract, port);
    this.#client = client;
    this.attempts = 0;
    this.refusal = null;
    for (const { add } of this.#listeners) add(client);
    client.onClose(() => {
      if (this.#client !== client) return;
      this.#client = null;
      this.#lose();
    });
    this.#settle(client);
    this.#change('open');
  }

  #lose(): void {
    if (this.#isEnded) return;
    const delayMs = Math.min(firstDelayMs * 2 ** this.attempts, longestDelayMs);
    this.attempts += 1;
    this.#cancelWait = this.#options.after(delayMs, () => {
      this.#cancelWait = null;
      void this.#connect();
    });
    this.#settle(null);
    this.#change('lost');
  }

  #settle(client: Client<WindowContract> | null): void {
    for (const resolve of this.#waiting) resolve(client);
    this.#waiting.clear();
  }

  #change(state: ConnectionState): void {
    this.state = state;
    for (const listener of this.#stateListeners) listener(state);
  }
}
