/**
 * What a contract between two processes is: one table of methods and one of events, of schemas from which the types,
 * the checks, the client and the server all follow (rpc.ts). Nothing about a method is said twice.
 */
import type { z } from 'zod';

export interface MethodDefinition {
  readonly params: z.ZodType;
  readonly result: z.ZodType;
  /** What a long call tells on its way; the caller acknowledges each, so a slow caller slows the sender, not its memory. */
  readonly progress?: z.ZodType;
}

export interface Contract {
  readonly methods: Readonly<Record<string, MethodDefinition>>;
  readonly events: Readonly<Record<string, z.ZodType>>;
}

export type MethodName<C extends Contract> = keyof C['methods'] & string;
export type EventName<C extends Contract> = keyof C['events'] & string;

/** As the caller writes it. */
export type ParamsIn<C extends Contract, M extends MethodName<C>> = z.input<C['methods'][M]['params']>;
/** As the handler gets it: checked, with defaults filled in. */
export type Params<C extends Contract, M extends MethodName<C>> = z.output<C['methods'][M]['params']>;
export type Result<C extends Contract, M extends MethodName<C>> = z.output<C['methods'][M]['result']>;
/** As the handler returns it. */
export type ResultIn<C extends Contract, M extends MethodName<C>> = z.input<C['methods'][M]['result']>;
/** As the handler tells it. */
export type ProgressIn<C extends Contract, M extends MethodName<C>> = C['methods'][M] extends {
  readonly progress: infer P extends z.ZodType;
}
  ? z.input<P>
  : never;
export type Progress<C extends Contract, M extends MethodName<C>> = C['methods'][M] extends {
  readonly progress: infer P extends z.ZodType;
}
  ? z.output<P>
  : never;
export type EventPayload<C extends Contract, E extends EventName<C>> = z.output<C['events'][E]>;

/** Keeps the types of the tables. */
export function defineContract<const C extends Contract>(contract: C): C {
  return contract;
}
