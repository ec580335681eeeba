/** `app`: the program's life, from its start over `ready` to its end, as Electron's documentation orders the events. */
import { EventEmitter } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import type Electron from 'electron';
import { startChromium, type ChromiumProcess } from './chromium-process.ts';
import { eventWith, type Like } from './like-electron.ts';
import { lockInstance } from './single-instance.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Tests of a package say where its resources lie; its main module is then what Node was given. */
const packagedResources = process.env['MORPHOGEN_STAND_IN_RESOURCES'];
if (packagedResources !== undefined)
  Object.defineProperty(process, 'resourcesPath', { value: packagedResources });
const appPath = packagedResources === undefined ? root : join(dirname(process.argv[1]), '../..');
// As a package is started: its own program, and what it is given.
if (packagedResources !== undefined) process.argv.splice(1, 1);

type PathName = Parameters<Electron.App['getPath']>[0];

/** A window as `app` sees it. */
interface Closable {
  close(): void;
  isDestroyed(): boolean;
}

/** Whose own switches a test gives by the environment, as a user would in a terminal. */
class StandInCommandLine implements Like<
  Electron.CommandLine,
  'appendSwitch' | 'getSwitchValue' | 'hasSwitch'
> {
  readonly #values = new Map<string, string>();

  constructor() {
    const given = (process.env['MORPHOGEN_STAND_IN_SWITCHES'] ?? '').split(' ').filter((word) => word !== '');
    for (const word of given) {
      const [, name, value = ''] = /^--([^=]+)(?:=(.*))?$/.exec(word) ?? [];
      if (name === undefined) throw new Error(`${word} is no switch of Chromium's`);
      this.#values.set(name, value);
    }
  }

  appendSwitch(name: string, value = ''): void {
    this.#values.set(name, value);
  }

  getSwitchValue(name: string): string {
    return this.#values.get(name) ?? '';
  }

  hasSwitch(name: string): boolean {
    return this.#values.has(name);
  }

  switches(): string[] {
    return [...this.#values].map(([name, value]) => (value === '' ? `--${name}` : `--${name}=${value}`));
  }
}

class StandInApp
  extends EventEmitter
  implements
    Like<
      Electron.App,
      | 'whenReady'
      | 'isReady'
      | 'quit'
      | 'exit'
      | 'getVersion'
      | 'getName'
      | 'getAppPath'
      | 'getPath'
      | 'setPath'
      | 'enableSandbox'
      | 'isPackaged'
      | 'requestSingleInstanceLock'
      | 'addRecentDocument'
      | 'clearRecentDocuments'
      | 'setAboutPanelOptions'
      | 'showAboutPanel'
      | 'disableDomainBlockingFor3DAPIs'
    >
{
  readonly isPackaged = packagedResources !== undefined;
  /** For tests: whether every page is sandboxed, whatever its preferences say. */
  isSandboxEnabled = false;
  /** Files in the system's own list, the newest last; for tests to look at. */
  recentDocuments: string[] = [];
  aboutPanel: Electron.AboutPanelOptionsOptions = {};
  timesAboutWasShown = 0;
  /** What Chromium begins with, as a real Electron would tell it. */
  readonly commandLine = new StandInCommandLine();
  /** For tests: whether pages may have graphics again however often they lost them. */
  isDomainBlockingDisabled = false;
  /** Only a Mac has one. */
  readonly dock: Electron.Dock | undefined = undefined;
  readonly #paths = new Map<string, string>();
  readonly #windows = new Set<Closable>();
  #chromium: ChromiumProcess | undefined;
  #isReady = false;
  #isQuitting = false;
  readonly #ready = Promise.withResolvers<undefined>();

  /** For register.ts: opens the browser, after the program's own module has been run to its end, as in Electron. */
  begin(): void {
    setImmediate(() => {
      this.#start().then(
        () => this.#ready.resolve(undefined),
        (failure: unknown) => {
          process.stderr.write(`${String(failure)}\n`);
          process.exit(1);
        },
      );
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => this.quit());
  }

  get chromium(): ChromiumProcess {
    if (this.#chromium === undefined) throw new Error('this needs `app` to be ready');
    return this.#chromium;
  }

  whenReady(): Promise<void> {
    return this.#ready.promise;
  }

  isReady(): boolean {
    return this.#isReady;
  }

  enableSandbox(): void {
    if (this.#isReady) throw new Error('app.enableSandbox comes before `ready`');
    this.isSandboxEnabled = true;
  }

  disableDomainBlockingFor3DAPIs(): void {
    if (this.#isReady) throw new Error('app.disableDomainBlockingFor3DAPIs comes before `ready`');
    this.isDomainBlockingDisabled = true;
  }

  getName(): string {
    return this.#manifest().name;
  }

  getVersion(): string {
    return this.#manifest().version;
  }

  getAppPath(): string {
    return appPath;
  }

  getPath(name: PathName): string {
    return this.#paths.get(name) ?? usualPath(name);
  }

  setPath(name: string, path: string): void {
    this.#paths.set(name, path);
  }

  requestSingleInstanceLock(additionalData: object = {}): boolean {
    const own = { argv: process.argv, workingDirectory: process.cwd(), additionalData };
    return lockInstance(this.getPath('userData'), own, (second) => {
      this.emit(
        'second-instance',
        eventWith({}),
        second.argv,
        second.workingDirectory,
        second.additionalData,
      );
    });
  }

  addRecentDocument(path: string): void {
    this.recentDocuments = [...this.recentDocuments.filter((other) => other !== path), path];
  }

  clearRecentDocuments(): void {
    this.recentDocuments = [];
  }

  setAboutPanelOptions(options: Electron.AboutPanelOptionsOptions): void {
    this.aboutPanel = options;
  }

  showAboutPanel(): void {
    this.timesAboutWasShown += 1;
  }

  /** Asks, closes the windows, and ends; any of its events can be prevented. */
  quit(): void {
    if (this.#isQuitting) return;
    if (this.#isPrevented('before-quit')) return;
    this.#isQuitting = true;
    for (const window of [...this.#windows]) window.close();
    if (this.#windows.size === 0) this.#leave();
  }

  exit(exitCode = 0): void {
    this.emit('quit', eventWith({}), exitCode);
    void (this.#chromium?.close() ?? Promise.resolve()).finally(() => process.exit(exitCode));
  }

  /** For the stand-in's windows. */
  addWindow(window: Closable): void {
    this.#windows.add(window);
  }

  removeWindow(window: Closable): void {
    this.#windows.delete(window);
    if (this.#windows.size > 0) return;
    if (this.#isQuitting) this.#leave();
    else if (!this.emit('window-all-closed')) this.quit();
  }

  /** A window that will not be closed keeps the program running. */
  keepRunning(): void {
    this.#isQuitting = false;
  }

  async #start(): Promise<void> {
    const profile = this.getPath('userData');
    mkdirSync(profile, { recursive: true });
    this.#chromium = await startChromium(profile, this.commandLine.switches());
    this.#chromium.onGraphicsGone((exitCode) => {
      const details = { type: 'GPU', reason: 'killed', exitCode } satisfies Partial<Electron.Details>;
      this.emit('child-process-gone', eventWith({}), details);
    });
    this.#isReady = true;
    this.emit('ready', eventWith({}), {});
  }

  #leave(): void {
    if (this.#isPrevented('will-quit')) this.#isQuitting = false;
    else this.exit(0);
  }

  #isPrevented(name: string): boolean {
    const event = eventWith({});
    this.emit(name, event);
    return event.defaultPrevented;
  }

  #manifest(): { readonly name: string; readonly version: string } {
    return JSON.parse(readFileSync(join(appPath, 'package.json'), 'utf8')) as {
      name: string;
      version: string;
    };
  }
}

function usualPath(name: PathName): string {
  switch (name) {
    case 'home':
      return homedir();
    case 'temp':
      return tmpdir();
    case 'exe':
      return process.execPath;
    default:
      return join(tmpdir(), `morphogen-stand-in-${process.pid}`, name);
  }
}

export const app = new StandInApp();
