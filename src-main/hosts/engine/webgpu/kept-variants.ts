/**
 * Which variants of the kernels were found quickest on a processor, by its key: a small file in the user's cache. They are
 * taken again at the next start, so that nothing is tried twice and a training comes out as it would have, to the bit. A
 * file that is not there, or broken, says nothing.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '#domain/errors.ts';
import { writeFileAtomic } from '#storage/atomic-file.ts';
import { userCacheFolder } from '../cache-folder.ts';

export interface KeptVariants {
  /** As they were kept, unchecked; an empty object where none were. */
  of(key: string): unknown;
  /** By the keys of all processors, for a page that has one. */
  all(): Readonly<Record<string, unknown>>;
  /** Added to what was kept, unchecked: whoever takes it up checks it. */
  keep(key: string, choices: Readonly<Record<string, unknown>>): Promise<void>;
}

export const VARIANTS_FILE = 'graphics-variants.json';

const FORMAT = 1;
/** Processors; those kept first are forgotten. */
const MOST = 20;

export function keptVariants(file: string = join(userCacheFolder(), VARIANTS_FILE)): KeptVariants {
  return {
    of: (key) => readProcessors(file)[key] ?? {},
    all: () => readProcessors(file),
    async keep(key, choices) {
      const before = readProcessors(file);
      const others: [string, unknown][] = Object.entries(before).filter(([other]) => other !== key);
      const known: unknown = before[key];
      const both: object = { ...(typeof known === 'object' ? known : {}), ...choices };
      const newest: [string, unknown][] = [...others, [key, both] as [string, unknown]].slice(-MOST);
      const processors: Record<string, unknown> = Object.fromEntries(newest);
      const bytes = new TextEncoder().encode(`${JSON.stringify({ format: FORMAT, processors }, null, 1)}\n`);
      try {
        await writeFileAtomic(file, bytes, { makeFolder: true });
      } catch (failure) {
        // A cache that cannot be written costs a search at the next start, and nothing else.
        if (!(failure instanceof AppError)) throw failure;
      }
    },
  };
}

function readProcessors(file: string): Readonly<Record<string, unknown>> {
  try {
    const { format, processors } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    return format === FORMAT && typeof processors === 'object' && processors !== null
      ? (processors as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}
