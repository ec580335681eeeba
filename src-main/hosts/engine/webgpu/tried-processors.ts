/**
 * Which graphics processors were found to compute right, and which wrong, by their keys: a small file in the user's cache.
 * One that was right is not tried again at the next start; one that was wrong is not chosen by itself until its key
 * changes (a new driver, browser or version of this program). A file that is not there, or broken, says nothing.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '#domain/errors.ts';
import { writeFileAtomic } from '#storage/atomic-file.ts';
import { userCacheFolder } from '../cache-folder.ts';

/** null: right; else how it was wrong, in a sentence; undefined: not tried, as far as anyone knows. */
export type Verdict = string | null | undefined;

export interface TriedProcessors {
  verdict(key: string): Verdict;
  /** Keys that have a verdict; those that were right alone where the others are to be tried again. */
  known(rightAlone: boolean): string[];
  /** Before a trial that may bring the whole process down, as bugs of drivers do. */
  begin(key: string): Promise<void>;
  remember(key: string, wrong: string | null): Promise<void>;
}

export const TRIED_FILE = 'graphics-processors.json';

interface Entry {
  readonly key: string;
  readonly wrong: string | null;
  /** Trials that began and came to no end; 0 once one did. */
  readonly unfinished: number;
}

/** The newest last; older ones are forgotten. */
const MOST = 50;
const FORMAT = 1;
/** Once may be someone's impatience. */
const TOO_OFTEN = 2;

export function triedProcessors(file: string = join(userCacheFolder(), TRIED_FILE)): TriedProcessors {
  async function change(key: string, to: (before: Entry | undefined) => Entry): Promise<void> {
    const entries = readEntries(file);
    const others = entries.filter((entry) => entry.key !== key);
    const tried = [...others, to(entries.find((entry) => entry.key === key))].slice(-MOST);
    const bytes = new TextEncoder().encode(`${JSON.stringify({ format: FORMAT, tried }, null, 1)}\n`);
    try {
      await writeFileAtomic(file, bytes, { makeFolder: true });
    } catch (failure) {
      // A cache that cannot be written costs a trial at the next start, and nothing else.
      if (!(failure instanceof AppError)) throw failure;
    }
  }

  return {
    verdict: (key) => {
      const entry = readEntries(file).find((one) => one.key === key);
      return entry && verdictOf(entry);
    },
    known: (rightAlone) =>
      readEntries(file)
        .filter((entry) => {
          const verdict = verdictOf(entry);
          return rightAlone ? verdict === null : verdict !== undefined;
        })
        .map(({ key }) => key),
    begin: (key) =>
      change(key, (before) => ({
        key,
        wrong: before?.wrong ?? null,
        unfinished: (before?.unfinished ?? 0) + 1,
      })),
    remember: (key, wrong) => change(key, () => ({ key, wrong, unfinished: 0 })),
  };
}

function verdictOf({ wrong, unfinished }: Entry): Verdict {
  if (unfinished === 0 || wrong !== null) return wrong;
  if (unfinished < TOO_OFTEN) return undefined;
  return 'The graphics processor did not come through its trial, more than once, so it is not used: update its driver, or ask for --backend webgpu to try it again.';
}

function readEntries(file: string): readonly Entry[] {
  try {
    const { format, tried } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    return format === FORMAT && Array.isArray(tried) ? tried.filter(isEntry) : [];
  } catch {
    return [];
  }
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const { key, wrong, unfinished } = value as Record<string, unknown>;
  return (
    typeof key === 'string' &&
    (wrong === null || typeof wrong === 'string') &&
    Number.isInteger(unfinished) &&
    (unfinished as number) >= 0
  );
}
