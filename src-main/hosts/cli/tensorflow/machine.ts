/** What setting TensorFlow up asks of the machine: programs to run, and room. Tests hand in a machine of their own. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';

export interface Finished {
  /** The exit code; null where the program is not there at all, or a signal ended it. */
  readonly code: number | null;
  readonly isMissing: boolean;
  /** What ended it, e.g. SIGSEGV. */
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

export interface Machine {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  /** Of the C library: wheels for Linux need glibc. */
  readonly isGlibc: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The Node that runs this, and the folder of its headers; null where they did not come with it. */
  readonly node: string;
  readonly nodeHeaders: string | null;
  run(command: readonly string[], options?: { readonly cwd?: string }): Promise<Finished>;
  /** Bytes free where `folder` lies or will lie. */
  freeBytes(folder: string): Promise<number>;
}

/** @param signal Ends what runs. */
export function thisMachine(signal: AbortSignal): Machine {
  return {
    platform: process.platform,
    arch: process.arch,
    isGlibc: process.platform === 'linux' && glibcVersion() !== undefined,
    env: process.env,
    node: process.execPath,
    nodeHeaders: headersBeside(process.execPath),
    run: ([file, ...args], { cwd } = {}) =>
      new Promise((done) => {
        const options = { cwd, signal, maxBuffer: 64 * 2 ** 20, shell: process.platform === 'win32' };
        execFile(file, args, options, (failure, out, err) => {
          if (failure === null) done({ code: 0, isMissing: false, signal: null, out, err });
          else {
            const { code, signal: by = null } = failure;
            const isMissing = failure.code === 'ENOENT' || failure.code === 'EACCES';
            done({ code: typeof code === 'number' ? code : null, isMissing, signal: by, out, err });
          }
        });
      }),
    async freeBytes(folder) {
      let there = folder;
      while (!existsSync(there) && dirname(there) !== there) there = dirname(there);
      const { bavail, bsize } = await statfs(there);
      return bavail * bsize;
    },
  };
}

function glibcVersion(): unknown {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime;
}

function headersBeside(node: string): string | null {
  const folder = join(dirname(node), '..', 'include', 'node');
  return existsSync(join(folder, 'node_api.h')) ? folder : null;
}
