/**
 * Sets TensorFlow up for tfjs-node-gpu, whose prebuilt binaries cannot be had any more: the C library comes out of
 * TensorFlow's wheel for Python, the addon is compiled against it from the package's own sources with the Node-API's
 * headers, so that the same file loads in Node and in Electron. Every stage leaves files that the next run takes up;
 * set-up.json, written last, makes them count.
 */
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '#domain/errors.ts';
import { SHARED_TFJS, TENSORFLOW_PACKAGE } from '#hosts/engine/tensorflow/backend.ts';
import {
  BINDING_FILE,
  FORMAT,
  readSetUp,
  SET_UP_FILE,
  type TensorflowSetUp,
} from '#hosts/engine/tensorflow/place.ts';
import type { CheckReport } from './check.ts';
import type { Machine } from './machine.ts';
import {
  HEADERS_PACKAGE,
  PACKAGE_VERSION,
  planFor,
  TENSORFLOW_VERSION,
  type SetUpPlan,
  type Variant,
} from './plan.ts';
import { findTools, type Tools } from './tools.ts';
import { cudaRequirements, diskFull, lastLine, unpack } from './unpack.ts';

export interface SetUpJob {
  readonly machine: Machine;
  readonly folder: string;
  readonly variant: Variant;
  readonly signal: AbortSignal;
  /** Says what is done next. */
  readonly say: (sentence: string) => void;
}

export interface SetUpResult {
  readonly setUp: TensorflowSetUp;
  readonly check: CheckReport;
}

/** @throws AppError where something is missing, fails, or does not compute what it should */
export async function setUpTensorflow(job: SetUpJob): Promise<SetUpResult> {
  const { machine, folder, variant, say } = job;
  const plan = planFor(machine, variant);
  const wanted: TensorflowSetUp = {
    ...{ format: FORMAT, variant, version: TENSORFLOW_VERSION, package: PACKAGE_VERSION },
    system: `${machine.platform}-${machine.arch}`,
  };
  const found = readSetUp(folder);
  if (found !== null && JSON.stringify(found) === JSON.stringify(wanted)) {
    say(`TensorFlow ${wanted.version} (${variant}) is set up in ${folder}; checking it.`);
    return { setUp: found, check: await checked(job) };
  }
  const tools = await findTools(machine, variant === 'cuda');
  const downloads = join(folder, 'downloads');
  await rm(join(folder, SET_UP_FILE), { force: true });
  await requireRoom(job, plan, downloads);
  await mkdir(downloads, { recursive: true });

  const [wheel] = await fetchWheels(job, plan, tools, [`${plan.wheel}==${TENSORFLOW_VERSION}`]);
  const others =
    variant === 'cpu'
      ? []
      : await fetchWheels(job, plan, tools, await cudaRequirements(machine, tools.python, wheel));
  const packages = [...plan.npm, ...(machine.nodeHeaders === null ? [HEADERS_PACKAGE] : [])];
  const archives = await fetchPackages(job, tools, packages);

  say('Unpacking the libraries …');
  const libraries = plan.libraries.map((name) => `tensorflow/${name}`);
  const headers = headerFolders.map((path) => `tensorflow/include/${path}`);
  await unpack(machine, tools.python, wheel, folder, [...libraries, ...headers]);
  for (const other of others) await unpack(machine, tools.python, other, folder, ['nvidia/']);
  const modules = join(folder, 'node_modules');
  await rm(modules, { recursive: true, force: true });
  for (const [i, archive] of archives.entries()) {
    const name = packages[i].slice(0, packages[i].lastIndexOf('@'));
    await unpack(machine, tools.python, archive, join(modules, name), ['']);
  }
  await writeStandIns(modules);

  say("Compiling tfjs-node-gpu's addon (some seconds) …");
  await compile(job, plan, tools, modules);
  await writeFile(join(folder, SET_UP_FILE), `${JSON.stringify(wanted)}\n`);
  say('Checking it …');
  try {
    const check = await checked(job);
    await rm(downloads, { recursive: true });
    await rm(join(folder, 'tensorflow', 'include'), { recursive: true });
    return { setUp: wanted, check };
  } catch (failure) {
    await rm(join(folder, SET_UP_FILE), { force: true });
    throw failure;
  }
}

/** @returns whether there was anything to take away. */
export async function removeTensorflow(folder: string): Promise<boolean> {
  if (!existsSync(folder)) return false;
  const entries = await readdir(folder);
  const strangers = entries.filter((name) => !ownEntries.has(name) && !name.startsWith(BINDING_FILE));
  if (strangers.length > 0) {
    throw new AppError(
      'bad-argument',
      `${folder} holds something that setting TensorFlow up did not put there (${strangers[0]}): look at it, and ` +
        'remove the folder yourself.',
    );
  }
  await rm(folder, { recursive: true });
  return true;
}

const ownEntries = new Set(['downloads', 'tensorflow', 'nvidia', 'node_modules', SET_UP_FILE]);
/** The C library's headers, and those that they include. */
const headerFolders = ['tensorflow/c/', 'tensorflow/core/platform/', 'tsl/platform/', 'xla/tsl/c/'];

async function requireRoom({ machine, folder }: SetUpJob, plan: SetUpPlan, downloads: string): Promise<void> {
  // What an interrupted run has downloaded need not be downloaded again.
  if (existsSync(downloads) && (await readdir(downloads)).some((name) => name.endsWith('.whl'))) return;
  const free = await machine.freeBytes(folder);
  const { meanwhile, after } = plan.room;
  if (free >= meanwhile) return;
  const gb = (bytes: number): string => (bytes / 1e9).toFixed(1);
  throw new AppError(
    'disk-full',
    `Setting TensorFlow up takes ${gb(meanwhile)} GB for a while and ${gb(after)} GB afterwards, and ${gb(free)} GB ` +
      `are free where ${folder} lies: free some, or name another folder in MORPHOGEN_TENSORFLOW.`,
  );
}

/** @returns the files in the order of the requirements; those that are there already are not fetched again. */
async function fetchWheels(
  { machine, folder, signal, say }: SetUpJob,
  plan: SetUpPlan,
  { python }: Tools,
  requirements: readonly string[],
): Promise<string[]> {
  const downloads = join(folder, 'downloads');
  const files: string[] = [];
  for (const requirement of requirements) {
    const stem = /^[\w.-]+/.exec(requirement)![0].replaceAll('-', '_');
    const isIt = (name: string): boolean => name.startsWith(`${stem}-`) && name.endsWith('.whl');
    let name = (await readdir(downloads)).find(isIt);
    if (name === undefined) {
      say(`Downloading ${requirement} (hundreds of megabytes) …`);
      const { code, err } = await machine.run([
        ...[
          python,
          '-m',
          'pip',
          'download',
          '--no-deps',
          '--only-binary=:all:',
          '--disable-pip-version-check',
        ],
        // Any Python's would do: only the C library is taken out of it.
        ...['--python-version', '3.12', '--implementation', 'cp', '--abi', 'cp312', '--abi', 'none'],
        ...plan.platforms.flatMap((platform) => ['--platform', platform]),
        ...['--progress-bar', 'off', '--quiet', '--dest', downloads, requirement],
      ]);
      signal.throwIfAborted();
      name = code === 0 ? (await readdir(downloads)).find(isIt) : undefined;
      if (name === undefined) throw downloadFailed('pip', requirement, err, folder);
    }
    files.push(join(downloads, name));
  }
  return files;
}

async function fetchPackages(
  { machine, folder, signal, say }: SetUpJob,
  { npm }: Tools,
  packages: readonly string[],
): Promise<string[]> {
  const downloads = join(folder, 'downloads');
  const files: string[] = [];
  for (const spec of packages) {
    // As npm names it: @scope/name@version becomes scope-name-version.tgz.
    const file = join(downloads, `${spec.replace(/^@/, '').replaceAll(/[@/]/g, '-')}.tgz`);
    if (!existsSync(file)) {
      say(`Downloading ${spec} …`);
      const command = [...npm, 'pack', spec, '--silent', '--ignore-scripts', '--pack-destination', downloads];
      const { code, err } = await machine.run(command, { cwd: downloads });
      signal.throwIfAborted();
      if (code !== 0 || !existsSync(file)) throw downloadFailed('npm', spec, err, folder);
    }
    files.push(file);
  }
  return files;
}

function downloadFailed(program: string, what: string, err: string, folder: string): AppError {
  if (/No space left|ENOSPC/.test(err)) return diskFull(folder);
  return new AppError(
    'io',
    `${program} could not download ${what} (${lastLine(err) || 'no reason given'}): check the network connection and ` +
      'run `npm run setup:tensorflow` again; what is there is kept.',
  );
}

/** What answers when the package's code asks for tfjs: this program's own (see hosts/engine/tensorflow/backend.ts). */
async function writeStandIns(modules: string): Promise<void> {
  for (const name of ['tfjs', 'tfjs-core']) {
    const folder = join(modules, '@tensorflow', name);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'index.js'), `module.exports = globalThis[Symbol.for('${SHARED_TFJS}')];\n`);
  }
}

async function compile(
  { machine, folder, signal }: SetUpJob,
  plan: SetUpPlan,
  { compiler }: Tools,
  modules: string,
): Promise<void> {
  const source = join(modules, TENSORFLOW_PACKAGE, 'binding');
  const result = join(folder, `${BINDING_FILE}.part`);
  const isMac = machine.platform === 'darwin';
  const { code, err } = await machine.run([
    ...[compiler, '-std=c++17', '-O2', '-fPIC', '-DNAPI_VERSION=8'],
    ...(isMac ? ['-dynamiclib', '-undefined', 'dynamic_lookup'] : ['-shared']),
    ...['-I', dirname(source), '-I', join(folder, 'tensorflow', 'include')],
    // The sources name their headers by the folder above.
    ...['-I', source, '-I', machine.nodeHeaders ?? join(modules, 'node-api-headers', 'include')],
    ...['tfjs_backend.cc', 'tfjs_binding.cc'].map((name) => join(source, name)),
    ...plan.libraries.map((name) => join(folder, 'tensorflow', name)),
    ...['-Wl,-rpath,' + (isMac ? '@loader_path' : '$ORIGIN') + '/tensorflow', '-o', result],
  ]);
  signal.throwIfAborted();
  if (code !== 0) {
    const reason = err.split('\n').find((line) => /error/i.test(line)) ?? lastLine(err);
    throw new AppError(
      'unsupported',
      `${compiler} could not compile the addon (${reason.trim()}): try another compiler, named in CXX, and run ` +
        '`npm run setup:tensorflow` again.',
    );
  }
  await rename(result, join(folder, BINDING_FILE));
}

/** In a process of its own, which a library that does not fit the processor may take down. */
async function checked({ machine, folder, variant, signal }: SetUpJob): Promise<CheckReport> {
  const script = fileURLToPath(new URL('check.ts', import.meta.url));
  const { code, signal: by, out, err } = await machine.run([machine.node, script, folder]);
  signal.throwIfAborted();
  if (code !== 0) {
    const reason = by === null ? lastLine(err) : `ended by ${by}; the library may need a newer processor`;
    throw new AppError(
      'unsupported',
      `TensorFlow was set up in ${folder} but does not run (${reason}): use another backend, or remove it with ` +
        '`npm run setup:tensorflow -- --remove`.',
    );
  }
  const report = JSON.parse(lastLine(out)) as CheckReport;
  if (variant === 'cuda' && !report.onGpu) {
    throw new AppError(
      'unsupported',
      'TensorFlow was set up for CUDA but finds no graphics processor that it can use: update the driver, or set it ' +
        'up without --cuda.',
    );
  }
  return report;
}
