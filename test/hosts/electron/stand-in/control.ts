/**
 * How a test steers the program on the stand-in: it is told where the browser is and which pages are windows, and runs
 * functions in the main process, as Playwright does in a real Electron (`electronApp.evaluate`).
 */
import process from 'node:process';
import { constants, runInThisContext } from 'node:vm';
import { app } from './app.ts';
import type * as electron from './electron.ts';
import type { StandInWebContents } from './web-contents.ts';

/** From the test. */
export interface Question {
  readonly id: number;
  /** Of a function of the module `electron` and one argument. */
  readonly source: string;
  readonly argument: unknown;
}

/** To the test. */
export type Told =
  | { readonly kind: 'browser'; readonly endpoint: string }
  | { readonly kind: 'window'; readonly address: string }
  | { readonly kind: 'answer'; readonly id: number; readonly value?: unknown; readonly failure?: string };

/** Where nobody steers, nothing happens. */
export function beSteered(module: typeof electron): void {
  if (process.send === undefined) return;
  const tell = (told: Told): void => {
    if (process.connected) process.send?.(told, undefined, {}, () => undefined);
  };
  void app.whenReady().then(() => tell({ kind: 'browser', endpoint: app.chromium.endpoint }));
  app.on('web-contents-created', (_: unknown, contents: StandInWebContents) => {
    contents.once('did-finish-load', () => tell({ kind: 'window', address: contents.getURL() }));
  });
  process.on('message', (question: Question) => void answer(question));
  process.on('disconnect', () => app.quit());

  async function answer({ id, source, argument }: Question): Promise<void> {
    try {
      const run = runInThisContext(`(${source})`, {
        importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
      }) as (given: object, argument: unknown) => unknown;
      tell({ kind: 'answer', id, value: await run(module, argument) });
    } catch (failure) {
      tell({
        kind: 'answer',
        id,
        failure: failure instanceof Error ? (failure.stack ?? '') : String(failure),
      });
    }
  }
}
