/**
 * The program with its window open, in each of the ways that it can be had: by the web host in a browser, by the desktop's
 * host on the stand-in for Electron, and, where `npm run test:electron` asks for it, on a real one. The flows of this folder do not know which of them they go through.
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { startDesktop, type Desktop } from './desktop.ts';
import { startElectron } from './real-electron.ts';
import { startServer } from './server.ts';
import { openBrowser, openWindow, watchForProblems, type WindowOptions } from './window.ts';

export interface OpenProgram {
  readonly page: Page;
  /** Fails if the page logged an error, or asked anything of another host. */
  check(): void;
  /** Chooses files where `act` asks for some: in the browser's dialog or the system's. */
  choose(paths: readonly string[], act: () => Promise<void>): Promise<void>;
  /** Drops a file or folder on the window, as a file manager does, which no method of the page can. */
  drop(path: string): Promise<void>;
  /** Saves what `act` downloads. */
  download(path: string, act: () => Promise<void>): Promise<void>;
  /** All that it wrote, for the message of a failed test. */
  output(): string;
  /** As a power failure would, for the processes that it started, too. */
  kill(): Promise<void>;
  /** As Ctrl-C does; the window of a browser stays. @returns the exit code */
  stop(): Promise<number>;
}

export interface Program {
  readonly name: 'web' | 'desktop' | 'electron';
  open(dataFolder: string, options?: WindowOptions): Promise<OpenProgram>;
  /** Whatever is still open. */
  close(): Promise<void>;
}

/** A test of each of them; or of the one that the environment names. */
export function testEachProgram(
  name: string,
  run: (t: TestContext, program: Program) => Promise<void>,
): void {
  for (const program of programs()) test(`${name} (${program.name})`, (t) => run(t, program));
}

function programs(): readonly Program[] {
  const { MORPHOGEN_PROGRAM: wanted, MORPHOGEN_ELECTRON: electron } = process.env;
  if (electron !== undefined) return [desktopProgram('electron', (data) => startElectron(electron, data))];
  const both = [webProgram(), desktopProgram('desktop', startDesktop)];
  return both.filter(({ name }) => wanted === undefined || wanted === name);
}

function webProgram(): Program {
  let browser: Browser | null = null;
  const opened = new Set<OpenProgram>();
  return {
    name: 'web',
    async open(dataFolder, options) {
      const server = await startServer(dataFolder);
      const window = await openWindow((browser ??= await openBrowser()), server.address, options);
      const { page, check } = window;
      const program: OpenProgram = {
        ...{ page, check, output: server.output },
        choose: (paths, act) => chooseInBrowser(page, paths, act),
        drop: (path) => dropOn(page, path),
        download: (path, act) => downloadInBrowser(page, path, act),
        async kill() {
          await server.kill();
          await window.close();
        },
        stop: server.stop,
      };
      opened.add(program);
      return program;
    },
    async close() {
      for (const program of opened) await program.kill();
      await browser?.close();
    },
  };
}

function desktopProgram(
  name: 'desktop' | 'electron',
  start: (dataFolder: string) => Promise<Desktop>,
): Program {
  const opened = new Set<OpenProgram>();
  return {
    name,
    async open(dataFolder, { theme = 'light', size = { width: 1280, height: 800 } } = {}) {
      const desktop = await start(dataFolder);
      const { page, output } = desktop;
      const problems = watchForProblems(page);
      await page.setViewportSize(size);
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'no-preference' });
      const program: OpenProgram = {
        ...{ page, output },
        kill: () => desktop.kill(),
        stop: () => desktop.stop(),
        check: () => assert.deepEqual(problems, []),
        async choose(paths, act) {
          await desktop.evaluate(answerDialog, paths);
          await act();
        },
        async drop(path) {
          await desktop.evaluate(tellPaths, [path]);
          await dropOn(page, path);
        },
        async download(path, act) {
          if (name === 'desktop') return downloadInBrowser(page, path, act);
          await desktop.evaluate(saveNext, path);
          await act();
          assert.equal(await desktop.evaluate<string, undefined>('() => globalThis.saved'), 'completed');
        },
      };
      opened.add(program);
      return program;
    },
    async close() {
      for (const program of opened) await program.kill();
    },
  };
}

async function chooseInBrowser(
  page: Page,
  paths: readonly string[],
  act: () => Promise<void>,
): Promise<void> {
  const chooser = page.waitForEvent('filechooser');
  await act();
  await (await chooser).setFiles([...paths]);
}

/** Runs in the program: the next dialog is answered with these. */
const answerDialog = `({ dialog }, filePaths) => {
  dialog.showOpenDialog = async () => ({ canceled: false, filePaths });
}`;

async function downloadInBrowser(page: Page, path: string, act: () => Promise<void>): Promise<void> {
  const event = page.waitForEvent('download');
  await act();
  await (await event).saveAs(path);
}

/** Runs in the program: the next download goes here, without a question. */
const saveNext = `({ session }, path) => {
  globalThis.saved = new Promise((done) => {
    session.defaultSession.once('will-download', (_, item) => {
      item.setSavePath(path);
      item.once('done', (_, state) => done(state));
    });
  });
}`;

async function dropOn(page: Page, path: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const data = { items: [], files: [path], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: 600, y: 500, data });
}

/** Runs in the program: a real Electron knows by itself where dropped files lie. */
const tellPaths = `({ BrowserWindow }, paths) =>
  BrowserWindow.getAllWindows().find((one) => one.isVisible()).webContents.knowPaths?.(paths)`;
