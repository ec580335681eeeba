/**
 * The desktop's host, unmodified, in a process of its own that a test may kill: on the stand-in for Electron, whose window
 * is a page of Chromium that Playwright sees, too.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type Page } from 'playwright-core';
import type { Question, Told } from '#test/hosts/electron/stand-in/control.ts';

const main = fileURLToPath(new URL('../../src-main/hosts/electron/main.ts', import.meta.url));
const register = new URL('../hosts/electron/stand-in/register.ts', import.meta.url).href;

export interface Desktop {
  /** The first window's page. */
  readonly page: Page;
  readonly pid: number;
  /**
   * Runs a function in the program's main process, which gets all that `electron` exports; it sees nothing around it.
   * @throws Error what it throws
   */
  evaluate<R, A>(run: string | ((electron: never, argument: A) => R), argument?: A): Promise<R>;
  /** All that it wrote, for the message of a failed test. */
  output(): string;
  /** As a power failure would, for its engines and its window, too. */
  kill(): Promise<void>;
  /** As the menu's Quit does. @returns the exit code */
  stop(): Promise<number>;
  /** Waits until it ends by itself. @returns the exit code */
  ended(): Promise<number>;
}

export interface DesktopOptions {
  /** Of the program's command line. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Another main module, such as a bundle. */
  readonly entry?: string;
}

/** How it is started, also a second time. */
export function desktopCommand(
  dataFolder: string,
  args: readonly string[],
  entry = main,
): { readonly command: string; readonly args: readonly string[] } {
  const own = ['--disable-warning=ExperimentalWarning', '--import', register, entry];
  return { command: process.execPath, args: [...own, '--data', dataFolder, ...args] };
}

/** @throws Error with the output, where it ends before it has a window. */
export async function startDesktop(dataFolder: string, options: DesktopOptions = {}): Promise<Desktop> {
  const { args = [], env = {}, entry = main } = options;
  const start = desktopCommand(dataFolder, args, entry);
  const child = spawn(start.command, start.args, {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...process.env, ...env },
    detached: process.platform !== 'win32',
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const told = listen(child);
  const failed = once(child, 'exit').then(() => {
    throw new Error(`The desktop ended with ${child.exitCode} before it had a window:\n${output}`);
  });
  failed.catch(() => undefined);
  let browser: Browser | null = null;
  try {
    const { endpoint } = await Promise.race([told.next('browser'), failed]);
    await Promise.race([told.next('window'), failed]);
    browser = await chromium.connectOverCDP(endpoint);
    const page = browser
      .contexts()[0]
      .pages()
      .find((one) => one.url().startsWith('http') && !isHidden(one))!;
    page.setDefaultTimeout(90_000);
    return steered(child, browser, page, told, () => output);
  } catch (failure) {
    await browser?.close();
    killGroup(child);
    throw failure;
  }
}

/** The one that lends its graphics processor, when it is there. @param page the window's */
export async function hiddenPage(page: Page): Promise<Page> {
  const context = page.context();
  const found = context.pages().find((one) => one !== page) ?? (await context.waitForEvent('page'));
  await found.waitForURL(/\/gpu-engine\.html$/);
  return found;
}

function isHidden(page: Page): boolean {
  return page.url().endsWith('/gpu-engine.html');
}

function steered(
  child: ChildProcess,
  browser: Browser,
  page: Page,
  told: Listener,
  output: () => string,
): Desktop {
  let nextId = 1;
  return {
    page,
    pid: child.pid ?? 0,
    output,
    async evaluate<R, A>(run: string | ((electron: never, argument: A) => R), argument?: A) {
      const id = nextId++;
      const question: Question = { id, source: String(run), argument };
      child.send(question);
      const { value, failure } = await told.answer(id);
      if (failure !== undefined) throw new Error(failure);
      return value as R;
    },
    async kill() {
      const ended = hasEnded(child) ? null : once(child, 'exit');
      killGroup(child);
      await ended;
      await browser.close().catch(() => undefined);
    },
    async stop() {
      if (!hasEnded(child)) child.kill('SIGINT');
      return this.ended();
    },
    async ended() {
      if (!hasEnded(child)) await once(child, 'exit');
      await browser.close().catch(() => undefined);
      return child.exitCode ?? 1;
    },
  };
}

type Kind = 'browser' | 'window';
type Answer = Extract<Told, { readonly kind: 'answer' }>;

interface Listener {
  next<K extends Kind>(kind: K): Promise<Extract<Told, { readonly kind: K }>>;
  answer(id: number): Promise<Answer>;
}

function listen(child: ChildProcess): Listener {
  const heard: Told[] = [];
  const waiting = new Set<() => void>();
  child.on('message', (message) => {
    heard.push(message as Told);
    for (const look of [...waiting]) look();
  });
  const first = <T extends Told>(fits: (told: Told) => told is T): Promise<T> =>
    new Promise((done) => {
      const look = (): void => {
        const index = heard.findIndex(fits);
        if (index < 0) return;
        waiting.delete(look);
        done(heard.splice(index, 1)[0] as T);
      };
      waiting.add(look);
      look();
    });
  return {
    next: <K extends Kind>(kind: K) =>
      first((told): told is Extract<Told, { readonly kind: K }> => told.kind === kind),
    answer: (id) => first((told): told is Answer => told.kind === 'answer' && told.id === id),
  };
}

function killGroup(child: ChildProcess): void {
  if (hasEnded(child) || child.pid === undefined) return;
  process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
