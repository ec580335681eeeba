/**
 * `webContents`: a target of Chromium. Its preload script runs in a world of its own, as with context isolation; what would
 * leave the page is asked about first, by Electron's events.
 */
import { EventEmitter } from 'node:events';
import { basename } from 'node:path';
import type Electron from 'electron';
import { app } from './app.ts';
import type { DevToolsSession } from './devtools.ts';
import { ipcMain } from './ipc-main.ts';
import { eventWith, type Like } from './like-electron.ts';
import { asPort } from './message-channel.ts';
import { isolatedWorld, mainWorldScript, preloadScript } from './page-scripts.ts';
import { portIntoPage } from './page-port.ts';
import { fromBrowser, toBrowser } from './scheme-server.ts';
import { session } from './session.ts';

interface FrameTree {
  readonly frame: { readonly id: string; readonly url: string; readonly parentId?: string };
  readonly childFrames?: readonly FrameTree[];
}

/** A frame, as messages name their sender. */
export class StandInFrame implements Like<Electron.WebFrameMain, 'url' | 'origin' | 'detached'> {
  readonly #contents: StandInWebContents;
  readonly #contextId: number;
  readonly url: string;
  readonly parent: StandInFrame | null;
  readonly detached = false;

  constructor(contents: StandInWebContents, contextId: number, url: string, parent: StandInFrame | null) {
    this.#contents = contents;
    this.#contextId = contextId;
    this.url = url;
    this.parent = parent;
  }

  get origin(): string {
    return /^[^:]+:\/\/[^/]*/.exec(this.url)?.[0] ?? 'null';
  }

  postMessage(channel: string, message: unknown, transfer: readonly object[] = []): void {
    const ports = transfer.map((port) => portIntoPage(asPort(port)));
    this.#contents.tell(this.#contextId, { channel, args: [message], ports });
  }

  send(channel: string, ...args: unknown[]): void {
    this.#contents.tell(this.#contextId, { channel, args, ports: [] });
  }
}

type WindowOpenHandler = Parameters<Electron.WebContents['setWindowOpenHandler']>[0];

export class StandInWebContents
  extends EventEmitter
  implements
    Like<
      Electron.WebContents,
      | 'id'
      | 'getURL'
      | 'loadURL'
      | 'reload'
      | 'isDestroyed'
      | 'setWindowOpenHandler'
      | 'send'
      | 'undo'
      | 'redo'
      | 'selectAll'
      | 'forcefullyCrashRenderer'
      | 'isCrashed'
    >
{
  static #nextId = 1;
  readonly id = StandInWebContents.#nextId++;
  readonly session = session.defaultSession;
  /** Of the page in the browser; known once it is there. */
  targetId = '';
  /** Page by page, for tests to look at. */
  windowOpenHandler: WindowOpenHandler | null = null;
  /** What was taken over from the page and dragged out, for tests to look at. */
  readonly dragged: { readonly files: readonly string[]; readonly icon: unknown }[] = [];
  readonly #preferences: Electron.WebPreferences;
  readonly #opened: Promise<DevToolsSession>;
  readonly #worlds = new Map<number, string>();
  #mainWorld = 0;
  #url = '';
  #isDestroyed = false;
  #isCrashed = false;
  #isLeaving = false;

  constructor(options: Electron.BrowserWindowConstructorOptions) {
    super();
    this.#preferences = options.webPreferences ?? {};
    this.#opened = this.#open(options);
    this.#opened.catch((failure: unknown) => process.stderr.write(`${String(failure)}\n`));
  }

  getURL(): string {
    return this.#url;
  }

  /** Electron has it without declaring it. */
  getLastWebPreferences(): Electron.WebPreferences {
    return this.#preferences;
  }

  isDestroyed(): boolean {
    return this.#isDestroyed;
  }

  async loadURL(url: string): Promise<void> {
    const devTools = await this.#opened;
    const address = toBrowser(url);
    await session.defaultSession.settle(address);
    this.#url = url;
    const loaded = new Promise((done) => this.once('did-finish-load', done));
    const { errorText } = await devTools.send<{ errorText?: string }>('Page.navigate', { url: address });
    if (errorText !== undefined) throw new Error(`${errorText} loading '${url}'`);
    await loaded;
  }

  reload(): void {
    void this.#opened.then((devTools) => devTools.send('Page.reload'));
  }

  forcefullyCrashRenderer(): void {
    // Nobody is left to answer it.
    void this.#opened.then((devTools) => devTools.send('Page.crash')).catch(() => undefined);
  }

  isCrashed(): boolean {
    return this.#isCrashed;
  }

  startDrag({ file, files = [file], icon }: { file: string; files?: string[]; icon: unknown }): void {
    this.dragged.push({ files, icon });
  }

  undo(): void {
    this.#edit('undo');
  }

  redo(): void {
    this.#edit('redo');
  }

  selectAll(): void {
    this.#edit('selectAll');
  }

  setWindowOpenHandler(handler: WindowOpenHandler): void {
    this.windowOpenHandler = handler;
  }

  send(channel: string, ...args: unknown[]): void {
    if (this.#mainWorld !== 0) this.tell(this.#mainWorld, { channel, args, ports: [] });
  }

  postMessage(channel: string, message: unknown, transfer: readonly object[] = []): void {
    new StandInFrame(this, this.#mainWorld, this.#url, null).postMessage(channel, message, transfer);
  }

  /** For the stand-in's frames: a message to the preload script of one of them. */
  tell(
    contextId: number,
    message: { readonly channel: string; readonly args: unknown; readonly ports: readonly string[] },
  ): void {
    const expression = `standInReceive(${JSON.stringify(JSON.stringify(message))})`;
    // A page that went away meanwhile hears nothing.
    void this.#opened
      .then((devTools) => devTools.send('Runtime.evaluate', { expression, contextId }))
      .catch(() => undefined);
  }

  /** In the field that has the focus. */
  #edit(command: string): void {
    void this.#opened
      .then((devTools) =>
        devTools.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key: '', commands: [command] }),
      )
      .catch(() => undefined);
  }

  /** For tests: where files lie that are dropped next, which a page cannot learn. */
  async knowPaths(paths: readonly string[]): Promise<void> {
    const known = paths.map((path) => ({ name: basename(path), path }));
    const devTools = await this.#opened;
    const expression = `globalThis.standInPaths = ${JSON.stringify(known)}`;
    await devTools.send('Runtime.evaluate', { expression, contextId: this.#mainWorld });
  }

  async destroy(): Promise<void> {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    await this.#opened.catch(() => undefined);
    await app.chromium.devTools.browser
      .send('Target.closeTarget', { targetId: this.targetId })
      .catch(() => undefined);
    this.#gone();
  }

  async #open({
    width = 800,
    height = 600,
    webPreferences = {},
  }: Electron.BrowserWindowConstructorOptions): Promise<DevToolsSession> {
    const { browser } = app.chromium.devTools;
    const target = { url: 'about:blank', newWindow: true, width, height };
    ({ targetId: this.targetId } = await browser.send<{ targetId: string }>('Target.createTarget', target));
    const { sessionId } = await browser.send<{ sessionId: string }>('Target.attachToTarget', {
      ...{ targetId: this.targetId, flatten: true },
    });
    const devTools = app.chromium.devTools.session(sessionId);
    this.#listen(devTools);
    await browser.send('Target.setDiscoverTargets', { discover: true });
    await devTools.send('Page.enable');
    await devTools.send('Runtime.enable');
    await devTools.send('Runtime.addBinding', {
      ...{ name: 'standInSend', executionContextName: isolatedWorld },
    });
    const add = (source: string, worldName?: string): Promise<unknown> =>
      devTools.send('Page.addScriptToEvaluateOnNewDocument', { source, ...(worldName && { worldName }) });
    await add(mainWorldScript());
    if (webPreferences.preload !== undefined) await add(preloadScript(webPreferences.preload), isolatedWorld);
    await devTools.send('Fetch.enable', { patterns: [{ urlPattern: '*', resourceType: 'Document' }] });
    return devTools;
  }

  #listen(devTools: DevToolsSession): void {
    const { browser } = app.chromium.devTools;
    devTools.on(
      'Runtime.executionContextCreated',
      ({
        context,
      }: {
        context: { id: number; name: string; auxData: { frameId: string; isDefault: boolean } };
      }) => {
        if (context.name !== isolatedWorld) return;
        this.#worlds.set(context.id, context.auxData.frameId);
        if (context.auxData.frameId === this.targetId) this.#mainWorld = context.id;
      },
    );
    devTools.on(
      'Runtime.executionContextDestroyed',
      ({ executionContextId }: { executionContextId: number }) => this.#worlds.delete(executionContextId),
    );
    devTools.on('Runtime.executionContextsCleared', () => this.#worlds.clear());
    devTools.on(
      'Runtime.bindingCalled',
      ({ payload, executionContextId }: { payload: string; executionContextId: number }) =>
        void this.#hear(devTools, JSON.parse(payload) as PageMessage, executionContextId),
    );
    devTools.on('Page.domContentEventFired', () => this.emit('dom-ready', eventWith({})));
    devTools.on('Page.loadEventFired', () => this.emit('did-finish-load', eventWith({})));
    devTools.on('Page.frameNavigated', ({ frame }: { frame: FrameTree['frame'] }) => {
      if (frame.parentId === undefined) this.#url = fromBrowser(frame.url);
    });
    devTools.on('Page.navigatedWithinDocument', ({ frameId, url }: { frameId: string; url: string }) => {
      if (frameId === this.targetId) this.#url = fromBrowser(url);
    });
    devTools.on('Fetch.requestPaused', (paused: PausedRequest) => void this.#judge(devTools, paused));
    devTools.on(
      'Runtime.exceptionThrown',
      ({
        exceptionDetails,
      }: {
        exceptionDetails: { text: string; exception?: { description?: string } };
      }) => {
        const message = `${exceptionDetails.text} ${exceptionDetails.exception?.description ?? ''}`;
        this.emit('console-message', eventWith({ level: 'error', message }));
      },
    );
    devTools.on('Inspector.targetCrashed', () => {
      this.#isCrashed = true;
      this.emit('render-process-gone', eventWith({}), { reason: 'crashed', exitCode: 139 });
    });
    browser.on('Target.targetDestroyed', ({ targetId }: { targetId: string }) => {
      if (targetId === this.targetId) this.#gone();
    });
    browser.on('closed', () => this.#gone());
  }

  /** A document is asked for, in this frame or one within. */
  async #judge(devTools: DevToolsSession, { requestId, request, frameId }: PausedRequest): Promise<void> {
    const url = fromBrowser(request.url);
    const isMainFrame = frameId === this.targetId;
    const event = eventWith({ url, isMainFrame, isSameDocument: false });
    const isOwnDoing = isMainFrame && url === this.#url;
    if (!isOwnDoing) {
      this.emit('will-frame-navigate', event);
      if (isMainFrame && !event.defaultPrevented) this.emit('will-navigate', event, url);
    }
    const isLet = !event.defaultPrevented && (await session.defaultSession.lets(url));
    await devTools
      .send(
        isLet ? 'Fetch.continueRequest' : 'Fetch.failRequest',
        isLet ? { requestId } : { requestId, errorReason: 'Aborted' },
      )
      .catch(() => undefined);
  }

  async #hear(devTools: DevToolsSession, message: PageMessage, contextId: number): Promise<void> {
    const senderFrame = await this.#frameOf(devTools, contextId);
    const event = { sender: this, senderFrame, processId: 1, frameId: contextId, ports: [] };
    if (message.kind === 'open') {
      const details = {
        url: fromBrowser(message.url),
        frameName: '',
        features: '',
        disposition: 'new-window',
      };
      const answer = this.windowOpenHandler?.(details as Electron.HandlerDetails) ?? { action: 'allow' };
      if (answer.action === 'allow') throw new Error('the stand-in opens no second window for a page');
      return;
    }
    if (message.kind === 'send') {
      ipcMain.emit(message.channel, event, ...message.args);
      return;
    }
    const answer = await ipcMain.answer(message.channel, event, message.args).then(
      (value) => ({ value }),
      (failure: unknown) => ({ failure: String(failure) }),
    );
    this.tell(contextId, { channel: `answer ${message.id}`, args: [answer], ports: [] });
  }

  /** null for a page that has gone meanwhile. */
  async #frameOf(devTools: DevToolsSession, contextId: number): Promise<StandInFrame | null> {
    const frameId = this.#worlds.get(contextId);
    const { frameTree } = await devTools.send<{ frameTree: FrameTree }>('Page.getFrameTree');
    const find = (tree: FrameTree, parent: StandInFrame | null): StandInFrame | null => {
      const frame = new StandInFrame(this, contextId, fromBrowser(tree.frame.url), parent);
      if (tree.frame.id === frameId) return frame;
      for (const child of tree.childFrames ?? []) {
        const found = find(child, frame);
        if (found !== null) return found;
      }
      return null;
    };
    return find(frameTree, null);
  }

  #gone(): void {
    if (this.#isDestroyed) return;
    this.#isDestroyed = true;
    this.emit('destroyed');
  }
}

type PageMessage =
  | { readonly kind: 'send'; readonly channel: string; readonly args: readonly unknown[] }
  | {
      readonly kind: 'invoke';
      readonly id: number;
      readonly channel: string;
      readonly args: readonly unknown[];
    }
  /** The page would open a window. */
  | { readonly kind: 'open'; readonly url: string };

interface PausedRequest {
  readonly requestId: string;
  readonly frameId: string;
  readonly request: { readonly url: string };
}
