/**
 * A long computation whose graphics processor may go away: it goes on from what was saved last, once more on the
 * processor, which often comes back (a driver that was reset), then on the backend wasm.
 */
import type { BackendChoice } from '#contract/shapes/engine-state.ts';
import { AppError } from '#domain/errors.ts';

/**
 * @param run does it on a backend; `again` says that there is something saved to go on from. A lost processor is an
 *   AppError `disconnected`
 * @param say is told what happens, in a sentence
 */
export async function survivingLoss(
  backend: BackendChoice,
  run: (backend: BackendChoice, again: boolean) => Promise<void>,
  say: (sentence: string) => void,
): Promise<void> {
  const isLost = (failure: unknown): failure is AppError =>
    failure instanceof AppError && failure.code === 'disconnected';
  try {
    await run(backend, false);
    return;
  } catch (failure) {
    if (!isLost(failure)) throw failure;
    say('The graphics processor went away: it is asked for again, and goes on from the last checkpoint.');
  }
  try {
    await run(backend, true);
  } catch (failure) {
    const isMissing = failure instanceof AppError && failure.code === 'unsupported';
    if (!isLost(failure) && !isMissing) throw failure;
    say('The graphics processor does not come back: the backend wasm goes on from the last checkpoint.');
    await run('wasm', true);
  }
}
