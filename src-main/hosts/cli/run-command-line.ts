/**
 * Finds the command, parses its arguments, runs it, and turns the outcome into an exit code. Everything it touches is
 * handed in, so that tests run it without a process.
 */
import { resolve } from 'node:path';
import { AppError } from '#domain/errors.ts';
import { loadCommand, loadIfThere, type CommandTable } from './command-table.ts';
import { describeFailure } from './describe-failure.ts';
import { commandHelp, programHelp, type ProgramInfo } from './help.ts';
import { nearest } from './nearest.ts';
import { parseArguments } from './parse-arguments.ts';
import { UsageError } from './usage-error.ts';
import type { Command, Output } from './command.ts';

export const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 } as const;

export interface Surroundings {
  readonly out: Output;
  readonly err: Output;
  readonly signal: AbortSignal;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly program: ProgramInfo;
}

/** @returns the exit code; never throws. */
export async function runCommandLine(
  args: readonly string[],
  table: CommandTable,
  surroundings: Surroundings,
): Promise<number> {
  const { err, signal, program } = surroundings;
  try {
    const code = await dispatch(args, table, surroundings);
    return signal.aborted ? exitCodes.interrupted : code;
  } catch (failure) {
    if (failure instanceof UsageError) {
      const known = table.names.includes(args[0] ?? '') ? `${args[0]} ` : '';
      err.line(`${withFullStop(failure.message)} See ${program.call} ${known}--help.`);
      return exitCodes.usage;
    }
    if (signal.aborted || (failure instanceof AppError && failure.code === 'cancelled')) {
      if (failure instanceof AppError) err.line(failure.message);
      return exitCodes.interrupted;
    }
    err.line(describeFailure(failure).text);
    return exitCodes.failed;
  }
}

async function dispatch(
  args: readonly string[],
  table: CommandTable,
  surroundings: Surroundings,
): Promise<number> {
  const { out, err, program } = surroundings;
  const [first, ...rest] = args;
  if (first === undefined) {
    err.write(programHelp(program, await allCommands(table)));
    return exitCodes.usage;
  }
  if (first === '--version' || first === '-v') {
    out.line(program.version);
    return exitCodes.done;
  }
  const isHelp = first === 'help' || first === '--help' || first === '-h';
  if (isHelp && rest.length === 0) {
    out.write(programHelp(program, await allCommands(table)));
    return exitCodes.done;
  }
  const name = isHelp ? rest[0] : first;
  if (!table.names.includes(name)) {
    const meant = nearest(name, table.names);
    const kind = name.startsWith('-') ? 'option' : 'command';
    throw new UsageError(
      `There is no ${kind} ${name}${meant === undefined ? '' : `; did you mean ${meant}?`}`,
    );
  }
  const command = await loadCommand(table, name);
  const parsed = parseArguments(command, isHelp ? ['--help'] : rest);
  if (parsed.wantsHelp) {
    out.write(commandHelp(program, command));
    return exitCodes.done;
  }
  const code = await command.run({
    options: parsed.options,
    positionals: parsed.positionals,
    given: (option) => parsed.given.has(option),
    out,
    err,
    signal: surroundings.signal,
    cwd: surroundings.cwd,
    path: (given) => resolve(surroundings.cwd, given),
    env: surroundings.env,
  });
  return code ?? exitCodes.done;
}

async function allCommands(table: CommandTable): Promise<Command[]> {
  const commands = await Promise.all(table.names.map((name) => loadIfThere(table, name)));
  return commands.filter((command) => command !== undefined);
}

function withFullStop(sentence: string): string {
  return /[.?!]$/.test(sentence) ? sentence : `${sentence}.`;
}
