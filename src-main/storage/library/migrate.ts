/**
 * From one version of the schema to the next. Versions go up by ten, each is one transaction, and none changes once
 * released; before the first step a database that holds something is backed up. A database of a later version is
 * refused and left as it is. Killed on the way, it is at one of the versions, and the next start goes on from there.
 */
import type Database from 'better-sqlite3';
import { AppError } from '#domain/errors.ts';
import { version10 } from './migrations/version-10.ts';

export interface Migration {
  /** What `user_version` is afterwards. */
  readonly version: number;
  readonly sql: string;
}

export const migrations: readonly Migration[] = [version10];

/** 'MRPG' */
export const APPLICATION_ID = 0x4d_52_50_47;

export function latestVersion(steps: readonly Migration[] = migrations): number {
  return steps.at(-1)?.version ?? 0;
}

export function schemaVersion(database: Database.Database): number {
  return database.pragma('user_version', { simple: true }) as number;
}

/** @throws AppError unsupported for a schema later than the last of `steps` */
export function refuseLaterSchema(
  database: Database.Database,
  path: string,
  steps: readonly Migration[] = migrations,
): void {
  const found = schemaVersion(database);
  const known = latestVersion(steps);
  if (found <= known) return;
  throw new AppError(
    'unsupported',
    `The library ${path} was written by a newer Morphogen (library version ${found}, this one knows ${known}): use Morphogen ${writtenBy(database) ?? 'of a later version'} or newer; nothing was changed.`,
  );
}

/**
 * @param backUp Called once before anything changes in a database that holds something.
 * @param appVersion Of the program; what a later refusal names.
 * @throws AppError unsupported
 */
export async function migrate(
  database: Database.Database,
  path: string,
  appVersion: string,
  backUp: () => Promise<unknown>,
  steps: readonly Migration[] = migrations,
): Promise<void> {
  refuseLaterSchema(database, path, steps);
  const start = schemaVersion(database);
  const pending = steps.filter(({ version }) => version > start);
  if (pending.length === 0) return;
  if (start > 0) await backUp();
  // Tables are rebuilt by dropping the old ones; what refers to them is checked before each commit instead.
  database.pragma('foreign_keys = OFF');
  try {
    for (const { version, sql } of pending) {
      database
        .transaction(() => {
          // Someone else may have taken the step while this one waited.
          if (schemaVersion(database) >= version) return;
          database.exec(sql);
          const strays = database.pragma('foreign_key_check') as unknown[];
          if (strays.length > 0)
            throw new Error(`migration ${version} leaves ${strays.length} rows without their parent`);
          database.prepare("INSERT OR REPLACE INTO info (key, value) VALUES ('version', ?)").run(appVersion);
          database.pragma(`application_id = ${APPLICATION_ID}`);
          database.pragma(`user_version = ${version}`);
        })
        .immediate();
    }
  } finally {
    database.pragma('foreign_keys = ON');
  }
}

function writtenBy(database: Database.Database): string | undefined {
  try {
    return database.prepare("SELECT value FROM info WHERE key = 'version'").pluck().get() as
      string | undefined;
  } catch {
    // A later schema may keep it elsewhere.
    return undefined;
  }
}
