/**
 * What a click starts may fail. An expected failure becomes a message with its own sentence; a bug becomes a message
 * and is thrown on, to the console.
 */
import { AppError } from '#domain/errors.ts';
import { toasts } from './toasts.svelte.ts';

/** @returns what `work` gives, or undefined after a failure that was told. */
export async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (failure) {
    if (isCancelled(failure)) return undefined;
    toasts.show(failureMessage(failure), { kind: 'bad' });
    if (!(failure instanceof AppError)) throw failure;
    return undefined;
  }
}

export function failureMessage(failure: unknown): string {
  return failure instanceof AppError
    ? failure.message
    : 'Something went wrong that should not have; please try again.';
}

export function isCancelled(failure: unknown): boolean {
  return failure instanceof AppError && failure.code === 'cancelled';
}
