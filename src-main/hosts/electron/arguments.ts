/** The desktop's command line. Chromium's and the system's own switches are in it, too: what is unknown is passed over. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface DesktopArguments {
  /** Absolute; undefined is the usual one. */
  readonly dataFolder: string | undefined;
  /** Files to open, as given. */
  readonly files: readonly string[];
}

/**
 * @param argv with the program first.
 * @param cwd what relative names are relative to.
 * @param isPackaged whether the program is Morphogen; else it is Electron, and second is what it runs.
 */
export function parseDesktopArguments(
  argv: readonly string[],
  cwd: string,
  isPackaged: boolean,
): DesktopArguments {
  const { values, positionals } = parseArgs({
    args: argv.slice(isPackaged ? 1 : 2),
    options: { data: { type: 'string' } },
    allowPositionals: true,
    strict: false,
  });
  const { data } = values;
  return {
    dataFolder: typeof data === 'string' && data !== '' ? resolve(cwd, data) : undefined,
    files: positionals,
  };
}
