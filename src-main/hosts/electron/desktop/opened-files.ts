/**
 * Files that the system hands over: from the command line, by a double click, by a second start that gives its files to
 * the first, by a Mac's event before or after the window is there. They wait here until a window takes them, each once;
 * what they are, the window asks the application as for anything dropped.
 */
import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface OpenedFiles {
  add(paths: readonly string[]): void;
  /** What nobody has taken yet. */
  take(): string[];
  /** Of every addition. */
  onAdded(listener: () => void): void;
}

/** More than anybody opens at once. */
const MOST = 1000;

export function createOpenedFiles(): OpenedFiles {
  let waiting: string[] = [];
  let listener = (): void => undefined;
  return {
    add(paths) {
      const wanted = paths.filter((path) => isAbsolute(path));
      if (wanted.length === 0) return;
      waiting = [...new Set([...waiting, ...wanted])].slice(0, MOST);
      listener();
    },
    take() {
      const taken = waiting;
      waiting = [];
      return taken;
    },
    onAdded(next) {
      listener = next;
    },
  };
}

/** Absolute paths of files named on a command line; addresses other than `file:` are not followed. */
export function filePaths(given: readonly string[], cwd: string): string[] {
  return given.flatMap((name) => {
    if (/^file:/i.test(name)) return fromAddress(name);
    if (name === '' || name.startsWith('-') || /^[a-z][a-z0-9+.-]+:\/\//i.test(name)) return [];
    return [resolve(cwd, name)];
  });
}

function fromAddress(address: string): string[] {
  try {
    return [fileURLToPath(address)];
  } catch {
    return [];
  }
}

/** What a second start sends to the first: checked, as any program of this user could send it. */
export function handedOver(data: unknown): string[] {
  if (typeof data !== 'object' || data === null || !('files' in data) || !Array.isArray(data.files))
    return [];
  return data.files.filter((path): path is string => typeof path === 'string' && isAbsolute(path));
}
