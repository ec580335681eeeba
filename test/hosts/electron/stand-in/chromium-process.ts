/** The Chromium that is the stand-in's window: one for each start, with the program's own folder for its profile. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { chromiumSwitches, findOrInstallChromium } from '#test/e2e/chromium.ts';
import { DevTools } from './devtools.ts';
import { hostRules } from './scheme-server.ts';

export interface ChromiumProcess {
  readonly devTools: DevTools;
  /** Where another may steer it, too. */
  readonly endpoint: string;
  /** Its process for graphics ended; it begins another one by itself. */
  onGraphicsGone(listener: (exitCode: number) => void): void;
  close(): Promise<void>;
}

/** @param switches of the program, beside those that a test needs */
export async function startChromium(profile: string, switches: readonly string[]): Promise<ChromiumProcess> {
  // Tests keep WebGPU in Node from its drivers, which no Electron has; the browser's is what they are about.
  const { VK_DRIVER_FILES: _, ...environment } = process.env;
  const child = spawn(
    findOrInstallChromium(),
    [
      ...chromiumSwitches,
      ...switches,
      ...['--remote-debugging-port=0', `--user-data-dir=${profile}`, '--no-startup-window'],
      ...['--disable-background-timer-throttling', '--disable-renderer-backgrounding'],
      ...['--disable-backgrounding-occluded-windows', '--disable-dev-shm-usage', '--password-store=basic'],
      `--host-resolver-rules=${await hostRules()}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], env: environment },
  );
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  let graphicsGone = (_: number): void => undefined;
  const endpoint = await new Promise<string>((done, fail) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      const found = /DevTools listening on (ws:\S+)/.exec(line);
      if (found) done(found[1]);
      const gone = /GPU process exited unexpectedly: exit_code=(\d+)/.exec(line);
      if (gone) graphicsGone(Number(gone[1]));
    });
    void exited.then(() => fail(new Error('Chromium ended before it could be steered.')));
  });
  const devTools = await DevTools.connect(endpoint);
  return {
    devTools,
    endpoint,
    onGraphicsGone: (listener) => void (graphicsGone = listener),
    async close() {
      await devTools.browser.send('Browser.close').catch(() => undefined);
      await exited;
    },
  };
}
