/** `library`: backs the library up, checks it, restores a backup, throws away what nothing refers to. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '#domain/errors.ts';
import { usualDataFolder } from '#hosts/service/data-folder.ts';
import { backUpLibrary, listBackups, newestGoodBackup } from '#storage/library/backups.ts';
import { checkLibrary } from '#storage/library/check.ts';
import { BACKUP_FOLDER } from '#storage/library/database-file.ts';
import { collectGarbage } from '#storage/library/open.ts';
import { restoreLibrary } from '#storage/library/restore.ts';
import { defineCommand } from '../command.ts';
import { nearest } from '../nearest.ts';
import { UsageError } from '../usage-error.ts';

/** What an action says: a line for people each, one JSON value for programs, and whether all is well. */
interface Outcome {
  readonly lines: readonly string[];
  readonly json: unknown;
  readonly isBad?: true;
}

interface Call {
  readonly dataFolder: string;
  /** What follows the action. */
  readonly argument: string | undefined;
  readonly path: (given: string) => string;
}

const actions: Readonly<Record<string, (call: Call) => Promise<Outcome>>> = {
  backup,
  check,
  restore,
  list,
  gc,
};

export const command = defineCommand({
  name: 'library',
  summary: 'Back up, check and restore the library of styles and artworks',
  description:
    'ACTION is backup (while Morphogen runs, if you like), check (pages, references and files), list (the backups, ' +
    'newest first), restore (a backup takes the place of the library, which is set aside, never deleted; Morphogen has ' +
    'to be closed), or gc (throws away what was deleted for good and what nothing refers to). Backups are yours: none ' +
    'is ever deleted.',
  positionals: [
    { name: 'ACTION', help: Object.keys(actions).join(', ') },
    {
      name: 'BACKUP',
      help: 'restore: a file, or a name that list shows; the newest sound one if left out',
      count: 'optional',
    },
  ],
  options: {
    data: {
      type: 'string',
      placeholder: 'DIR',
      help: "the data folder; this system's usual one if left out",
    },
    json: { type: 'boolean', help: 'print one line of JSON' },
  },
  examples: [
    { line: 'library backup', does: 'a copy in the data folder, under backups' },
    { line: 'library check --data ~/morphogen', does: 'is everything there and sound?' },
    { line: 'library restore', does: 'back to the newest sound backup' },
  ],
  async run({ options, positionals, path, out, env }) {
    const [name, argument] = positionals;
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (action === undefined) {
      const meant = nearest(name, Object.keys(actions));
      const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
      throw new UsageError(`ACTION is one of ${Object.keys(actions).join(', ')}, and got "${name}"${hint}`);
    }
    if (argument !== undefined && name !== 'restore')
      throw new UsageError(`library ${name} takes nothing more, and got "${argument}"`);
    const dataFolder =
      options.data === undefined ? usualDataFolder(process.platform, env) : path(options.data);
    const { lines, json, isBad } = await action({ dataFolder, argument, path });
    if (options.json) out.line(JSON.stringify(json));
    else for (const line of lines) out.line(line);
    return isBad ? 1 : undefined;
  },
});

async function backup({ dataFolder }: Call): Promise<Outcome> {
  const made = await backUpLibrary(dataFolder);
  return { lines: [`Backed up to ${made.path} (${megabytes(made.bytes)}).`], json: made };
}

async function check({ dataFolder }: Call): Promise<Outcome> {
  const report = await checkLibrary(dataFolder);
  if (report.isSound) return { lines: [`The library in ${dataFolder} is sound.`], json: report };
  return { lines: report.problems, json: report, isBad: true };
}

async function list({ dataFolder }: Call): Promise<Outcome> {
  const backups = await listBackups(dataFolder);
  const lines = backups.map(
    ({ path, createdMs, bytes }) => `${timeWords(createdMs)}\t${megabytes(bytes)}\t${path}`,
  );
  return { lines: lines.length > 0 ? lines : [`There are no backups in ${dataFolder} yet.`], json: backups };
}

async function restore({ dataFolder, argument, path }: Call): Promise<Outcome> {
  const chosen = argument === undefined ? await newest(dataFolder) : named(dataFolder, argument, path);
  const { setAside } = await restoreLibrary(dataFolder, chosen);
  const before = setAside === null ? '' : ` What was there before lies in ${setAside}.`;
  return {
    lines: [`The library in ${dataFolder} is now what ${chosen} was.${before}`],
    json: { restored: chosen, setAside },
  };
}

async function gc({ dataFolder }: Call): Promise<Outcome> {
  const collected = await collectGarbage(dataFolder, { version: ownVersion() });
  const { files, bytes } = collected;
  const lines = [
    files === 0 ? 'There was nothing to throw away.' : `Threw away ${files} things, ${megabytes(bytes)}.`,
  ];
  return { lines, json: collected };
}

async function newest(dataFolder: string): Promise<string> {
  const found = await newestGoodBackup(dataFolder);
  if (found !== null) return found.path;
  throw new AppError('not-found', `There is no sound backup in ${dataFolder}: give the name of a backup.`);
}

/** A path, or a name in the folder of backups. */
function named(dataFolder: string, given: string, path: (given: string) => string): string {
  const listed = join(dataFolder, BACKUP_FOLDER, given);
  return !existsSync(path(given)) && existsSync(listed) ? listed : path(given);
}

function ownVersion(): string {
  const manifest = readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** Local time, to the second. */
function timeWords(ms: number): string {
  const time = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = [time.getFullYear(), two(time.getMonth() + 1), two(time.getDate())].join('-');
  return `${day} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(two).join(':')}`;
}
