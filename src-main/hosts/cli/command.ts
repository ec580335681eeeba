/**
 * What a command of the command line is. A module commands/NAME.ts exports one `command` built with
 * `defineCommand`; main.ts parses the arguments against its table of options, prints its help, and turns what it
 * throws into an exit code. A command writes results through `context.out` (stdout) and everything else, progress
 * included, through `context.err` (stderr); it never calls process.exit and never prints an AppError itself.
 */

export interface OptionSpec {
  readonly type: 'string' | 'number' | 'integer' | 'boolean';
  /** One letter, without the dash. */
  readonly short?: string;
  /** What stands for the value in the help, e.g. FOLDER; the type's name if left out. */
  readonly placeholder?: string;
  /** One line for the help. */
  readonly help: string;
  /** Filled in when the option is absent, and shown in the help. */
  readonly default?: string | number | boolean;
  /** The only values allowed (strings), checked and shown in the help. */
  readonly choices?: readonly string[];
  /** Bounds of a number, inclusive, checked. */
  readonly min?: number;
  readonly max?: number;
  /** A missing option is a usage error. */
  readonly required?: true;
  /** Understood, but left out of the help. */
  readonly hidden?: true;
}

export type OptionTable = Readonly<Record<string, OptionSpec>>;

type ValueOf<S> = S extends { readonly type: 'boolean' }
  ? boolean
  : S extends { readonly type: 'number' | 'integer' }
    ? number
    : S extends { readonly choices: readonly (infer Choice)[] }
      ? Choice
      : string;

/** Options that have a value even where the command line does not give one. */
type Filled =
  | { readonly default: string | number | boolean }
  | { readonly required: true }
  | { readonly type: 'boolean' };

/** Absent options are undefined, unless they have a default or are required; an absent boolean is false. */
export type OptionValues<T extends OptionTable> = {
  readonly [Name in keyof T]: T[Name] extends Filled ? ValueOf<T[Name]> : ValueOf<T[Name]> | undefined;
};

/** How many positional arguments a command takes; main.ts checks it and says which one is missing. */
export interface PositionalSpec {
  readonly name: string;
  readonly help: string;
  /** `one` by default. `many` is one or more and comes last; `any` is none or more and comes last. */
  readonly count?: 'one' | 'optional' | 'many' | 'any';
}

export interface Output {
  /** Writes text as it is. */
  write(text: string): void;
  /** Writes text and a line break. */
  line(text?: string): void;
  /** Whether a person looks at it: progress bars only then. */
  readonly isTerminal: boolean;
  /** Columns of the terminal; 80 where there is none. */
  readonly columns: number;
}

export interface CommandContext<T extends OptionTable = OptionTable> {
  readonly options: OptionValues<T>;
  readonly positionals: readonly string[];
  /** Whether the option stood on the command line (rather than being filled in by its default). */
  readonly given: (option: keyof T & string) => boolean;
  /** stdout: results, JSON lines. */
  readonly out: Output;
  /** stderr: progress, notes, warnings. */
  readonly err: Output;
  /**
   * Aborted by the first Ctrl-C (SIGINT) or SIGTERM: finish the step at hand, save, and return or throw an AppError
   * `cancelled`; the exit code is then 130 either way. A second Ctrl-C ends the process at once.
   */
  readonly signal: AbortSignal;
  /** Relative paths are relative to this folder: where the user stood when calling npm or the bin. */
  readonly cwd: string;
  /** Makes a path given by the user absolute. */
  readonly path: (given: string) => string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Command<T extends OptionTable = OptionTable> {
  readonly name: string;
  /** One line for the list of commands: starts with a verb, no full stop. */
  readonly summary: string;
  /** A paragraph for `--help`, if the summary is not enough. */
  readonly description?: string;
  readonly positionals?: readonly PositionalSpec[];
  readonly options: T;
  /** Shown in the help: the command line without the program's name, and what it does. At least one. */
  readonly examples: readonly { readonly line: string; readonly does: string }[];
  /** Left out of the list of commands. */
  readonly hidden?: true;
  /** Returns nothing, or an exit code where a failure has already been told (e.g. some files were skipped). */
  run(context: CommandContext<T>): Promise<number | void>;
}

/** Keeps the types of the options: `export const command = defineCommand({ name: 'grow', options: {…}, … })`. */
export function defineCommand<const T extends OptionTable>(command: Command<T>): Command<T> {
  return command;
}
