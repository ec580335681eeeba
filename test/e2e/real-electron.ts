/**
 * The desktop on a real Electron, by Playwright's own way to it. Electron's program is not part of its package: where it
 * was not fetched, there is nothing to test, and `npm run test:electron` says so.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import { _electron } from 'playwright-core';
import type { Desktop } from './desktop.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Where `npm start` looks for it; null where there is none. */
export function findElectronProgram(
  folder = join(root, 'node_modules/electron'),
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | null {
  const named = join(folder, 'path.txt');
  const name = existsSync(named) ? readFileSync(named, 'utf8') : null;
  const own = env['ELECTRON_OVERRIDE_DIST_PATH'];
  const program = own ? join(own, name ?? 'electron') : name === null ? null : join(folder, 'dist', name);
  return program !== null && existsSync(program) ? program : null;
}

/** @throws Error where Electron does not begin */
export async function startElectron(program: string, dataFolder: string): Promise<Desktop> {
  let output = '';
  const electron = await _electron.launch({
    executablePath: program,
    // As root, which is how tests run in containers, Chromium has no sandbox to begin in.
    args: [root, '--data', dataFolder, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])],
  });
  const child = electron.process();
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<number>((done) => child.once('exit', (code) => done(code ?? 1)));
  const page = await electron.firstWindow();
  page.setDefaultTimeout(90_000);
  return {
    page,
    pid: child.pid ?? 0,
    output: () => output,
    ended: () => ended,
    async evaluate<R, A>(run: string | ((electron: never, argument: A) => R), argument?: A) {
      const source = runInThisContext(`(${String(run)})`) as (electron: object, argument: unknown) => unknown;
      return (await electron.evaluate(source, argument)) as R;
    },
    async kill() {
      const closed = electron.waitForEvent('close');
      child.kill('SIGKILL');
      await closed;
    },
    async stop() {
      await electron.evaluate(({ app }) => app.quit());
      return ended;
    },
  };
}
