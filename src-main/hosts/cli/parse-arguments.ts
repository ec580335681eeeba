/**
 * Arguments of one command, against its table of options. Node's parseArgs cuts them into tokens; the table gives
 * types, bounds, choices and defaults; what does not fit is a UsageError that says what was expected.
 */
import { parseArgs } from 'node:util';
import { nearest } from './nearest.ts';
import { UsageError } from './usage-error.ts';
import type { Command, OptionSpec, OptionTable, OptionValues, PositionalSpec } from './command.ts';

export interface ParsedArguments {
  readonly options: OptionValues<OptionTable>;
  readonly positionals: readonly string[];
  /** Names of the options that stood on the command line. */
  readonly given: ReadonlySet<string>;
  /** `--help` or `-h` stood among the arguments; the rest has then not been checked. */
  readonly wantsHelp: boolean;
}

export function parseArguments(
  command: Pick<Command, 'name' | 'options' | 'positionals'>,
  args: readonly string[],
): ParsedArguments {
  const table: OptionTable = command.options;
  const { tokens } = parseArgs({
    args: [...args],
    options: { ...tokenTable(table), help: { type: 'boolean', short: 'h' } },
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values = new Map<string, string | number | boolean>();
  const positionals: string[] = [];
  const given = new Set<string>();
  if (tokens.some((token) => token.kind === 'option' && token.name === 'help')) {
    return { options: {}, positionals, given, wantsHelp: true };
  }
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(table, token.name) ? table[token.name] : undefined;
    if (option === undefined) throw unknownOption(command.name, table, token.rawName);
    given.add(token.name);
    values.set(token.name, readValue(token.rawName, option, token.value, token.inlineValue ?? false, table));
  }
  for (const [name, option] of Object.entries(table)) {
    if (values.has(name)) continue;
    if (option.default !== undefined) values.set(name, option.default);
    else if (option.type === 'boolean') values.set(name, false);
    else if (option.required) {
      throw new UsageError(`${command.name} needs --${name} ${placeholder(option)}: ${option.help}`);
    }
  }
  checkPositionals(command.name, command.positionals ?? [], positionals);
  // Checked against the table just now, which is what the type says.
  const options = Object.fromEntries(values) as OptionValues<OptionTable>;
  return { options, positionals, given, wantsHelp: false };
}

/** What stands for an option's value in help and errors. */
export function placeholder(option: OptionSpec): string {
  if (option.placeholder !== undefined) return option.placeholder;
  if (option.choices !== undefined) return option.choices.join('|');
  return option.type === 'string' ? 'TEXT' : 'N';
}

function tokenTable(table: OptionTable): Record<string, { type: 'string' | 'boolean'; short?: string }> {
  return Object.fromEntries(
    Object.entries(table).map(([name, { type, short }]) => [
      name,
      { type: type === 'boolean' ? 'boolean' : 'string', ...(short === undefined ? {} : { short }) },
    ]),
  );
}

function readValue(
  rawName: string,
  option: OptionSpec,
  text: string | undefined,
  isInline: boolean,
  table: OptionTable,
): string | number | boolean {
  if (option.type === 'boolean') {
    if (text !== undefined) throw new UsageError(`${rawName} takes no value, and got "${text}"`);
    return true;
  }
  const isAnOption = text !== undefined && !isInline && isOptionOf(table, text);
  if (text === undefined || text === '' || isAnOption) {
    throw new UsageError(`${rawName} needs a value, ${placeholder(option)}: ${option.help}`);
  }
  if (option.type === 'string') {
    if (option.choices !== undefined && !option.choices.includes(text)) {
      const meant = nearest(text, option.choices);
      throw new UsageError(
        `${rawName} must be one of ${option.choices.join(', ')}, and got "${text}"${suggestion(meant)}`,
      );
    }
    return text;
  }
  const value = Number(text);
  const isRight = option.type === 'integer' ? Number.isSafeInteger(value) : Number.isFinite(value);
  const { min = -Infinity, max = Infinity } = option;
  if (text.trim() === '' || !isRight || value < min || value > max) {
    const kind = option.type === 'integer' ? 'a whole number' : 'a number';
    throw new UsageError(`${rawName} must be ${kind}${bounds(option)}, and got "${text}"`);
  }
  return value;
}

/** Whether a text is one of the table's options rather than a value that happens to start with a dash, such as −1. */
function isOptionOf(table: OptionTable, text: string): boolean {
  if (text.startsWith('--')) return Object.hasOwn(table, text.slice(2).split('=', 1)[0]) || text === '--help';
  return (
    text.length === 2 && text.startsWith('-') && Object.values(table).some(({ short }) => short === text[1])
  );
}

function bounds({ min, max }: OptionSpec): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? '' : ` of at most ${max}`;
}

function unknownOption(command: string, table: OptionTable, rawName: string): UsageError {
  const names = Object.entries(table)
    .filter(([, option]) => !option.hidden)
    .map(([name]) => name);
  const meant = nearest(rawName.replace(/^-+/, ''), names);
  return new UsageError(
    `${command} has no option ${rawName}${suggestion(meant === undefined ? undefined : `--${meant}`)}`,
  );
}

function suggestion(meant: string | undefined): string {
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}

function checkPositionals(
  command: string,
  specs: readonly PositionalSpec[],
  positionals: readonly string[],
): void {
  const needed = specs.filter(({ count = 'one' }) => count === 'one' || count === 'many');
  if (positionals.length < needed.length) {
    const missing = needed[positionals.length];
    throw new UsageError(`${command} needs ${missing.name}: ${missing.help}`);
  }
  const isOpen = specs.some(({ count }) => count === 'many' || count === 'any');
  if (!isOpen && positionals.length > specs.length) {
    const extra = positionals[specs.length];
    const takes =
      specs.length === 0 ? 'takes no arguments' : `takes only ${specs.map(({ name }) => name).join(' ')}`;
    throw new UsageError(`${command} ${takes}, and got "${extra}" as well`);
  }
}
