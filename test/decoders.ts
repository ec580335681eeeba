/**
 * Other programs' decoders, to look at what is exported: ffmpeg, libwebp's and giflib's tools. Debian's are installed
 * where that can be done without asking (as root); elsewhere what needs them is skipped, with a sentence that says so.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Each with Debian's package. */
const packages = {
  ffmpeg: 'ffmpeg',
  ffprobe: 'ffmpeg',
  webpinfo: 'webp',
  webpmux: 'webp',
  dwebp: 'webp',
  giftext: 'giflib-tools',
  gif2rgb: 'giflib-tools',
} as const;

export type Decoder = keyof typeof packages;

export function hasDecoder(name: Decoder): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders.some((folder) => isExecutable(join(folder, name)));
}

/** Why a test that needs these is skipped; false where all are there. */
export function missing(...names: readonly Decoder[]): string | false {
  const lacking = names.filter((name) => !hasDecoder(name));
  if (lacking.length === 0) return false;
  const from = [...new Set(lacking.map((name) => packages[name]))].join(' ');
  return `${lacking.join(', ')} not found: install Debian’s packages ${from}`;
}

/** Tries; what is not there afterwards is skipped. */
export function installDecoders(): void {
  const names = Object.keys(packages) as Decoder[];
  const wanted = [...new Set(names.filter((name) => !hasDecoder(name)).map((name) => packages[name]))];
  if (wanted.length === 0 || !existsSync('/etc/debian_version') || process.getuid?.() !== 0) return;
  process.stderr.write(`Installing ${wanted.join(', ')}, which look at what is exported (once) …\n`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = (): number | null =>
    spawnSync('apt-get', ['--quiet', 'install', '--yes', '--no-install-recommends', ...wanted], {
      ...{ env, stdio: ['ignore', 2, 2], timeout: 180_000 },
    }).status;
  if (install() === 0) return;
  spawnSync('apt-get', ['--quiet', 'update'], { env, stdio: ['ignore', 2, 2], timeout: 120_000 });
  install();
}

/** What it writes to its standard output. @throws Error with all that it said, where it fails */
export function decode(name: Decoder, args: readonly string[], cwd: string): Buffer {
  const { status, stdout, stderr, error } = spawnSync(name, args, { cwd, maxBuffer: 2 ** 28 });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${name} ${args.join(' ')}: ${stderr.toString()}${stdout.toString()}`);
  return stdout;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
