/**
 * What goes over a port: every message of the rpc (rpc.ts), checked on arrival like what it carries. A process believes
 * nothing of another: a page, a crashed engine or an older window may send anything.
 */
import { z } from 'zod';
import { errorCodes } from '#domain/errors.ts';
import type { Contract } from './contract.ts';

const callId = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** From the one who asks. */
export const request = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('call'),
    id: callId,
    method: z.string().max(100),
    params: z.unknown().optional(),
  }),
  /** Asks the handler to end; it still answers. */
  z.object({ type: z.literal('cancel'), id: callId }),
  /** One progress value was dealt with. */
  z.object({ type: z.literal('acknowledge'), id: callId }),
]);
export type Request = z.output<typeof request>;

/** From the one who is asked. */
export const reply = z.discriminatedUnion('type', [
  z.object({ type: z.literal('result'), id: callId, value: z.unknown().optional() }),
  z.object({ type: z.literal('error'), id: callId, code: z.enum(errorCodes), message: z.string() }),
  z.object({ type: z.literal('progress'), id: callId, value: z.unknown().optional() }),
  z.object({ type: z.literal('event'), event: z.string().max(100), payload: z.unknown().optional() }),
]);
export type Reply = z.output<typeof reply>;

/** @returns the schema of that name, but nothing that the table merely inherits. */
export function schemaOf<T extends Contract[keyof Contract]>(table: T, name: string): T[string] | undefined {
  return Object.hasOwn(table, name) ? (table as Readonly<Record<string, T[string]>>)[name] : undefined;
}

/** The id that something claims to have, if it is one: where to send a refusal. */
export function claimedId(message: unknown): number | undefined {
  if (typeof message !== 'object' || message === null || !('id' in message)) return undefined;
  const parsed = callId.safeParse(message.id);
  return parsed.success ? parsed.data : undefined;
}

/** What is wrong, and where: `styleIds.0: Invalid string`. One of them, where there are many. */
export function describeIssue(error: z.ZodError): string {
  const [path, message] = firstOf(error.issues);
  return path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`;
}

function firstOf(issues: readonly z.core.$ZodIssue[]): [PropertyKey[], string] {
  const [issue] = issues;
  if (issue === undefined) return [[], 'not as expected'];
  if (issue.code === 'invalid_union') {
    // The alternative that comes nearest says best what is missing.
    const nearest = issue.errors.toSorted((a, b) => a.length - b.length)[0];
    if (nearest !== undefined && nearest.length > 0) {
      const [path, message] = firstOf(nearest);
      return [[...issue.path, ...path], message];
    }
  }
  return [[...issue.path], issue.message];
}
