/**
 * `npm start`: opens Morphogen in a window of its own where Electron runs here, else in the browser, and says in one
 * line which and why. `--web` and `--desktop`, or MORPHOGEN_HOST, choose. Plain JavaScript: it may be what installs all.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { againstDesktop, findElectron, hostArguments } from './choose-host.mjs';
import { goOn, root, setUp } from './set-up.mjs';

/** An Electron that crashes later than that had begun. */
const beginsMs = 5000;
const { env, platform } = process;
const args = process.argv.slice(2);
const say = (line) => process.stderr.write(`${line}\n`);

const help = `npm start opens a window of its own where Electron runs here, else the browser, and says why.

  --desktop     a window of its own; fetches Electron anew where that failed
  --web         the browser (MORPHOGEN_HOST=web and =desktop do the same)
  --data DIR    where the library is kept

`;

const against = againstDesktop({ args, env, platform, uid: process.getuid?.() });
const node = await setUp({ withRenderer: true });
if (against !== undefined) await openPage(against);
else {
  const isAsked = args.includes('--desktop') || env.MORPHOGEN_HOST === 'desktop';
  const electron = await findElectron(root, { isAsked, node, env, say });
  if ('reason' in electron) await openPage(electron.reason);
  else await openWindow(electron.program);
}

async function openPage(reason) {
  if (args.includes('--help') || args.includes('-h')) process.stdout.write(help);
  else say(`Opening in the browser, not in a window of its own: ${reason}.`);
  await goOn(node, [], join(root, 'src-main/hosts/web/main.ts'), hostArguments(args, 'web'));
}

async function openWindow(program) {
  await setUp({ withDesktop: true });
  say(`Opening in a window of its own, by Electron (${program}).`);
  const began = performance.now();
  const child = spawn(program, [root, ...hostArguments(args, 'desktop')], {
    stdio: 'inherit',
    // Where the user stood: npm changes into the project's folder, and a relative --data means that.
    cwd: env.npm_package_json === join(root, 'package.json') ? env.INIT_CWD : undefined,
    env: { ...env, ELECTRON_RUN_AS_NODE: undefined },
  });
  process.on('SIGINT', () => undefined);
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  const [code, signal] = await new Promise((done) => {
    child.on('error', () => done([127, null]));
    child.on('exit', (...result) => done(result));
  });
  // Chromium ends itself so where it gets no sandbox; 127 is of the system, for want of a library.
  const isEarly = performance.now() - began < beginsMs;
  if (code === 127 || (isEarly && ['SIGTRAP', 'SIGABRT', 'SIGILL'].includes(signal)))
    await openPage(`Electron could not begin (${signal ?? 'see above'})`);
  else process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0);
}
