/**
 * Whatever ends or stops the program lets the jobs save first: the machine's sleep, the end of the session, a shutdown,
 * and the user's own quitting. Nobody is asked; what ran goes on at the next start, or when the machine wakes.
 */
import type { App, BrowserWindow, PowerMonitor } from 'electron';
import type { Service } from '#hosts/service/service.ts';

export interface EndingsSetup {
  readonly app: Pick<App, 'on' | 'quit'>;
  readonly powerMonitor: Pick<PowerMonitor, 'on'>;
  readonly service: { readonly queue: Pick<Service['queue'], 'sleep' | 'wake'>; close(): Promise<void> };
  /** Before the service, and whatever comes of it. */
  readonly beforeClose: () => Promise<void>;
  readonly onBug: (failure: unknown) => void;
}

interface Endings {
  /** Windows asks each window whether its session may end. */
  watch(window: Pick<BrowserWindow, 'on'>): void;
  /** What the end begins with, now; once. */
  readonly save: () => Promise<void>;
}

export function handleEndings({ app, powerMonitor, service, beforeClose, onBug }: EndingsSetup): Endings {
  let closing: Promise<void> | undefined;
  let isSaved = false;
  let isWaiting = false;

  function save(): Promise<void> {
    return (closing ??= (async () => {
      await beforeClose().catch(onBug);
      await service.close().catch(onBug);
      isSaved = true;
    })());
  }

  powerMonitor.on('suspend', () => void service.queue.sleep().catch(onBug));
  powerMonitor.on('resume', () => {
    if (closing === undefined) service.queue.wake();
  });
  // The event is there, though its type does not tell.
  powerMonitor.on('shutdown', (event?: { preventDefault(): void }) => {
    if (isSaved) return;
    event?.preventDefault();
    app.quit();
  });
  app.on('will-quit', (event) => {
    if (isSaved) return;
    event.preventDefault();
    if (!isWaiting) void save().then(() => app.quit());
    isWaiting = true;
  });

  return {
    save,
    watch(window) {
      window.on('query-session-end', (event) => {
        if (isSaved) return;
        event.preventDefault();
        app.quit();
      });
      // It ends whatever is said: what can be saved meanwhile, is.
      window.on('session-end', () => void save());
    },
  };
}
