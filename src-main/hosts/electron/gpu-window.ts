/**
 * The place of the engine that needs the browser's WebGPU: a window that is never shown, in the same sandbox as the one that
 * people see, with fewer rights. Its page has a worker for every engine process, which answers the graphics contract over the
 * port that comes from here. graphics-place.ts says when there is one.
 */
import { app, BrowserWindow, type RenderProcessGoneDetails } from 'electron';
import type { GraphicsLender } from './engine-processes.ts';
import { engineAddress } from './scheme.ts';
import { safePreferences } from './window.ts';

/** Between the preload script and this. */
export const graphicsChannel = 'morphogen:graphics';

export interface GpuWindow extends GraphicsLender {
  /** Ends what it computes, at once. */
  close(): void;
}

export interface GpuWindowOptions {
  /** The script that hands the page its ports. */
  readonly preload: string;
  /** It went away without being closed here; the words end a sentence. */
  readonly onGone: (why: string) => void;
  /** What its scripts did wrong: nobody sees its console. */
  readonly onBug: (failure: unknown) => void;
}

const endings: Readonly<Partial<Record<RenderProcessGoneDetails['reason'], string>>> = {
  crashed: 'it crashed',
  oom: 'it ran out of memory',
  'memory-eviction': 'the system needed its memory',
  killed: 'it was killed',
  'launch-failed': 'it could not be started',
};

/** @throws Error where the page cannot be loaded */
export async function openGpuWindow({ preload, onGone, onBug }: GpuWindowOptions): Promise<GpuWindow> {
  const window = new BrowserWindow({
    show: false,
    webPreferences: { ...safePreferences, preload, backgroundThrottling: false, spellcheck: false },
  });
  const { webContents: contents } = window;
  let isOver = false;

  function destroy(): void {
    if (!window.isDestroyed()) window.destroy();
  }
  function end(): void {
    isOver = true;
    app.off('child-process-gone', childGone);
  }
  function close(): void {
    end();
    destroy();
  }
  function gone(why: string): void {
    if (isOver) return;
    end();
    // Not while Chromium is telling of it.
    setImmediate(destroy);
    onGone(why);
  }
  /** Chromium begins its process for graphics again; what the page had there is lost. */
  function childGone(_: unknown, { type, reason }: { readonly type: string; readonly reason: string }): void {
    if (type === 'GPU' && reason !== 'clean-exit')
      gone(`the process that drives the graphics processor ended (${reason})`);
  }

  // Not even within the program's own pages.
  contents.on('will-frame-navigate', (event) => event.preventDefault());
  contents.on('console-message', ({ level, message }) => {
    if (level === 'error') onBug(`the page that computes on the graphics processor: ${message}`);
  });
  contents.on('render-process-gone', (_, { reason }) => gone(endings[reason] ?? `it ended (${reason})`));
  // Quitting closes every window; this one is closed by whoever has it, when nothing needs it any more.
  window.on('close', (event) => event.preventDefault());
  window.on('closed', () => gone('it was closed'));
  app.on('child-process-gone', childGone);
  try {
    await window.loadURL(engineAddress);
  } catch (failure) {
    close();
    throw failure;
  }
  return {
    take(engine, end) {
      if (!isOver) contents.postMessage(graphicsChannel, engine, [end]);
    },
    drop(engine) {
      if (!isOver) contents.postMessage(graphicsChannel, engine);
    },
    close,
  };
}
