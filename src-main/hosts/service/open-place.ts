/**
 * Where a library is open: a small file beside it, so that a second Morphogen can say where the first one is. The lock
 * on the library decides; this only helps people.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { AppError } from '#domain/errors.ts';
import type { DataFolder } from './data-folder.ts';

export async function writePlace({ openFile }: DataFolder, url: string): Promise<void> {
  // The address lets its reader in, so it is for this user alone.
  await rm(openFile, { force: true });
  await writeFile(openFile, JSON.stringify({ pid: process.pid, url }), { mode: 0o600 });
}

export async function forgetPlace({ openFile }: DataFolder): Promise<void> {
  await rm(openFile, { force: true });
}

/** Throws the failure again; where the library is in use, with the place where it is. */
export async function pointingThere({ openFile }: DataFolder, failure: unknown): Promise<never> {
  if (!(failure instanceof AppError) || failure.code !== 'busy') throw failure;
  const text = await readFile(openFile, 'utf8').catch(() => '');
  const url = /"url":"(http:\/\/[^"]+)"/.exec(text)?.[1];
  if (url === undefined) throw failure;
  throw new AppError('busy', `${failure.message} It is open at ${url}`, { cause: failure });
}
