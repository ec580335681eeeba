/**
 * One typed rpc over any Port, from a contract's table: `createClient` asks, `serve` answers. Whatever arrives is checked
 * by the table's schemas, so neither side can be harmed by the other; failures travel as a code and a sentence.
 *
 * A call is ended by its handler alone. Cancelling asks it to: it may still save, and answers with what it has, or with
 * AppError `cancelled`. Progress is acknowledged by the caller, value by value, so that a slow caller slows the handler.
 */
import { AppError } from '#domain/errors.ts';
import type {
  Contract,
  EventName,
  EventPayload,
  MethodName,
  Params,
  ParamsIn,
  Progress,
  Result,
  ResultIn,
} from './contract.ts';
import { claimedId, describeIssue, reply, request, schemaOf, type Reply, type Request } from './envelope.ts';
import type { Port } from './port.ts';

/** Progress values on their way at once, of one call. */
const maxUnacknowledged = 2;
/** Calls of one port that run at once. */
const maxOpenCalls = 1000;

export interface Client<C extends Contract> {
  /**
   * @returns what the handler returned, after the last `onProgress` has returned.
   * @throws AppError what the handler threw; `bad-argument` where params are not of the schema; `cancelled` where the
   *   signal was aborted before the call; `disconnected` where the port closes first; `internal` where either side has
   *   a bug. What `onProgress` throws cancels the call, and is thrown in the end.
   */
  call<M extends MethodName<C>>(
    method: M,
    params: ParamsIn<C, M>,
    options?: CallOptions<Progress<C, M>>,
  ): Promise<Result<C, M>>;
  /** @returns what ends it. */
  on<E extends EventName<C>>(event: E, listener: (payload: EventPayload<C, E>) => void): () => void;
  /** Once; at once where it is closed already. */
  onClose(listener: (reason: string) => void): void;
  close(): void;
}

export interface CallOptions<P> {
  /** Aborting it asks the handler to end. */
  readonly signal?: AbortSignal | undefined;
  /** One after another; acknowledged when it has returned, or its promise is fulfilled. */
  readonly onProgress?: ((value: P) => void | Promise<void>) | undefined;
}

export interface ClientOptions {
  /** Who is asked, in sentences: `The connection to Morphogen was lost …`. */
  readonly peer?: string;
  /** Told of messages that break the contract. They are dropped. */
  readonly onBug?: (failure: Error) => void;
}

export interface CallContext<P> {
  /** Aborted when the caller cancels or its port closes. */
  readonly signal: AbortSignal;
  /** Fulfilled when there is room for the next value: always to be awaited. Never rejected: a closed port drops values. */
  progress(value: P): Promise<void>;
}

export type Handler<C extends Contract, M extends MethodName<C>> = (
  params: Params<C, M>,
  context: CallContext<Progress<C, M>>,
) => Promise<ResultIn<C, M>> | ResultIn<C, M>;

export type Handlers<C extends Contract> = { readonly [M in MethodName<C>]: Handler<C, M> };

export interface Server<C extends Contract> {
  emit<E extends EventName<C>>(event: E, payload: EventPayload<C, E>): void;
  /** Closes the port, which aborts every call's signal. */
  close(): void;
}

export interface ServerOptions {
  /** What a handler threw that is no AppError; the caller only learns that there was something. */
  readonly onBug?: (failure: unknown, method: string) => void;
  /** Messages and params that break the contract, in a sentence. */
  readonly onRefusal?: (sentence: string) => void;
}

interface OpenCall {
  readonly method: string;
  /** Deals with a value after all those before it. */
  progress(value: unknown): void;
  settle(outcome: { readonly value: unknown } | { readonly failure: unknown }): void;
  /** Nothing more will come. */
  drop(failure: AppError): void;
}

export function createClient<C extends Contract>(
  contract: C,
  port: Port,
  { peer = 'Morphogen', onBug = () => undefined }: ClientOptions = {},
): Client<C> {
  const calls = new Map<number, OpenCall>();
  const listeners = new Map<string, Set<(payload: unknown) => void>>();
  let nextId = 0;
  let closedBecause: string | undefined;

  port.onClose((reason) => {
    closedBecause = reason;
    for (const call of calls.values()) call.drop(disconnected(peer, reason));
    calls.clear();
  });

  port.onMessage((message) => {
    const parsed = reply.safeParse(message);
    if (parsed.success) receive(parsed.data);
    else {
      const failure = new AppError('internal', `A message of ${peer} has ${describeIssue(parsed.error)}.`);
      onBug(failure);
      calls.get(claimedId(message) ?? -1)?.settle({ failure });
    }
  });

  function receive(message: Reply): void {
    if (message.type === 'event') {
      const heard = listeners.get(message.event);
      const schema = schemaOf(contract.events, message.event);
      if (schema === undefined || heard === undefined || heard.size === 0) return;
      const parsed = schema.safeParse(message.payload);
      if (!parsed.success) onBug(misunderstood(`The event ${message.event}`, describeIssue(parsed.error)));
      else for (const listener of [...heard]) listener(parsed.data);
      return;
    }
    const call = calls.get(message.id);
    if (call === undefined) return;
    switch (message.type) {
      case 'progress':
        call.progress(message.value);
        return;
      case 'result':
        call.settle({ value: message.value });
        return;
      case 'error':
        call.settle({ failure: new AppError(message.code, message.message) });
        return;
      default:
        message satisfies never;
    }
  }

  function post(message: Request): void {
    port.post(message);
  }

  function call<M extends MethodName<C>>(
    method: M,
    params: ParamsIn<C, M>,
    { signal, onProgress }: CallOptions<Progress<C, M>> = {},
  ): Promise<Result<C, M>> {
    if (closedBecause !== undefined) return Promise.reject(disconnected(peer, closedBecause));
    if (signal?.aborted === true) {
      return Promise.reject(new AppError('cancelled', `${method} was cancelled before it began.`));
    }
    const definition = contract.methods[method];
    const id = nextId++;
    return new Promise((resolve, reject) => {
      let dealtWith = Promise.resolve();
      let failure: { readonly thrown: unknown } | undefined;
      const cancel = (): void => post({ type: 'cancel', id });
      signal?.addEventListener('abort', cancel, { once: true });

      async function dealWith(value: unknown): Promise<void> {
        try {
          if (failure === undefined && onProgress !== undefined && definition.progress !== undefined) {
            const parsed = definition.progress.safeParse(value);
            if (!parsed.success) throw misunderstood(`Progress of ${method}`, describeIssue(parsed.error));
            await onProgress(parsed.data as Progress<C, M>);
          }
        } catch (thrown) {
          failure ??= { thrown };
          cancel();
        }
        post({ type: 'acknowledge', id });
      }

      function end(): void {
        calls.delete(id);
        signal?.removeEventListener('abort', cancel);
      }

      calls.set(id, {
        method,
        progress: (value) => {
          dealtWith = dealtWith.then(() => dealWith(value));
        },
        settle: (outcome) => {
          // Out of the table first: a second answer is none, and a port that closes now takes nothing away.
          end();
          void dealtWith.then(() => {
            if (failure !== undefined) reject(failure.thrown);
            else if ('failure' in outcome) reject(outcome.failure);
            else {
              const parsed = definition.result.safeParse(outcome.value);
              if (parsed.success) resolve(parsed.data as Result<C, M>);
              else {
                const wrong = misunderstood(`The answer to ${method}`, describeIssue(parsed.error));
                onBug(wrong);
                reject(wrong);
              }
            }
          });
        },
        drop: (cause) => {
          signal?.removeEventListener('abort', cancel);
          reject(cause);
        },
      });
      try {
        post({ type: 'call', id, method, params });
      } catch (thrown) {
        // What no port can carry, such as a function.
        end();
        throw thrown;
      }
    });
  }

  return {
    call,
    on(event, listener) {
      const heard = listeners.get(event) ?? new Set();
      listeners.set(event, heard);
      // Its own function, so that a listener may be there twice.
      const hear = (payload: unknown): void => listener(payload as EventPayload<C, typeof event>);
      heard.add(hear);
      return () => void heard.delete(hear);
    },
    onClose: (listener) => port.onClose(listener),
    close: () => port.close(),
  };
}

interface RunningCall {
  readonly controller: AbortController;
  acknowledge(): void;
}

export function serve<C extends Contract>(
  contract: C,
  port: Port,
  handlers: Handlers<C>,
  { onBug = () => undefined, onRefusal = () => undefined }: ServerOptions = {},
): Server<C> {
  const running = new Map<number, RunningCall>();
  let isClosed = false;

  port.onClose(() => {
    isClosed = true;
    for (const call of running.values()) {
      call.controller.abort();
      call.acknowledge();
    }
  });

  port.onMessage((message) => {
    const parsed = request.safeParse(message);
    if (!parsed.success) {
      refuse(claimedId(message), 'bad-argument', `A message has ${describeIssue(parsed.error)}.`);
      return;
    }
    const { data } = parsed;
    switch (data.type) {
      case 'call':
        begin(data.id, data.method, data.params);
        return;
      case 'cancel':
        running.get(data.id)?.controller.abort();
        return;
      case 'acknowledge':
        running.get(data.id)?.acknowledge();
        return;
      default:
        data satisfies never;
    }
  });

  function post(message: Reply): void {
    if (!isClosed) port.post(message);
  }

  function refuse(id: number | undefined, code: 'bad-argument' | 'busy', sentence: string): void {
    onRefusal(sentence);
    // A call of that id which runs must not be answered for another.
    if (id !== undefined && !running.has(id)) post({ type: 'error', id, code, message: sentence });
  }

  function begin(id: number, method: string, given: unknown): void {
    const definition = schemaOf(contract.methods, method);
    const params = definition?.params.safeParse(given);
    if (params === undefined) {
      refuse(id, 'bad-argument', `There is no method “${method}”.`);
    } else if (running.has(id)) {
      refuse(id, 'bad-argument', `The call ${id} is running already.`);
    } else if (running.size >= maxOpenCalls) {
      refuse(id, 'busy', `${maxOpenCalls} calls are running already: wait for one of them to end.`);
    } else if (!params.success) {
      refuse(id, 'bad-argument', `${method} cannot use what it was given: ${describeIssue(params.error)}.`);
    } else {
      void run(id, method as MethodName<C>, params.data as Params<C, MethodName<C>>);
    }
  }

  async function run<M extends MethodName<C>>(id: number, method: M, params: Params<C, M>): Promise<void> {
    const controller = new AbortController();
    let unacknowledged = 0;
    let goOn: (() => void) | undefined;
    let sent = Promise.resolve();
    const isOver = (): boolean => isClosed || running.get(id)?.controller !== controller;

    async function send(value: unknown): Promise<void> {
      if (isOver()) return;
      post({ type: 'progress', id, value });
      unacknowledged++;
      while (unacknowledged >= maxUnacknowledged && !isOver()) {
        await new Promise<void>((done) => (goOn = done));
      }
    }

    running.set(id, {
      controller,
      acknowledge: () => {
        unacknowledged = Math.max(0, unacknowledged - 1);
        goOn?.();
      },
    });
    try {
      const value = await handlers[method](params, {
        signal: controller.signal,
        progress: (progress) => (sent = sent.then(() => send(progress))),
      });
      post({ type: 'result', id, value });
    } catch (failure) {
      if (failure instanceof AppError)
        post({ type: 'error', id, code: failure.code, message: failure.message });
      else {
        onBug(failure, method);
        post({ type: 'error', id, code: 'internal', message: `${method} failed by a mistake in Morphogen.` });
      }
    } finally {
      running.delete(id);
      goOn?.();
    }
  }

  return {
    emit: (event, payload) => post({ type: 'event', event, payload }),
    close: () => port.close(),
  };
}

function disconnected(peer: string, reason: string): AppError {
  return new AppError('disconnected', `The connection to ${peer} was lost (${reason}): try again.`);
}

function misunderstood(what: string, issue: string): AppError {
  return new AppError('internal', `${what} is not as agreed: ${issue}.`);
}
