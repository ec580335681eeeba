/**
 * `npm test`: the checks, then every test on Node's own runner. `npm test -- FILE…` runs just those files, without
 * the checks. Installs the browser of the end-to-end tests where there is none. Ends with the runner's totals, and with 1 if anything failed.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { availableParallelism } from 'node:os';
import { installDecoders } from './decoders.ts';
import { findOrInstallChromium } from './e2e/chromium.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const given = process.argv.slice(2);

// Before anything else, so that a machine without a browser is told at once, and not by a hundred tests.
if (given.length === 0 || given.some((path) => path.includes('e2e'))) findOrInstallChromium();
if (given.length === 0) installDecoders();
const checksPassed = given.length > 0 || (await runNode(['test/check.ts'])) === 0;
const code = await runNode([
  '--test',
  '--test-reporter=spec',
  `--test-concurrency=${availableParallelism()}`,
  // A test that hangs must not hang the suite.
  '--test-timeout=300000',
  ...(given.length > 0 ? given : ['test/**/*.test.ts']),
]);
if (!checksPassed)
  process.stdout.write('Some checks failed: see the top of this output, or `npm run check`.\n');
process.exitCode = code !== 0 ? code : checksPassed ? 0 : 1;

/** @returns the exit code. */
function runNode(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: 'inherit' });
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (exitCode) => done(exitCode ?? 1));
  });
}
