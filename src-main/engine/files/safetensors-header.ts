/**
 * The header of a safetensors file: a JSON object of tensor names, each with dtype, shape and offsets, and of
 * `__metadata__`, a map of strings. JSON.parse is not used for it: it keeps the last of two equal names, rounds large
 * numbers and gives `__proto__` a meaning. This reader knows the header's grammar and nothing else, so it cannot
 * recurse, and it gives Maps. Sentences have no file name and no full stop: safetensors.ts adds what is around them.
 */

/** One line of the header as it stands: nothing is checked against the file's bytes yet. */
export interface TensorEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Bytes from the end of the header. */
  readonly begin: number;
  readonly end: number;
}

export interface Header {
  readonly tensors: Map<string, TensorEntry>;
  readonly metadata: Map<string, string>;
}

export interface HeaderLimits {
  readonly maxTensors: number;
}

/** What is wrong with a header, as the middle of a sentence. */
export class HeaderFault extends Error {}

/** More dimensions than any tensor of ours has; it bounds what a header can make us allocate. */
const MAX_RANK = 32;

/** @throws HeaderFault at the first thing that the format does not allow. */
export function parseHeader(text: string, limits: HeaderLimits): Header {
  const reader = new HeaderReader(text);
  const tensors = new Map<string, TensorEntry>();
  const metadata = new Map<string, string>();
  let metadataSeen = false;
  reader.object((name) => {
    if (name === '__metadata__') {
      if (metadataSeen) throw new HeaderFault('its header has the name "__metadata__" twice');
      metadataSeen = true;
      reader.object((key) => {
        requireNewName(key, metadata, 'metadata key');
        metadata.set(key, reader.string(`the metadata ${quote(key)}`));
      });
      return;
    }
    requireNewName(name, tensors, 'tensor');
    if (tensors.size >= limits.maxTensors) {
      throw new HeaderFault(`it has more than ${limits.maxTensors} tensors`);
    }
    tensors.set(name, readEntry(reader, name));
  });
  reader.finish();
  return { tensors, metadata };
}

/** A name for a sentence: quoted, control characters escaped, shortened. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 79)}…` : name);
}

function readEntry(reader: HeaderReader, name: string): TensorEntry {
  const label = `the tensor ${quote(name)}`;
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  reader.object((field) => {
    if (field === 'dtype' && dtype === undefined) dtype = reader.string(`the dtype of ${label}`);
    else if (field === 'shape' && shape === undefined)
      shape = reader.integers(`the shape of ${label}`, MAX_RANK);
    else if (field === 'data_offsets' && offsets === undefined) {
      offsets = reader.integers(`the data_offsets of ${label}`, 2);
    } else
      throw new HeaderFault(
        `${label} has the field ${quote(field)} twice, or it is not a field of the format`,
      );
  });
  if (dtype === undefined || shape === undefined || offsets?.length !== 2) {
    throw new HeaderFault(`${label} lacks its dtype, its shape or its two data_offsets`);
  }
  return { dtype, shape, begin: offsets[0], end: offsets[1] };
}

function requireNewName(name: string, known: ReadonlyMap<string, unknown>, kind: string): void {
  if (known.has(name)) throw new HeaderFault(`its header has the ${kind} ${quote(name)} twice`);
  if (name === '__proto__')
    throw new HeaderFault(`its header has a ${kind} with the forbidden name "__proto__"`);
  if (name === '') throw new HeaderFault(`its header has a ${kind} without a name`);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const WHITESPACE = new Set([0x20, 0x09, 0x0a, 0x0d]);
const INTEGER = /(?:0|[1-9][0-9]{0,15})(?![0-9.eE])/y;

/** The place in the header's text, and the few things that can stand there. */
class HeaderReader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  object(member: (name: string) => void): void {
    this.expect('{');
    if (this.take('}')) return;
    do {
      const name = this.string('a name');
      this.expect(':');
      member(name);
    } while (this.take(','));
    this.expect('}');
  }

  /** Scanned by hand: a pattern would need a stack as long as the string. */
  string(what: string): string {
    if (!this.take('"')) throw new HeaderFault(`${what} is not a string`);
    const start = this.at - 1;
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code === QUOTE) break;
      if (!(code >= 0x20))
        throw new HeaderFault(`${what} is a string without an end, or with a control character`);
      this.at += code === BACKSLASH ? 2 : 1;
    }
    this.at += 1;
    const value = parseString(this.text.slice(start, this.at));
    if (value === null) throw new HeaderFault(`${what} is not a valid string`);
    return value;
  }

  integers(what: string, limit: number): number[] {
    const values: number[] = [];
    this.expect('[');
    if (this.take(']')) return values;
    do {
      this.space();
      INTEGER.lastIndex = this.at;
      const found = INTEGER.exec(this.text);
      if (found === null) {
        throw new HeaderFault(`${what} holds something other than whole numbers from 0 to 2^53 − 1`);
      }
      this.at = INTEGER.lastIndex;
      const value = Number(found[0]);
      if (!Number.isSafeInteger(value)) {
        throw new HeaderFault(`${what} holds something other than whole numbers from 0 to 2^53 − 1`);
      }
      if (values.length === limit) throw new HeaderFault(`${what} has more than ${limit} numbers`);
      values.push(value);
    } while (this.take(','));
    this.expect(']');
    return values;
  }

  finish(): void {
    this.space();
    if (this.at < this.text.length) throw new HeaderFault('its header goes on after its last bracket');
  }

  private expect(character: string): void {
    if (this.take(character)) return;
    throw new HeaderFault(
      `its header is not JSON of this format (“${character}” expected at character ${this.at})`,
    );
  }

  private take(character: string): boolean {
    this.space();
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private space(): void {
    while (WHITESPACE.has(this.text.charCodeAt(this.at))) this.at += 1;
  }
}

/** null where an escape is unknown or half a surrogate pair stands alone. */
function parseString(literal: string): string | null {
  try {
    const value: unknown = JSON.parse(literal);
    return typeof value === 'string' && value.isWellFormed() ? value : null;
  } catch {
    return null;
  }
}
