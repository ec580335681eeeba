/** The commands by name, loaded only when they are called, so that none waits for what another needs. */
import { AppError } from '#domain/errors.ts';
import type { Command } from './command.ts';

export interface CommandTable {
  readonly names: readonly string[];
  load(name: string): Promise<Command>;
}

export const commandTable: CommandTable = {
  names: [
    'tour',
    'train',
    'grow',
    'export',
    'encode',
    'refine',
    'fuse',
    'morph',
    'repair',
    'eval',
    'rollout',
    'library',
    'figures',
    'bench',
    'doctor',
    'setup-tensorflow',
  ],
  async load(name) {
    const { command } = (await import(`./commands/${name}.ts`)) as { command?: Command };
    if (command?.name !== name) throw new Error(`commands/${name}.ts does not export the command ${name}`);
    return command;
  },
};

/** Loads a command that this version may lack. */
export async function loadIfThere(table: CommandTable, name: string): Promise<Command | undefined> {
  try {
    return await table.load(name);
  } catch (failure) {
    if (isMissing(failure, name)) return undefined;
    throw failure;
  }
}

export async function loadCommand(table: CommandTable, name: string): Promise<Command> {
  const command = await loadIfThere(table, name);
  if (command === undefined) {
    throw new AppError(
      'unsupported',
      `The command ${name} is not available yet in this version of Morphogen.`,
    );
  }
  return command;
}

function isMissing(failure: unknown, name: string): boolean {
  return (
    failure instanceof Error &&
    'code' in failure &&
    failure.code === 'ERR_MODULE_NOT_FOUND' &&
    'url' in failure &&
    String(failure.url).endsWith(`/commands/${name}.ts`)
  );
}
