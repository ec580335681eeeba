/** Ctrl-C and SIGTERM: the first asks the command to stop, a later one ends the process. */
import process from 'node:process';
import type { Output } from './command.ts';

/** Terminal and npm each deliver one and the same Ctrl-C, so a second signal counts only after this long. */
const sameInterruptMs = 500;

/** @returns a signal that is aborted by the first interruption. */
export function listenForInterruption(err: Output): AbortSignal {
  const controller = new AbortController();
  let firstAtMs: number | undefined;
  const interrupt = (): void => {
    const nowMs = performance.now();
    if (firstAtMs === undefined) {
      firstAtMs = nowMs;
      // Behind a bar, and the terminal's own ^C.
      if (err.isTerminal) err.line();
      err.line('Stopping as soon as everything is saved; press Ctrl-C again to stop at once.');
      controller.abort();
    } else if (nowMs - firstAtMs > sameInterruptMs) {
      process.exit(130);
    }
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  return controller.signal;
}
