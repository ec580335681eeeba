/**
 * Morphogen on the desktop: hosts/service around the same handlers as the web host's, in Electron's main process. This file
 * puts the parts together; each is a module beside it:
 *   program-files.ts    where the program's own files lie            scheme.ts            the window's files, by morphogen://
 *   session-guard.ts    what pages may not do                        window.ts            the window and what it is allowed
 *   window-line.ts      the one port that a window gets              engine-processes.ts  engines as utility processes
 *   preload.ts          what is in the page's own world              gpu-window.ts        a page never shown, for WebGPU
 *   chromium-switches.ts   what it has to be told for that           graphics-place.ts    when there is one
 *   desktop/            what desktop users expect: menus, dialogs, files handed over, taskbar, an end that saves
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { app, dialog } from 'electron';
import type { Settings } from '#contract/settings.ts';
import { AppError } from '#domain/errors.ts';
import { usualDataFolder } from '#hosts/service/data-folder.ts';
import { engineOpener } from '#hosts/service/engine-process.ts';
import { createService } from '#hosts/service/service.ts';
import { systemClock } from '#hosts/engine/supervision/supervision-clock.ts';
import { parseDesktopArguments } from './arguments.ts';
import { switchGraphicsOn } from './chromium-switches.ts';
import { dataPlace } from './desktop/data-place.ts';
import { createDesktop } from './desktop/desktop.ts';
import { createOpenedFiles, filePaths, handedOver } from './desktop/opened-files.ts';
import { createEngineProcesses } from './engine-processes.ts';
import { openGpuWindow } from './gpu-window.ts';
import { createGraphicsPlace } from './graphics-place.ts';
import { programFiles } from './program-files.ts';
import { answerScheme, registerScheme } from './scheme.ts';
import { guardContents, guardSession } from './session-guard.ts';
import { openWindow } from './window.ts';
import { answerWindows } from './window-line.ts';

// What has to be said before Electron is ready.
registerScheme();
app.enableSandbox();
switchGraphicsOn(app.commandLine, process.platform);
// It is this program's own page alone, whose losses graphics-place.ts counts.
app.disableDomainBlockingFor3DAPIs();
// As its package is registered (electron-builder.yml): Windows shows no notices of a program that it does not know.
if (process.platform === 'win32') app.setAppUserModelId('app.morphogen.desktop');
app.on('web-contents-created', (_, contents) => guardContents(contents));

const given = parseDesktopArguments(process.argv, process.cwd(), app.isPackaged);
const place = dataPlace(given.dataFolder, usualDataFolder(), {
  ...{ platform: process.platform, executable: app.getPath('exe'), env: process.env },
  ...{ isPackaged: app.isPackaged, exists: existsSync },
});
const files = filePaths(given.files, process.cwd());
const opened = createOpenedFiles();
opened.add(files);
app.on('open-file', (event, path) => {
  event.preventDefault();
  opened.add([path]);
});
// Chromium's own files, and by them which starts are of the same program.
app.setPath('userData', join(place.folder, 'electron'));
if (app.requestSingleInstanceLock({ files })) run().catch(giveUp);
// The first one has them now, and comes to the front.
else app.exit(0);

function giveUp(failure: unknown): void {
  const isExpected = failure instanceof AppError;
  const sentence = isExpected
    ? failure.message
    : `This is a bug in Morphogen; please report it with these lines.\n${words(failure)}`;
  log(sentence);
  // Who started it by a click has no terminal.
  if (app.isReady()) dialog.showErrorBox('Morphogen could not start', sentence);
  app.exit(1);
}

async function run(): Promise<void> {
  await app.whenReady();
  const own = programFiles();
  const engines = createEngineProcesses(own.engineEntry);
  const service = await createService({
    ...{ dataFolder: place.folder, hasNativeDialogs: true, onBug },
    version: app.getVersion(),
    assetsFolder: own.assets,
    modelsFolder: own.models,
    openEngine: engineOpener(onBug, { spawn: engines.spawn }),
  });
  guardSession();
  answerScheme({ service, rendererFolder: own.renderer, onBug });
  const desktop = await createDesktop({
    ...{ service, place, opened, onBug, log },
    ...{ icon: own.icon, licences: own.licences },
  });
  app.on('second-instance', (_, _argv, _cwd, data) => {
    opened.add(handedOver(data));
    desktop.bringForward();
  });
  answerWindows({ service, desktop, engines, onBug, onRefusal: log });
  const graphics = createGraphicsPlace({
    ...{ engines, log, clock: systemClock, save: () => desktop.save() },
    open: (onGone) => openGpuWindow({ preload: own.gpuPreload, onGone, onBug }),
  });
  service.onEvent((event, payload) => {
    if (event === 'settings.changed') graphics.follow(payload as Settings);
  });
  app.on('before-quit', () => graphics.end());
  await openWindow({
    preload: own.preload,
    place: desktop.firstPlace(),
    onOpen(window) {
      desktop.attach(window);
      // The program ends with its window, and a hidden one is none.
      window.on('closed', () => graphics.end());
    },
  });
  // What people see comes first.
  graphics.follow(service.settings());
}

function onBug(failure: unknown): void {
  log(`A bug: ${words(failure)}`);
}

function words(failure: unknown): string {
  return failure instanceof Error ? (failure.stack ?? failure.message) : String(failure);
}

/** What others sent may be in it: nothing that steers a terminal goes there. */
function log(line: string): void {
  process.stderr.write(`${line.replace(/[^\P{Cc}\n\t]/gu, '�')}\n`);
}
