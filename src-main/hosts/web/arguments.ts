/** The web host's own command line. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError } from '#domain/errors.ts';
import { defaultPort } from './web-host.ts';

export interface WebArguments {
  /** The first port to try. */
  readonly port: number;
  /** Whether to open a browser. */
  readonly opens: boolean;
  /** Absolute; undefined is the usual one. */
  readonly dataFolder: string | undefined;
  readonly wantsHelp: boolean;
}

export const help = `Morphogen in the browser: the gallery, growing and training, on this machine alone.

  --port N      the port to listen on, or the next free one after it (${defaultPort}; 0 is any)
  --no-open     only print the address, open no browser
  --data DIR    where the library is kept
  --help        this text

Ctrl-C saves what is running and ends; jobs go on at the next start.
`;

/**
 * @param cwd what a relative folder is relative to.
 * @throws AppError bad-argument
 */
export function parseWebArguments(args: readonly string[], cwd: string): WebArguments {
  const { port, open, data, help: wantsHelp } = parse(args);
  if (port !== undefined && (!/^\d{1,5}$/.test(port) || Number(port) > 65_535)) {
    throw new AppError('bad-argument', `--port takes a number from 0 to 65535, not “${port}”.`);
  }
  if (data === '') throw new AppError('bad-argument', '--data takes a folder, not an empty name.');
  return {
    port: port === undefined ? defaultPort : Number(port),
    opens: open ?? true,
    dataFolder: data === undefined ? undefined : resolve(cwd, data),
    wantsHelp: wantsHelp ?? false,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        open: { type: 'boolean' },
        data: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
      allowNegative: true,
      allowPositionals: false,
    }).values;
  } catch (failure) {
    if (!(failure instanceof TypeError)) throw failure;
    const [what] = failure.message.split(/\. (?=To |This )/);
    throw new AppError('bad-argument', `${what.replace(/\.$/, '')}: --help lists the options.`, {
      cause: failure,
    });
  }
}
