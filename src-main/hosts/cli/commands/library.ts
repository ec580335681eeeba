/** `library`: backs it up, checks it, restores a backup, throws away what nothing refers to; brings things in and out. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '#domain/errors.ts';
import { usualDataFolder } from '#hosts/service/data-folder.ts';
import { backUpLibrary, listBackups, newestGoodBackup } from '#storage/library/backups.ts';
import { checkLibrary } from '#storage/library/check.ts';
import { BACKUP_FOLDER } from '#storage/library/database-file.ts';
import { collectGarbage } from '#storage/library/open.ts';
import { restoreLibrary } from '#storage/library/restore.ts';
import { defineCommand, type Output } from '../command.ts';
import { exportFrom, importInto } from '../library-transfer.ts';
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
  readonly rest: readonly string[];
  readonly path: (given: string) => string;
  readonly model: string | undefined;
  readonly out: string | undefined;
  readonly err: Output;
  readonly signal: AbortSignal;
}

interface Action {
  readonly run: (call: Call) => Promise<Outcome>;
  /** Arguments after the action's name. */
  readonly takes: 'none' | 'one' | 'many';
}

const actions: Readonly<Record<string, Action>> = {
  backup: { run: backup, takes: 'none' },
  check: { run: check, takes: 'none' },
  restore: { run: restore, takes: 'one' },
  list: { run: list, takes: 'none' },
  import: { run: importAll, takes: 'many' },
  export: { run: exportAll, takes: 'many' },
  gc: { run: gc, takes: 'none' },
};

export const command = defineCommand({
  name: 'library',
  summary: 'Back up, check, restore, fill and export the library of styles and artworks',
  description:
    'ACTION is backup (while Morphogen runs, if you like), check (pages, references and files), list (the backups, ' +
    'newest first), restore (a backup takes the place of the library, which is set aside, never deleted; Morphogen has ' +
    'to be closed), import (pictures and folders of them become styles, style and model files are copied in), export ' +
    '(style and model files, and artworks as PNGs), or gc (throws away what was deleted for good and what nothing ' +
    'refers to). Backups are yours: none is ever deleted.',
  positionals: [
    { name: 'ACTION', help: Object.keys(actions).join(', ') },
    {
      name: 'WHAT',
      help:
        'restore: a file, or a name that list shows; the newest sound one if left out. import: files and folders. ' +
        'export: names of styles, models and artworks; all of them if left out',
      count: 'any',
    },
  ],
  options: {
    data: {
      type: 'string',
      placeholder: 'DIR',
      help: "the data folder; this system's usual one if left out",
    },
    model: {
      type: 'string',
      placeholder: 'NAME',
      help: 'import: the model that encodes pictures; your newest if left out',
    },
    out: { type: 'string', short: 'o', placeholder: 'DIR', help: 'export: the folder to write into' },
    json: { type: 'boolean', help: 'print one line of JSON' },
  },
  examples: [
    { line: 'library backup', does: 'a copy in the data folder, under backups' },
    { line: 'library check --data ~/morphogen', does: 'is everything there and sound?' },
    { line: 'library restore', does: 'back to the newest sound backup' },
    { line: 'library import icons/ owl.safetensors', does: 'styles of all pictures there, and a style file' },
    { line: 'library export Parrot --out styles/', does: 'what is called so, as files' },
  ],
  async run({ options, positionals, path, out, err, env, signal }) {
    const [name, ...rest] = positionals;
    const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
    if (action === undefined) {
      const meant = nearest(name, Object.keys(actions));
      const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
      throw new UsageError(`ACTION is one of ${Object.keys(actions).join(', ')}, and got "${name}"${hint}`);
    }
    const surplus = action.takes === 'none' ? rest[0] : action.takes === 'one' ? rest[1] : undefined;
    if (surplus !== undefined)
      throw new UsageError(`library ${name} takes nothing more, and got "${surplus}"`);
    const dataFolder =
      options.data === undefined ? usualDataFolder(process.platform, env) : path(options.data);
    const { model, out: folder } = options;
    const { lines, json, isBad } = await action.run({
      ...{ dataFolder, rest, path, model, err, signal },
      out: folder === undefined ? undefined : path(folder),
    });
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

async function restore({ dataFolder, rest, path }: Call): Promise<Outcome> {
  const argument = rest.at(0);
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

async function importAll({ dataFolder, rest, path, model, err, signal }: Call): Promise<Outcome> {
  if (rest.length === 0) throw new UsageError('library import needs files or folders to bring in');
  const transfer = { dataFolder, version: ownVersion(), err, signal };
  const { job, skipped } = await importInto(transfer, rest.map(path), model);
  const lines = [`Brought in ${counted(job.styleCount, 'style')}.`];
  for (const { path: file, reason } of skipped) err.line(`Left out: ${file}: ${reason}`);
  const { styleCount, modelId } = job;
  return {
    ...{ lines, json: { styles: styleCount, modelId, skipped } },
    ...(skipped.length > 0 ? { isBad: true } : {}),
  };
}

async function exportAll({ dataFolder, rest, out, err, signal }: Call): Promise<Outcome> {
  if (out === undefined) throw new UsageError('library export needs --out, the folder to write into');
  const transfer = { dataFolder, version: ownVersion(), err, signal };
  const { job } = await exportFrom(transfer, rest, out);
  return { lines: [`Wrote ${counted(job.done, 'file')} to ${out}.`], json: { files: job.done, folder: out } };
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
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
