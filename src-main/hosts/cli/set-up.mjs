/**
 * The first script: plain JavaScript without dependencies, for it runs before anything is installed, on any Node
 * from 20 on. It installs packages that are missing or stale, compiles the WebAssembly kernels when their sources
 * changed, and goes on with the Node that package.json pins. All its words go to stderr: stdout is the program's.
 * With --renderer it also builds the window's page when its sources changed, for scripts that show it; with --desktop
 * the bundles that Electron runs.
 *
 *   node set-up.mjs [--rebuild] [--renderer] [--desktop] [NODE-OPTION…] [SCRIPT [ARGUMENT…]]
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join, relative, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../../..');
const modules = join(root, 'node_modules');
const kernels = join(root, 'src-main/engine/kernels/wasm');
const renderer = join(root, 'src-renderer');
const rendererBuild = join(root, 'dist/renderer');
const bundler = join(root, 'src-main/hosts/electron/packaging/bundle.ts');
const desktopBuild = join(root, 'dist/main');

/** The first Node that runs TypeScript as it is, without a flag. */
const oldestUsableNode = [24, 0];

/** Installs, compiles, and returns the path of the Node to go on with. */
export async function setUp({ rebuild = false, withRenderer = false, withDesktop = false } = {}) {
  const rendererIsStale = () => withRenderer && (rebuild || rendererBuildIsStale());
  const desktopIsStale = () => withDesktop && (rebuild || desktopBuildIsStale());
  if (rebuild || packagesAreStale() || kernelsAreStale() || rendererIsStale() || desktopIsStale()) {
    await alone(async () => {
      if (packagesAreStale()) await install();
      if (rebuild || kernelsAreStale()) await compileKernels(chooseNode());
      if (rendererIsStale()) await buildRenderer(chooseNode());
      if (desktopIsStale()) await bundleDesktop(chooseNode());
    });
  }
  return chooseNode();
}

/** Runs a script of this project with the given Node: in this process if that is the one, else in a child. */
export async function goOn(node, nodeOptions, script, args) {
  if (nodeOptions.length === 0 && realpathSync(node) === realpathSync(process.execPath)) {
    process.argv = [process.execPath, script, ...args];
    await import(pathToFileURL(script).href);
    return;
  }
  const child = spawn(node, [...nodeOptions, script, ...args], {
    stdio: 'inherit',
    env: { ...process.env, PATH: [dirname(node), process.env.PATH].join(delimiter) },
  });
  // A Ctrl-C reaches the child by itself, as part of the terminal's foreground group; this process waits for it.
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const [code, signal] = await new Promise((done, fail) => {
    child.on('error', fail);
    child.on('exit', (...result) => done(result));
  });
  process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
}

/** Compares package-lock.json with what npm noted when it installed; the fitting Node counts as a need. */
function packagesAreStale() {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages;
  if (wanted === undefined) return false; // Installed as a package itself: its installer saw to everything.
  const installed = readJson(join(modules, '.package-lock.json'))?.packages;
  if (installed === undefined) return true;
  const tried = readText(join(modules, '.set-up')) === lockHash();
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === '') continue;
    const found = installed[path];
    const isSame = found?.version === entry.version && found?.integrity === entry.integrity;
    if (isSame && existsSync(join(root, path, 'package.json'))) continue;
    if (!entry.optional) return true;
    if (found !== undefined && !isSame) return true;
    if (!tried && fits(entry)) return true;
  }
  return false;
}

function fits(entry) {
  const allows = (list, value) => list === undefined || [list].flat().includes(value);
  return (
    allows(entry.os, process.platform) &&
    allows(entry.cpu, process.arch) &&
    (entry.libc === undefined || allows(entry.libc, libc()))
  );
}

function libc() {
  if (process.platform !== 'linux') return undefined;
  return process.report?.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}

async function install() {
  say('Installing packages (once; about a minute) …');
  // A clone gets exactly the lock file; an existing folder is only brought up to it, as others may be using it.
  const command = existsSync(modules) ? ['install', '--no-save'] : ['ci'];
  const options = ['--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  const args = [...command, ...options, '--loglevel=error', '--global=false'];
  const npm = process.env.npm_execpath;
  const code =
    npm !== undefined && /\.c?js$/.test(npm)
      ? await run(process.execPath, [npm, ...args])
      : await run('npm', args, { shell: process.platform === 'win32' });
  if (code !== 0) {
    fail(
      `npm could not install the packages (exit code ${code}): check the network connection and run the command again.`,
    );
  }
  writeFileSync(join(modules, '.set-up'), lockHash());
}

function kernelsAreStale() {
  if (!existsSync(join(kernels, 'compile.mjs'))) return false;
  const build = join(kernels, 'build');
  const isBuilt = existsSync(build) && readdirSync(build).some((name) => name.endsWith('.wasm'));
  return !isBuilt || readText(join(build, '.sources')) !== kernelsHash();
}

async function compileKernels(node) {
  const compiler = join(kernels, 'compile.mjs');
  if (!existsSync(compiler)) return;
  say('Compiling the WebAssembly kernels (once; some seconds) …');
  const hash = kernelsHash();
  const code = await run(node, [compiler]);
  if (code !== 0)
    fail(`The WebAssembly kernels could not be compiled (exit code ${code}): see the lines above.`);
  mkdirSync(join(kernels, 'build'), { recursive: true });
  writeFileSync(join(kernels, 'build/.sources'), hash);
}

/** Of the kernels' sources, their compiler and its version. */
function kernelsHash() {
  const sources = [...filesUnder(join(kernels, 'assembly')), join(kernels, 'compile.mjs')];
  return hashOf(sources, readJson(join(modules, 'assemblyscript/package.json'))?.version);
}

function rendererBuildIsStale() {
  if (!existsSync(join(renderer, 'vite.config.ts'))) return false;
  const isBuilt = existsSync(join(rendererBuild, 'index.html'));
  return !isBuilt || readText(`${rendererBuild}.sources`) !== rendererHash();
}

async function buildRenderer(node) {
  const config = join(renderer, 'vite.config.ts');
  if (!existsSync(config)) return;
  say('Building the window (once; some seconds) …');
  const hash = rendererHash();
  const vite = join(modules, 'vite/bin/vite.js');
  const code = await run(node, [vite, 'build', '--config', config, '--logLevel', 'error']);
  if (code !== 0) fail(`The window could not be built (exit code ${code}): see the lines above.`);
  writeFileSync(`${rendererBuild}.sources`, hash);
}

/** Of the page's sources and icons, the layers of src-main that go into it, and the versions of all packages. */
function rendererHash() {
  // The engine is in the worker that computes on the browser's graphics processor.
  const layers = ['contract', 'domain', 'engine', 'hosts/graphics-page'];
  const folders = [renderer, ...layers.map((layer) => join(root, 'src-main', layer))];
  const icons = [join(root, 'assets/icon.svg'), ...filesUnder(join(root, 'assets/desktop/icons'))];
  return hashOf([...folders.flatMap(filesUnder), ...icons], lockHash());
}

/** Not done anew without need: an Electron that is running begins its engines from there. */
function desktopBuildIsStale() {
  if (!existsSync(bundler)) return false;
  return !existsSync(desktopBuild) || readText(`${desktopBuild}.sources`) !== desktopHash();
}

async function bundleDesktop(node) {
  const hash = desktopHash();
  const code = await run(node, [bundler]);
  if (code !== 0)
    fail(`The desktop's processes could not be bundled (exit code ${code}): see the lines above.`);
  writeFileSync(`${desktopBuild}.sources`, hash);
}

/** Of all that the processes are made of, the compiled kernels too. */
function desktopHash() {
  return hashOf(filesUnder(join(root, 'src-main')), lockHash());
}

function filesUnder(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** Of the files' names and contents, in any order, and a version. */
function hashOf(paths, version = '') {
  const hash = createHash('sha256');
  for (const path of paths.toSorted()) {
    hash
      .update(`${relative(root, path).replaceAll('\\', '/')}\0`)
      .update(readFileSync(path))
      .update('\0');
  }
  return hash.update(version).digest('hex');
}

/** The pinned Node where it is installed and runs here, else the one that runs this if it is new enough. */
function chooseNode() {
  const pinned = pinnedNode();
  if (pinned !== undefined) return pinned;
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [needMajor, needMinor] = oldestUsableNode;
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return process.execPath;
  fail(
    `Morphogen needs Node ${needMajor} and found ${process.versions.node}; no packaged Node fits ` +
      `${process.platform} on ${process.arch}: install Node ${needMajor} from https://nodejs.org and run the command again.`,
  );
}

function pinnedNode() {
  const pins = Object.keys(readJson(join(root, 'package.json'))?.optionalDependencies ?? {});
  for (const name of pins.filter((pin) => /^node-/.test(pin))) {
    const folder = join(modules, name);
    const bin = readJson(join(folder, 'package.json'))?.bin?.node;
    const path = bin === undefined ? undefined : join(folder, bin);
    if (path === undefined || !existsSync(path)) continue;
    if (realpathSync(path) === realpathSync(process.execPath)) return path;
    if (spawnSync(path, ['--version']).status === 0) return path; // Fails on a Linux without glibc.
  }
  return undefined;
}

/** Runs the action while no other set-up of this folder runs: two commands started at once do not trip each other. */
async function alone(action) {
  const lock = join(root, '.cache/set-up.lock');
  mkdirSync(dirname(lock), { recursive: true });
  for (let waited = false; ; waited = true) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = Number(readText(lock));
    if (owner > 0 && !isAlive(owner)) rmSync(lock, { force: true });
    else {
      if (!waited) say('Waiting for the set-up that another command is doing …');
      await new Promise((done) => setTimeout(done, 200));
    }
  }
  try {
    await action();
  } finally {
    rmSync(lock, { force: true });
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Runs a program in the project's root with its stdout sent to stderr. */
function run(command, args, options = {}) {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
  return new Promise((done) => {
    child.on('error', (error) => {
      say(error.message);
      done(127);
    });
    child.on('exit', (code) => done(code ?? 1));
  });
}

function lockHash() {
  return createHash('sha256')
    .update(readText(join(root, 'package-lock.json')) ?? '')
    .digest('hex');
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function readJson(path) {
  const text = readText(path);
  return text === undefined ? undefined : JSON.parse(text);
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

/** Ends the program; the lock, if held, is taken over by the next run, for its owner is gone. */
function fail(sentence) {
  say(sentence);
  process.exit(1);
}

const [, invoked, ...given] = process.argv;
if (
  invoked !== undefined &&
  existsSync(invoked) &&
  realpathSync(invoked) === realpathSync(fileURLToPath(import.meta.url))
) {
  const scriptAt = given.findIndex((argument) => !argument.startsWith('--'));
  const options = scriptAt === -1 ? given : given.slice(0, scriptAt);
  const node = await setUp({
    rebuild: options.includes('--rebuild'),
    withRenderer: options.includes('--renderer'),
    withDesktop: options.includes('--desktop'),
  });
  if (scriptAt !== -1) {
    const own = ['--rebuild', '--renderer', '--desktop'];
    const nodeOptions = options.filter((option) => !own.includes(option));
    await goOn(node, nodeOptions, resolve(given[scriptAt]), given.slice(scriptAt + 1));
  }
}
