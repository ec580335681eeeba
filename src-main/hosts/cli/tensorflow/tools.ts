/** The programs that setting TensorFlow up needs, found before anything is downloaded. */
import { AppError } from '#domain/errors.ts';
import type { Finished, Machine } from './machine.ts';

export interface Tools {
  /** A Python that has pip. */
  readonly python: string;
  /** A C++ compiler. */
  readonly compiler: string;
  /** npm, as the beginning of a command. */
  readonly npm: readonly string[];
  /** Names of the graphics processors; empty where none was asked for. */
  readonly gpus: readonly string[];
}

const again = '; then run `npm run setup:tensorflow` again';

/** @throws AppError not-found for the first that is missing */
export async function findTools(machine: Machine, wantsGpu: boolean): Promise<Tools> {
  const python = await findPython(machine);
  const compiler = await findCompiler(machine);
  const npm = await findNpm(machine);
  return { python, compiler, npm, gpus: wantsGpu ? await findGpus(machine) : [] };
}

async function findPython(machine: Machine): Promise<string> {
  const named = machine.env['PYTHON'];
  let withoutPip: string | null = null;
  for (const python of named === undefined ? ['python3', 'python'] : [named]) {
    const { code, isMissing, err } = await machine.run([python, '-m', 'pip', '--version']);
    if (code === 0) return python;
    if (!isMissing && /No module named pip/.test(err)) withoutPip ??= python;
  }
  if (withoutPip !== null) {
    throw new AppError(
      'not-found',
      `${withoutPip} has no pip, which fetches TensorFlow: install it (Debian: apt install python3-pip)${again}.`,
    );
  }
  throw new AppError(
    'not-found',
    `Python and its pip fetch TensorFlow, and there is ${named === undefined ? 'none' : `no ${named}`} here: ` +
      `install them (Debian: apt install python3-pip)${again}.`,
  );
}

async function findCompiler(machine: Machine): Promise<string> {
  const named = machine.env['CXX'];
  for (const compiler of named === undefined ? ['c++', 'g++', 'clang++'] : [named]) {
    if ((await machine.run([compiler, '--version'])).code === 0) return compiler;
  }
  const how =
    machine.platform === 'darwin' ? 'xcode-select --install' : 'Debian: apt install g++; or name one in CXX';
  throw new AppError(
    'not-found',
    `A C++ compiler makes TensorFlow's addon for Node, and ${named ?? 'none'} was found: install one (${how})${again}.`,
  );
}

async function findNpm(machine: Machine): Promise<readonly string[]> {
  const script = machine.env['npm_execpath'];
  const npm = script !== undefined && /\.c?js$/.test(script) ? [machine.node, script] : ['npm'];
  if ((await machine.run([...npm, '--version'])).code === 0) return npm;
  throw new AppError('not-found', `npm fetches tfjs-node-gpu, and it was not found: install it${again}.`);
}

async function findGpus(machine: Machine): Promise<readonly string[]> {
  const listed: Finished = await machine.run([
    'nvidia-smi',
    '--query-gpu=name,driver_version',
    '--format=csv,noheader',
  ]);
  const gpus = listed.code === 0 ? listed.out.split('\n').filter((line) => line.trim() !== '') : [];
  if (gpus.length > 0) return gpus;
  throw new AppError(
    'not-found',
    'No NVIDIA graphics processor answers here (nvidia-smi lists none): install its driver, or leave --cuda out.',
  );
}
