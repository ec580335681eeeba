/** The side of the rpc that answers (rpc.ts). */
import { AppError } from '#domain/errors.ts';
import type {
  Contract,
  EventName,
  EventPayload,
  MethodName,
  Params,
  ProgressIn,
  ResultIn,
} from './contract.ts';
import { claimedId, describeIssue, request, schemaOf, type Reply } from './envelope.ts';
import { createPacedProgress } from './paced-progress.ts';
import type { Port } from './port.ts';

/** Calls of one port that run at once. */
const maxOpenCalls = 1000;

export interface CallContext<P> {
  /** Aborted when the caller cancels or its port closes. */
  readonly signal: AbortSignal;
  /** Fulfilled when there is room for the next value: always to be awaited. Never rejected: a closed port drops values. */
  readonly progress: (value: P) => Promise<void>;
  /** Where another process may send progress of this call straight to the caller. */
  readonly direct?: DirectTarget | undefined;
}

/** A call, and a line to whoever made it that does not go through this process. */
export interface DirectTarget {
  readonly line: string;
  readonly call: number;
}

export type Handler<C extends Contract, M extends MethodName<C>> = (
  params: Params<C, M>,
  context: CallContext<ProgressIn<C, M>>,
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
  /** The name of a line straight to the caller, where there is one. */
  readonly directLine?: string;
}

interface RunningCall {
  readonly controller: AbortController;
  acknowledge(): void;
}

export function serve<C extends Contract>(
  contract: C,
  port: Port,
  handlers: Handlers<C>,
  { onBug = () => undefined, onRefusal = () => undefined, directLine }: ServerOptions = {},
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
    const isOver = (): boolean => isClosed || running.get(id)?.controller !== controller;

    const paced = createPacedProgress<ProgressIn<C, M>>(
      (value) => post({ type: 'progress', id, value }),
      isOver,
    );
    running.set(id, { controller, acknowledge: () => paced.acknowledge() });
    try {
      const value = await handlers[method](params, {
        signal: controller.signal,
        progress: paced.send,
        direct: directLine === undefined ? undefined : { line: directLine, call: id },
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
      paced.release();
    }
  }

  return {
    emit: (event, payload) => post({ type: 'event', event, payload }),
    close: () => port.close(),
  };
}
