/**
 * The metadata key `morphogen` of our safetensors files: JSON with a `kind` (model, style, checkpoint, artwork), a format
 * version, and what belongs to the kind. Reads it with plain checks, and says in one sentence what is wrong.
 */
import type { Automaton } from '#domain/automaton.ts';
import { featureCount } from '#domain/automaton.ts';
import { AppError } from '#domain/errors.ts';
import type { ModelSpec } from '#domain/model-spec.ts';
import { parseModelSpec } from '#domain/model-check.ts';
import { quote } from './safetensors-header.ts';
import type { FileTensor, Safetensors } from './safetensors.ts';

export const METADATA_KEY = 'morphogen';

export type FileKind = 'model' | 'style' | 'checkpoint' | 'artwork';

/** A tensor that a file must have. */
export interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** A tensor of float32 values with its shape; what networks and rules are made of. */
export interface NamedValues {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Longest text field of a card or of a source. */
const MAX_TEXT = 2000;

/** The JSON under `morphogen`. @throws AppError bad-file */
export function readFields(file: Safetensors, name: string): Readonly<Record<string, unknown>> {
  const text = file.metadata.get(METADATA_KEY);
  if (text === undefined) {
    throw new AppError(
      'bad-file',
      `${name} is a safetensors file, but not one of Morphogen's: it has no metadata under “${METADATA_KEY}”; choose a file that Morphogen wrote.`,
    );
  }
  return recordField(parseJson(text), METADATA_KEY, name);
}

/** The same, of the wanted kind. @throws AppError bad-file */
export function readMetadata(
  file: Safetensors,
  kind: FileKind,
  name: string,
): Readonly<Record<string, unknown>> {
  const value = readFields(file, name);
  if (value['kind'] !== kind) {
    throw new AppError(
      'bad-file',
      `${name} is a ${shown(value['kind'])} file where a ${kind} file was expected; choose a file of that kind.`,
    );
  }
  if (value['format'] !== 1) {
    throw new AppError(
      'bad-file',
      `${name} has format ${shown(value['format'])}, and this version of Morphogen reads format 1; use a newer Morphogen.`,
    );
  }
  return value;
}

export function metadataOf(kind: FileKind, fields: Readonly<Record<string, unknown>>): Map<string, string> {
  return new Map([[METADATA_KEY, JSON.stringify({ kind, format: 1, ...fields })]]);
}

/** The spec in a file's metadata. @throws AppError bad-spec with the file's name */
export function readSpec(value: unknown, name: string): ModelSpec {
  try {
    return parseModelSpec(value);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    throw new AppError(error.code, `${name} cannot be opened: ${error.message}`, { cause: error });
  }
}

/** Shapes of one rule of the automaton, as model files of one image and style files have it. */
export function ruleShapes(automaton: Automaton): NamedShape[] {
  const { channels: C, hidden: d } = automaton;
  return [
    { name: 'w0', shape: [featureCount(automaton), d] },
    { name: 'b0', shape: [d] },
    { name: 'w1', shape: [d, C] },
  ];
}

/**
 * Exactly the expected tensors, or nothing: one sentence lists every tensor that is missing, superfluous, of another
 * shape or not of floating-point values.
 * @throws AppError mismatch
 */
export function takeTensors(
  found: ReadonlyMap<string, FileTensor>,
  expected: readonly NamedShape[],
  name: string,
): Map<string, NamedValues> {
  const taken = new Map<string, NamedValues>();
  const faults: string[] = [];
  for (const { name: tensor, shape } of expected) {
    const one = found.get(tensor);
    if (one === undefined) faults.push(`${quote(tensor)} expected [${shape.join(', ')}], found none`);
    else if (!(one.data instanceof Float32Array) || !sameShape(one.shape, shape)) {
      faults.push(
        `${quote(tensor)} expected [${shape.join(', ')}], found ${one.dtype} [${one.shape.join(', ')}]`,
      );
    } else taken.set(tensor, { shape: one.shape, data: one.data });
  }
  const known = new Set(expected.map((one) => one.name));
  for (const [tensor, { shape }] of found) {
    if (!known.has(tensor)) faults.push(`${quote(tensor)} expected none, found [${shape.join(', ')}]`);
  }
  if (faults.length === 0) return taken;
  const listed = faults.length > 12 ? [...faults.slice(0, 12), `and ${faults.length - 12} more`] : faults;
  throw new AppError(
    'mismatch',
    `The tensors of ${name} are not those of its spec, so nothing was loaded: ${listed.join('; ')}; get the file again or choose another one.`,
  );
}

export function textField(value: unknown, field: string, name: string): string {
  if (typeof value === 'string' && value.length <= MAX_TEXT) return value;
  throw damaged(name, `lacks the text “${field}”, or it is too long`);
}

export function numberField(value: unknown, field: string, name: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw damaged(name, `lacks the number “${field}”`);
}

export function recordField(value: unknown, field: string, name: string): Readonly<Record<string, unknown>> {
  if (isRecord(value)) return value;
  throw damaged(name, `has no JSON object “${field}”`);
}

function damaged(name: string, what: string): AppError {
  return new AppError(
    'bad-file',
    `${name} cannot be opened: its metadata ${what}; get the file again or choose another one.`,
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? quote(String(value)) : 'nameless';
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((length, i) => length === b[i]);
}
