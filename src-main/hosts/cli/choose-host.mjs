/**
 * Which host `npm start` opens: a window of its own by Electron, or the page in the browser. Plain JavaScript without
 * dependencies, like set-up.mjs. Electron's package comes without its program, which is fetched once, from the project
 * that publishes it; where that failed it is not tried again unless asked, so that later starts do not wait.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { clearTimeout } from 'node:timers';

/** For the first answer of the place that Electron's program lies at. */
const answerMs = 5000;
/** For all of it. */
const fetchMs = 5 * 60_000;

/**
 * What speaks against a window of Electron's here, before its program is looked for; undefined is nothing.
 * @param {{args: string[], env: Record<string, string | undefined>, platform: string, uid: number | undefined}} here
 * @returns {string | undefined} a reason
 */
export function againstDesktop({ args, env, platform, uid }) {
  const host = env.MORPHOGEN_HOST;
  if (args.includes('--web')) return '--web asks for it';
  // Whoever writes --no-sandbox knows what it gives up; it is never added here.
  if (platform === 'linux' && uid === 0 && !args.includes('--no-sandbox'))
    return 'as root Electron runs only without its sandbox, which Morphogen keeps';
  if (args.includes('--desktop')) return undefined;
  if (host === 'web') return 'MORPHOGEN_HOST asks for it';
  if (host === 'desktop') return undefined;
  const ofPage = args.find((arg) => /^(--port(=.*)?|--no-open|--open|--help|-h)$/.test(arg));
  if (ofPage !== undefined) return `${ofPage} is the page's`;
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY) return 'there is no display here';
  return undefined;
}

/** The arguments for the host, without those that choose it; of Electron's own, the page knows none. */
export function hostArguments(args, host) {
  const others = args.filter((arg) => arg !== '--web' && arg !== '--desktop');
  return host === 'web' ? others.filter((arg) => arg !== '--no-sandbox') : others;
}

/**
 * Electron's program, fetched if it is not there and was not tried in vain.
 * @param {string} root the project's folder
 * @param {{isAsked: boolean, node: string, env: Record<string, string | undefined>, say: (line: string) => void}} options
 *   isAsked: also where it was tried in vain
 * @returns {Promise<{program: string} | {reason: string}>}
 */
export async function findElectron(root, { isAsked, node, env, say }) {
  const folder = join(root, 'node_modules/electron');
  const version = readJson(join(folder, 'package.json'))?.version;
  if (version === undefined) return { reason: 'the package electron is not installed' };
  const there = installed(folder, version, env);
  if (there !== undefined) return { program: there };
  const file = `electron-v${version}-${process.platform}-${process.arch}.zip`;
  if (readJson(join(folder, 'checksums.json'))?.[file] === undefined)
    return { reason: `Electron ${version} is not made for ${process.platform} on ${process.arch}` };

  const memory = join(root, '.cache/electron.json');
  const tried = readJson(memory);
  const again = '`npm start -- --desktop` tries again';
  if (tried?.version === version && !isAsked)
    return { reason: `Electron ${version} could not be fetched (${tried.reason}); ${again}` };
  const failure = await fetchProgram({ folder, version, file, node, env, say });
  const program = failure === undefined ? installed(folder, version, env) : undefined;
  if (program !== undefined) return { program };
  const reason = failure ?? 'what came is not complete';
  mkdirSync(dirname(memory), { recursive: true });
  writeFileSync(memory, JSON.stringify({ version, reason }));
  return { reason: `Electron ${version} could not be fetched (${reason}); ${again}` };
}

/** As Electron's own index.js looks for it. */
function installed(folder, version, env) {
  const name = readText(join(folder, 'path.txt'));
  if (env.ELECTRON_OVERRIDE_DIST_PATH) {
    const program = join(env.ELECTRON_OVERRIDE_DIST_PATH, name ?? 'electron');
    return existsSync(program) ? program : undefined;
  }
  const program = name === undefined ? undefined : join(folder, 'dist', name);
  const isThis = readText(join(folder, 'dist/version'))?.replace(/^v/, '').trim() === version;
  return program !== undefined && isThis && existsSync(program) ? program : undefined;
}

/** @returns why not; undefined is done */
async function fetchProgram({ folder, version, file, node, env, say }) {
  const silence = await whyNoAnswer(addressOf(version, file, env), env);
  if (silence !== undefined) return silence;
  say('Fetching Electron (once; about 110 MB) …');
  const child = spawn(node, [join(folder, 'install.js')], { stdio: ['ignore', 2, 'pipe'], env });
  const timer = setTimeout(() => child.kill(), fetchMs);
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (words += text));
  const code = await new Promise((done) => {
    child.on('error', (error) => {
      words += error.message;
      done(1);
    });
    child.on('close', (exitCode) => done(exitCode ?? 'late'));
  });
  clearTimeout(timer);
  if (code === 0) return undefined;
  if (code === 'late') return `it took longer than ${fetchMs / 60_000} minutes`;
  return words.trim().split('\n')[0] || `exit code ${code}`;
}

/** Asks for the file's head alone. Behind a proxy, which this cannot ask, Electron's own way is tried at once. */
async function whyNoAnswer(address, env) {
  if (env.ELECTRON_GET_USE_PROXY || env.HTTPS_PROXY || env.https_proxy) return undefined;
  try {
    const signal = globalThis.AbortSignal.timeout(answerMs);
    const answer = await globalThis.fetch(address, { method: 'HEAD', signal });
    return answer.ok ? undefined : `${new URL(address).host} answered ${answer.status}`;
  } catch (error) {
    const isLate = error.name === 'TimeoutError';
    return isLate ? `no answer within ${answerMs / 1000} seconds` : (error.cause?.code ?? error.message);
  }
}

/** Of the same settings as @electron/get. */
function addressOf(version, file, env) {
  const setting = (name) =>
    env[`npm_config_electron_${name}`] ??
    env[`NPM_CONFIG_ELECTRON_${name.toUpperCase()}`] ??
    env[`ELECTRON_${name.toUpperCase()}`];
  const base = setting('mirror') ?? 'https://github.com/electron/electron/releases/download/';
  const folder = (setting('custom_dir') ?? `v${version}`).replace('{{ version }}', version);
  return `${base}${folder}/${setting('custom_filename') ?? file}`;
}

function readText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
