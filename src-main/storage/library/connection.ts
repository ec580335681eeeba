/**
 * One open database: statements prepared once and found by their SQL, transactions, and SQLite's errors as sentences.
 * The file under it may be replaced by a backup (`replace`) while whoever holds the connection goes on using it.
 * Once a page has turned out to be damaged nothing is written any more.
 */
import type Database from 'better-sqlite3';
import { AppError } from '#domain/errors.ts';
import { libraryError } from './sqlite-errors.ts';

export type Value = string | number | Uint8Array | null;

/** SQL with the types of what is bound and of the rows that come back. */
export interface Query<P extends readonly Value[], Row> {
  readonly sql: string;
  /** Only for the types. */
  readonly types?: (...params: P) => Row;
}

export function query<P extends readonly Value[], Row = never>(sql: string): Query<P, Row> {
  return { sql };
}

export class Connection {
  readonly path: string;
  #database: Database.Database;
  readonly #statements = new Map<string, Database.Statement>();
  #damage: AppError | null = null;

  constructor(path: string, database: Database.Database) {
    this.path = path;
    this.#database = database;
  }

  /** For pragmas and backups. */
  get database(): Database.Database {
    return this.#database;
  }

  all<P extends readonly Value[], Row>(wanted: Query<P, Row>, ...params: P): Row[] {
    return this.#attempt(() => this.#prepared(wanted.sql).all(...bound(wanted.sql, params)) as Row[]);
  }

  get<P extends readonly Value[], Row>(wanted: Query<P, Row>, ...params: P): Row | undefined {
    return this.#attempt(
      () => this.#prepared(wanted.sql).get(...bound(wanted.sql, params)) as Row | undefined,
    );
  }

  /** @returns rows changed */
  run<P extends readonly Value[]>(wanted: Query<P, never>, ...params: P): number {
    if (this.#damage !== null) throw this.#damage;
    return this.#attempt(() => this.#prepared(wanted.sql).run(...bound(wanted.sql, params)).changes);
  }

  /** All or nothing; on the disk when it returns. Within another one it is a part of that. */
  transaction<T>(action: () => T): T {
    if (this.#damage !== null) throw this.#damage;
    return this.#attempt(() => this.#database.transaction(action).immediate());
  }

  /** Closes the file, lets `swap` put another in its place, and goes on with what is there then. */
  replace(swap: () => void, open: () => Database.Database): void {
    this.close();
    try {
      swap();
    } finally {
      this.#database = open();
      this.#damage = null;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepared(sql: string): Database.Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #attempt<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      const told = libraryError(error, this.path);
      if (told instanceof AppError && told.code === 'bad-file' && told.cause === error) this.#damage = told;
      throw told;
    }
  }
}

/** better-sqlite3 takes `?1` as a name. */
function bound(sql: string, params: readonly Value[]): unknown[] {
  const values = params.map(bindable);
  return sql.includes('?1') ? [Object.fromEntries(values.map((value, i) => [i + 1, value]))] : values;
}

/** It binds Buffers alone. */
function bindable(value: Value): string | number | Buffer | null {
  if (!(value instanceof Uint8Array)) return value;
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}
