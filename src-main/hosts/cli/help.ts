/** The texts of `--help`: of the program, and of a command. */
import { placeholder } from './parse-arguments.ts';
import type { Command, OptionSpec, PositionalSpec } from './command.ts';

export interface ProgramInfo {
  /** How the user calls the program: `morphogen`, or the npm line that runs it in a clone. */
  readonly call: string;
  readonly version: string;
}

export function programHelp(program: ProgramInfo, commands: readonly Command[]): string {
  const shown = commands.filter(({ hidden }) => !hidden);
  return [
    `Morphogen ${program.version}: pictures grown, blended and healed by neural cellular automata.`,
    '',
    `Usage: ${program.call} COMMAND [ARGUMENT…] [--OPTION…]`,
    '',
    'Commands:',
    ...columns(shown.map(({ name, summary }) => [name, summary])),
    '',
    'Examples:',
    ...columns(
      shown.slice(0, 4).map(({ examples }) => [`${program.call} ${examples[0].line}`, examples[0].does]),
    ),
    '',
    `Each command explains itself: ${program.call} COMMAND --help`,
    'Exit codes: 0 done, 1 failed (the reason is on stderr), 2 called wrongly, 130 interrupted.',
    '',
  ].join('\n');
}

export function commandHelp(program: ProgramInfo, command: Command): string {
  const options = Object.entries(command.options).filter(([, option]) => !option.hidden);
  const positionals = command.positionals ?? [];
  return [
    `${command.summary}.`,
    ...(command.description === undefined ? [] : ['', ...wrap(command.description, 100)]),
    '',
    `Usage: ${program.call} ${[command.name, ...positionals.map(positionalUsage)].join(' ')} [--OPTION…]`,
    ...(positionals.length === 0 ? [] : ['', ...columns(positionals.map(({ name, help }) => [name, help]))]),
    '',
    'Options:',
    ...columns([
      ...options.map(([name, option]): [string, string] => [optionUsage(name, option), optionHelp(option)]),
      ['-h, --help', 'this text'],
    ]),
    '',
    command.examples.length === 1 ? 'Example:' : 'Examples:',
    ...columns(command.examples.map(({ line, does }) => [`${program.call} ${line}`, does])),
    '',
  ].join('\n');
}

function positionalUsage({ name, count = 'one' }: PositionalSpec): string {
  switch (count) {
    case 'one':
      return name;
    case 'optional':
      return `[${name}]`;
    case 'many':
      return `${name}…`;
    case 'any':
      return `[${name}…]`;
    default:
      return count satisfies never;
  }
}

function optionUsage(name: string, option: OptionSpec): string {
  const short = option.short === undefined ? '' : `-${option.short}, `;
  return `${short}--${name}${option.type === 'boolean' ? '' : ` ${placeholder(option)}`}`;
}

function optionHelp(option: OptionSpec): string {
  const notes = [
    ...(option.choices !== undefined && option.placeholder !== undefined ? [option.choices.join(', ')] : []),
    ...(option.default === undefined || option.default === false ? [] : [`default ${option.default}`]),
    ...(option.required ? ['required'] : []),
  ];
  return notes.length === 0 ? option.help : `${option.help} (${notes.join('; ')})`;
}

/** Two columns; where the first is wide, the second goes on the line below. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  const widest = Math.min(34, Math.max(0, ...rows.map(([left]) => left.length)));
  const indent = ' '.repeat(widest + 4);
  return rows.flatMap(([left, right]) => {
    const [first = '', ...rest] = wrap(right, 106 - widest);
    const lines = rest.map((line) => indent + line);
    if (left.length <= widest) return [`  ${left.padEnd(widest)}  ${first}`, ...lines];
    return [`  ${left}`, indent + first, ...lines];
  });
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
