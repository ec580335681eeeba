/**
 * Morphogen on the desktop: hosts/service around the same handlers as the web host's, in Electron's main process. This file
 * puts the parts together; each is a module beside it:
 *   program-files.ts    where the program's own files lie            scheme.ts            the window's files, by morphogen://
 *   session-guard.ts    what pages may not do                        window.ts            the window and what it is allowed
 *   window-line.ts      the one port that a window gets              engine-processes.ts  engines as utility processes
 *   preload.ts          what is in the page's own world              gpu-window.ts        the place of the WebGPU engine
 */
import process from 'node:process';
import { app } from 'electron';
import { AppError } from '#domain/errors.ts';
import { usualDataFolder } from '#hosts/service/data-folder.ts';
import { engineOpener } from '#hosts/service/engine-process.ts';
import { createService } from '#hosts/service/service.ts';
import { parseDesktopArguments } from './arguments.ts';
import { createEngineProcesses } from './engine-processes.ts';
import { programFiles } from './program-files.ts';
import { answerScheme, registerScheme } from './scheme.ts';
import { guardContents, guardSession } from './session-guard.ts';
import { openWindow } from './window.ts';
import { answerWindows } from './window-line.ts';

// What has to be said before Electron is ready.
registerScheme();
app.enableSandbox();
app.on('web-contents-created', (_, contents) => guardContents(contents));

const dataFolder = parseDesktopArguments(process.argv, process.cwd()).dataFolder ?? usualDataFolder();
run().catch((failure: unknown) => {
  const isExpected = failure instanceof AppError;
  log(
    isExpected
      ? failure.message
      : `This is a bug in Morphogen; please report it with these lines.\n${words(failure)}`,
  );
  app.exit(1);
});

async function run(): Promise<void> {
  await app.whenReady();
  const files = programFiles();
  const engines = createEngineProcesses(files.engineEntry);
  const service = await createService({
    ...{ dataFolder, hasNativeDialogs: false, onBug },
    version: app.getVersion(),
    assetsFolder: files.assets,
    modelsFolder: files.models,
    openEngine: engineOpener(onBug, { spawn: engines.spawn }),
  });
  guardSession();
  answerScheme({ service, rendererFolder: files.renderer, onBug });
  answerWindows({ service, engines, onBug, onRefusal: log });

  let isSaved = false;
  app.on('will-quit', (event) => {
    if (isSaved) return;
    event.preventDefault();
    void service
      .close()
      .catch(onBug)
      .then(() => {
        isSaved = true;
        app.quit();
      });
  });
  await openWindow({ preload: files.preload });
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
