/** A machine on which programs only pretend: what would be run is noted, and leaves the files that the real one would. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CheckReport } from '#hosts/cli/tensorflow/check.ts';
import type { Finished, Machine } from '#hosts/cli/tensorflow/machine.ts';

export const goodCheck: CheckReport = {
  ...{ onGpu: false, threads: 2, matmulError: 1e-7, gradientError: 2e-7, gflops: 100 },
};

export interface StandIn {
  readonly machine: Machine;
  /** Every command, by what it is for. */
  readonly done: string[];
  /** The commands themselves. */
  readonly commands: (readonly string[])[];
}

export interface StandInOptions {
  readonly system?: Partial<Pick<Machine, 'platform' | 'arch' | 'isGlibc' | 'nodeHeaders' | 'env'>>;
  readonly freeBytes?: number;
  /** Programs that are not installed. */
  readonly missing?: readonly string[];
  /** How a stage ends, instead of well. */
  readonly ends?: Readonly<Record<string, Partial<Finished>>>;
  readonly check?: CheckReport;
}

const well: Finished = { code: 0, isMissing: false, signal: null, out: '', err: '' };

export function standInMachine(options: StandInOptions = {}): StandIn {
  const { system = {}, freeBytes = 50e9, missing = [], ends = {}, check = goodCheck } = options;
  const done: string[] = [];
  const commands: (readonly string[])[] = [];
  const machine: Machine = {
    ...{ platform: 'linux', arch: 'x64', isGlibc: true, env: {}, node: '/node', nodeHeaders: '/headers' },
    ...system,
    freeBytes: () => Promise.resolve(freeBytes),
    run(command) {
      const name = purposeOf(command);
      commands.push(command);
      done.push(name);
      if (missing.includes(command[0])) return Promise.resolve({ ...well, code: null, isMissing: true });
      const end = ends[name];
      if (end !== undefined) return Promise.resolve({ ...well, code: 1, ...end });
      return Promise.resolve({ ...well, out: effect(name, command, check) });
    },
  };
  return { machine, done, commands };
}

function purposeOf(command: readonly string[]): string {
  if (command.includes('--version') && !command.includes('--dest')) return `find ${command[0]}`;
  if (command[0] === 'nvidia-smi') return 'find nvidia-smi';
  if (command.includes('download')) return `fetch ${command.at(-1)}`;
  if (command.includes('pack')) return `fetch ${command[command.indexOf('pack') + 1]}`;
  if (command[1] === '-c') return command.length > 4 ? `unpack ${nameOf(command[3])}` : 'requirements';
  if (command.includes('-std=c++17')) return 'compile';
  return 'check';
}

/** Leaves files, and returns what the program prints. */
function effect(name: string, command: readonly string[], check: CheckReport): string {
  const after = (option: string): string => command[command.indexOf(option) + 1];
  if (command.includes('download')) {
    const requirement = command.at(-1)!;
    const [, project] = /^([\w.-]+)/.exec(requirement)!;
    write(join(after('--dest'), `${project.replaceAll('-', '_')}-1.whl`));
  } else if (command.includes('pack')) {
    const file = `${after('pack').replace(/^@/, '').replaceAll(/[@/]/g, '-')}.tgz`;
    write(join(after('--pack-destination'), file));
  } else if (name.startsWith('unpack')) {
    const [archive, folder, ...prefixes] = command.slice(3);
    if (!existsSync(archive)) throw new Error(`nothing to unpack: ${archive}`);
    for (const prefix of prefixes)
      write(join(folder, prefix.endsWith('/') ? `${prefix}a.h` : prefix || 'a.js'));
  } else if (name === 'compile') write(after('-o'));
  else if (name === 'requirements') return 'nvidia-cublas-cu12<13.0,>=12.5\nnvidia-cudnn-cu12<10.0,>=9.3\n';
  else if (name === 'find nvidia-smi') return 'A GPU, 570.1\n';
  else if (name === 'check') return `${JSON.stringify(check)}\n`;
  return '';
}

function write(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
