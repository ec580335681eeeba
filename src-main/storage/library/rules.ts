/** Rules by the hash of their spec and values, kept once however many styles and recipes have them. */
import { createHash } from 'node:crypto';
import type { StoredRule } from '#contract/library-store.ts';
import { AppError } from '#domain/errors.ts';
import { parseModelSpec } from '#domain/model-check.ts';
import { query } from './connection.ts';
import type { StoreContext } from './context.ts';

interface RuleRow {
  readonly spec: string;
  readonly w0: Buffer;
  readonly b0: Buffer;
  readonly w1: Buffer;
}

const insert = query<[hash: string, spec: string, w0: Uint8Array, b0: Uint8Array, w1: Uint8Array]>(
  'INSERT INTO rules (hash, spec, w0, b0, w1) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
);
const find = query<[hash: string], RuleRow>('SELECT spec, w0, b0, w1 FROM rules WHERE hash = ?');

/** sha256, hex, of everything that decides what the rule grows. */
export function ruleHash(rule: StoredRule): string {
  const hash = createHash('sha256').update(canonicalJson(rule.spec));
  for (const values of [rule.w0, rule.b0, rule.w1]) hash.update('\0').update(bytesOf(values));
  return hash.digest('hex');
}

/** Within a transaction. @returns its hash */
export function keepRule({ connection }: StoreContext, rule: StoredRule): string {
  const hash = ruleHash(rule);
  const { spec, w0, b0, w1 } = rule;
  connection.run(insert, hash, canonicalJson(spec), bytesOf(w0), bytesOf(b0), bytesOf(w1));
  return hash;
}

/** @param owner Who needs it, for the sentence. @throws AppError not-found */
export function readRule({ connection }: StoreContext, hash: string, owner?: string): StoredRule {
  const row = connection.get(find, hash);
  if (row === undefined) {
    throw new AppError(
      'not-found',
      `The rule ${owner === undefined ? hash.slice(0, 12) : `of ${owner}`} is not in this library: import its style again.`,
    );
  }
  return {
    spec: parseModelSpec(JSON.parse(row.spec)),
    w0: floatsOf(row.w0),
    b0: floatsOf(row.b0),
    w1: floatsOf(row.w1),
  };
}

export function hasRule({ connection }: StoreContext, hash: string): boolean {
  return connection.get(find, hash) !== undefined;
}

export function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/** A copy: SQLite's bytes lie anywhere, floats at multiples of four. */
export function floatsOf(bytes: Uint8Array): Float32Array<ArrayBuffer> {
  return new Float32Array(new Uint8Array(bytes).buffer);
}

/** The same text for the same value, whatever order its keys were written in. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
