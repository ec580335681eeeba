/** `BrowserWindow`: a page of Chromium in a window of its own. */
import { EventEmitter } from 'node:events';
import type Electron from 'electron';
import { app } from './app.ts';
import { eventWith, type Like } from './like-electron.ts';
import { StandInWebContents } from './web-contents.ts';

export class BrowserWindow
  extends EventEmitter
  implements
    Like<
      Electron.BrowserWindow,
      | 'id'
      | 'loadURL'
      | 'show'
      | 'hide'
      | 'focus'
      | 'close'
      | 'destroy'
      | 'isDestroyed'
      | 'isVisible'
      | 'isMinimized'
      | 'minimize'
      | 'restore'
      | 'isFocused'
      | 'blur'
      | 'maximize'
      | 'isMaximized'
      | 'getNormalBounds'
      | 'setBounds'
      | 'setProgressBar'
      | 'flashFrame'
    >
{
  static readonly #all = new Set<BrowserWindow>();
  static #nextId = 1;
  readonly id = BrowserWindow.#nextId++;
  readonly webContents: StandInWebContents;
  /** As the program gave them, for tests to look at. */
  readonly options: Electron.BrowserWindowConstructorOptions;
  /** What the taskbar shows of it, for tests to look at. */
  progressBar: { readonly value: number; readonly mode: string | undefined } = { value: -1, mode: 'none' };
  isFlashing = false;
  #bounds: Electron.Rectangle;
  #isVisible: boolean;
  #isFocused = false;
  #isMinimized = false;
  #isMaximized = false;
  #isDestroyed = false;

  static getAllWindows(): BrowserWindow[] {
    return [...BrowserWindow.#all];
  }

  static fromId(id: number): BrowserWindow | null {
    return BrowserWindow.getAllWindows().find((window) => window.id === id) ?? null;
  }

  static fromWebContents(contents: object): BrowserWindow | null {
    return BrowserWindow.getAllWindows().find(({ webContents }) => webContents === contents) ?? null;
  }

  static getFocusedWindow(): BrowserWindow | null {
    return BrowserWindow.getAllWindows().find((window) => window.isFocused()) ?? null;
  }

  constructor(options: Electron.BrowserWindowConstructorOptions = {}) {
    super();
    this.options = options;
    const { x = 0, y = 0, width = 800, height = 600 } = options;
    this.#bounds = { x, y, width, height };
    this.#isVisible = options.show !== false;
    this.webContents = new StandInWebContents(options);
    BrowserWindow.#all.add(this);
    app.addWindow(this);
    this.webContents.once('dom-ready', () => this.emit('ready-to-show', eventWith({})));
    this.webContents.once('destroyed', () => this.#gone());
    app.emit('web-contents-created', eventWith({}), this.webContents);
    app.emit('browser-window-created', eventWith({}), this);
  }

  loadURL(url: string): Promise<void> {
    return this.webContents.loadURL(url);
  }

  show(): void {
    this.#isVisible = true;
    this.emit('show');
    this.focus();
  }

  hide(): void {
    this.#isVisible = false;
    this.emit('hide');
  }

  focus(): void {
    if (this.#isFocused) return;
    this.#isFocused = true;
    this.emit('focus', eventWith({}));
  }

  blur(): void {
    if (!this.#isFocused) return;
    this.#isFocused = false;
    this.emit('blur', eventWith({}));
  }

  isFocused(): boolean {
    return this.#isFocused;
  }

  minimize(): void {
    this.#isMinimized = true;
    this.blur();
    this.emit('minimize');
  }

  restore(): void {
    this.#isMinimized = false;
    this.emit('restore');
  }

  maximize(): void {
    this.#isMaximized = true;
    this.emit('maximize');
  }

  isMaximized(): boolean {
    return this.#isMaximized;
  }

  /** As it is when it is not maximised. */
  getNormalBounds(): Electron.Rectangle {
    return { ...this.#bounds };
  }

  setBounds(bounds: Partial<Electron.Rectangle>): void {
    this.#bounds = { ...this.#bounds, ...bounds };
  }

  setProgressBar(value: number, { mode }: Partial<Electron.ProgressBarOptions> = {}): void {
    this.progressBar = { value, mode };
  }

  flashFrame(isFlashing: boolean): void {
    this.isFlashing = isFlashing;
  }

  isVisible(): boolean {
    return this.#isVisible;
  }

  isMinimized(): boolean {
    return this.#isMinimized;
  }

  isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  close(): void {
    const event = eventWith({});
    this.emit('close', event);
    if (event.defaultPrevented) app.keepRunning();
    else this.destroy();
  }

  destroy(): void {
    void this.webContents.destroy();
  }

  #gone(): void {
    this.#isDestroyed = true;
    BrowserWindow.#all.delete(this);
    this.emit('closed');
    app.removeWindow(this);
  }
}
