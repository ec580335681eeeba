/** The side of the rpc that asks (rpc.ts). */
import { AppError } from '#domain/errors.ts';
import type {
  Contract,
  EventName,
  EventPayload,
  MethodName,
  ParamsIn,
  Progress,
  Result,
} from './contract.ts';
import { claimedId, describeIssue, reply, schemaOf, type Reply, type Request } from './envelope.ts';
import type { Port } from './port.ts';

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

interface OpenCall {
  /** Deals with a value after all those before it. */
  progress(value: unknown): void;
  settle(outcome: { readonly value: unknown } | { readonly failure: Error }): void;
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
      let failure: Error | undefined;
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
          failure ??= thrown instanceof Error ? thrown : new Error(String(thrown));
          cancel();
        }
        post({ type: 'acknowledge', id });
      }

      function end(): void {
        calls.delete(id);
        signal?.removeEventListener('abort', cancel);
      }

      calls.set(id, {
        progress: (value) => {
          dealtWith = dealtWith.then(() => dealWith(value));
        },
        settle: (outcome) => {
          // Out of the table first: a second answer is none, and a port that closes now takes nothing away.
          end();
          void dealtWith.then(() => {
            if (failure !== undefined) reject(failure);
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

function disconnected(peer: string, reason: string): AppError {
  return new AppError('disconnected', `The connection to ${peer} was lost (${reason}): try again.`);
}

function misunderstood(what: string, issue: string): AppError {
  return new AppError('internal', `${what} is not as agreed: ${issue}.`);
}
