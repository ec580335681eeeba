/**
 * The desktop's own small file in the data folder. It is a convenience: one that cannot be read is begun again, and one that
 * cannot be written is said once and forgotten.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { desktopState, MOST_RECENT, type DesktopState } from '#contract/shapes/desktop-state.ts';
import { writeFileAtomic } from '#storage/atomic-file.ts';

export interface StateFile {
  readonly state: () => DesktopState;
  change(patch: Partial<DesktopState>): void;
  /** Fulfilled when all changes so far are on the disk, or cannot be. */
  written(): Promise<void>;
}

export async function openStateFile(
  dataFolder: string,
  onProblem: (failure: unknown) => void,
): Promise<StateFile> {
  const path = join(dataFolder, 'desktop.json');
  let state = await read(path);
  let writing: Promise<void> | null = null;
  let isChanged = false;
  let hasTold = false;

  async function write(): Promise<void> {
    while (isChanged) {
      isChanged = false;
      try {
        await writeFileAtomic(path, new TextEncoder().encode(`${JSON.stringify(state, null, 2)}\n`));
      } catch (failure) {
        if (!hasTold) onProblem(failure);
        hasTold = true;
      }
    }
    writing = null;
  }

  return {
    state: () => state,
    change(patch) {
      const next = { ...state, ...patch };
      if (JSON.stringify(next) === JSON.stringify(state)) return;
      state = next;
      isChanged = true;
      writing ??= write();
    },
    written: () => writing ?? Promise.resolve(),
  };
}

/** The newest first, each once. */
export function withRecent(recent: readonly string[], paths: readonly string[]): string[] {
  return [...new Set([...paths, ...recent])].slice(0, MOST_RECENT);
}

async function read(path: string): Promise<DesktopState> {
  const text = await readFile(path, 'utf8').catch(() => '{}');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = {};
  }
  return desktopState.catch(desktopState.parse({})).parse(value);
}
