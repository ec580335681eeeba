/**
 * What a desktop user expects beside the window itself: menus, dialogs, files handed over, the taskbar, notices, the
 * window's place, the theme, and an end that saves. Each is a module of this folder that decides without Electron; this
 * one and `desktop-handlers.ts` tie them to Electron's parts and to the application.
 */
import process from 'node:process';
import {
  app,
  dialog,
  nativeTheme,
  Notification,
  powerMonitor,
  powerSaveBlocker,
  screen,
  session,
  shell,
  type BrowserWindow,
  type MessageBoxOptions,
  type Rectangle,
} from 'electron';
import type { DesktopContract } from '#contract/desktop-contract.ts';
import type { EventName, EventPayload } from '#contract/contract.ts';
import type { Handlers } from '#contract/rpc.ts';
import type { Settings } from '#contract/settings.ts';
import { AppError } from '#domain/errors.ts';
import type { Service } from '#hosts/service/service.ts';
import { openExternalLink } from '../external-links.ts';
import { aboutPanel, applicationId, readManifest, runtimeWords, showUpdates } from './about.ts';
import { createApplicationMenu } from './application-menu.ts';
import type { Folders } from './choosing.ts';
import type { DataPlace } from './data-place.ts';
import { desktopHandlers } from './desktop-handlers.ts';
import { createDragOut } from './drag-out.ts';
import { handleEndings } from './endings.ts';
import { watchJobs } from './job-watch.ts';
import type { OpenedFiles } from './opened-files.ts';
import { askWhere } from './saved-downloads.ts';
import { openStateFile } from './state-file.ts';
import { firstColour, followTheme } from './theme.ts';
import { placeOnScreens } from './window-place.ts';

export interface DesktopSetup {
  readonly service: Service;
  readonly place: DataPlace;
  readonly opened: OpenedFiles;
  /** A PNG. */
  readonly icon: string;
  /** A text, with the terms of everything. */
  readonly licences: string;
  readonly onBug: (failure: unknown) => void;
  /** A sentence for whoever looks at the terminal. */
  readonly log: (sentence: string) => void;
}

export type EmitDesktopEvent = <E extends EventName<DesktopContract>>(
  event: E,
  payload: EventPayload<DesktopContract, E>,
) => void;

export interface Desktop {
  readonly handlers: Handlers<DesktopContract>;
  /** Of every window. @returns what ends it */
  onEvent(listener: EmitDesktopEvent): () => void;
  /** How a window begins. */
  firstPlace(): Rectangle & { readonly backgroundColor: string };
  /** To be called with every window, before it is shown. */
  attach(window: BrowserWindow): void;
  /** In front of others, however it lay. */
  bringForward(): void;
  /** Lets jobs keep where they are, and ends the application; the program is quit next. */
  save(): Promise<void>;
}

/** To be called once Electron is ready. */
export async function createDesktop(setup: DesktopSetup): Promise<Desktop> {
  const { service, place, opened, icon, licences, log, onBug } = setup;
  const file = await openStateFile(place.folder, (failure) =>
    log(failure instanceof AppError ? failure.message : String(failure)),
  );
  const manifest = readManifest(app.getAppPath());
  const runtime = runtimeWords(process.versions);
  const settings = service.settings();
  let window: BrowserWindow | null = null;

  const listeners = new Set<EmitDesktopEvent>();
  const emit: EmitDesktopEvent = (event, payload) => {
    for (const listener of [...listeners]) listener(event, payload);
  };
  const folders: Folders = {
    last: (what) => file.state().folders[what],
    remember: (what, folder) => file.change({ folders: { ...file.state().folders, [what]: folder } }),
  };

  function say(message: string): void {
    const options: MessageBoxOptions = { type: 'info', title: 'Morphogen', message, buttons: ['OK'] };
    const shown = window === null ? dialog.showMessageBox(options) : dialog.showMessageBox(window, options);
    shown.catch(onBug);
  }

  function openPath(path: string): void {
    void shell.openPath(path).then((problem) => {
      if (problem !== '') say(`${path} could not be opened: ${problem}`);
    }, onBug);
  }

  function bringForward(): void {
    if (window?.isMinimized() === true) window.restore();
    window?.show();
    window?.focus();
  }

  const menu = createApplicationMenu({
    file,
    run: (id) => emit('desktop.command', { id }),
    openRecent: (path) => opened.add([path]),
    showDataFolder: () => openPath(place.folder),
    showLicences: () => openPath(licences),
    checkForUpdates() {
      const sentence = showUpdates(manifest, openExternalLink);
      if (sentence !== null) say(sentence);
    },
  });
  const jobs = watchJobs({
    ...{ service, jobs: service.queue.list(), settings, window: () => window },
    parts: {
      ...{ powerSaveBlocker, dock: app.dock },
      notify: (options) => (Notification.isSupported() ? new Notification(options) : null),
    },
  });
  const endings = handleEndings({
    ...{ app, powerMonitor, service, onBug },
    async beforeClose() {
      jobs.close();
      await file.written();
    },
  });
  const drag = createDragOut({ service, dataFolder: place.folder });
  drag.sweep().catch(onBug);
  service.onEvent((event, payload) => {
    if (event === 'settings.changed') followTheme(nativeTheme, payload as Settings);
  });
  followTheme(nativeTheme, settings);
  if (process.platform === 'win32') app.setAppUserModelId(applicationId);
  app.setAboutPanelOptions(aboutPanel(manifest, runtime, icon));
  session.defaultSession.on('will-download', (_, item) => askWhere(item, folders, say));
  opened.onAdded(() => {
    emit('desktop.opened', {});
    bringForward();
  });

  return {
    bringForward,
    save: endings.save,
    onEvent(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    firstPlace() {
      const main = screen.getPrimaryDisplay();
      const others = screen.getAllDisplays().filter(({ id }) => id !== main.id);
      const screens = [main, ...others].map(({ workArea }) => workArea);
      const { x, y, width, height } = placeOnScreens(file.state().window, screens);
      return { x, y, width, height, backgroundColor: firstColour(nativeTheme) };
    },
    attach(own) {
      window = own;
      if (file.state().window?.isMaximized === true) own.maximize();
      const keepPlace = (): void => {
        if (!own.isDestroyed())
          file.change({ window: { ...own.getNormalBounds(), isMaximized: own.isMaximized() } });
      };
      own.on('focus', () => jobs.seen());
      own.on('blur', keepPlace);
      own.on('close', keepPlace);
      own.on('closed', () => {
        if (window === own) window = null;
      });
      endings.watch(own);
      jobs.showAgain();
    },
    handlers: desktopHandlers({
      ...{ service, opened, folders, drag, menu, openPath, icon, licences },
      ...{ window: () => window, dataFolder: place.folder },
      about: { runtime, isPortable: place.isPortable, canPreventSleep: true },
    }),
  };
}
